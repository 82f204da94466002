"""How names and ids given on the command line are found, and what is said when there is none."""

from typing import TYPE_CHECKING, Final

from heliograph.errors import HeliographError

if TYPE_CHECKING:
    from heliograph.storage.store import Reader

_NAMED: Final = ("source", "destination", "pipeline", "mapper")
_PLURAL: Final = {
    "delivery": "deliveries",
    "request or event": "requests",
    **{noun: noun for noun in _NAMED},
}


def not_found(noun: str, id_: str) -> HeliographError:
    """Return the error for an id that is not there, with the way to those that are."""
    return HeliographError(
        "lookup.not_found",
        f"there is no {noun} of this {'name' if noun in _NAMED else 'id'} in this data folder",
        where=noun,
        found=id_,
        hint=f"heliograph {_PLURAL.get(noun, noun + 's')} list shows those there are.",
    )


def full_destination(reader: "Reader", name: str) -> str:
    """Return `<workspace>/<name>` for a destination that is named with or without its workspace.

    Raises:
        HeliographError: `lookup.not_found`; there is none, or several workspaces have one.
    """
    configured = {
        f"{document.workspace}/{document.name}"
        for document in reader.configuration.all()
        if document.kind == "destination"
    }
    # Deliveries of a destination whose document was removed can still be looked at.
    known = configured | set(reader.deliveries.counts())
    fits = sorted(full for full in known if name in (full, full.partition("/")[2]))
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise not_found("destination", name)
    raise HeliographError(
        "lookup.not_found",
        "several workspaces have a destination of this name",
        where="destination",
        found=name,
        allowed=", ".join(fits),
    )
