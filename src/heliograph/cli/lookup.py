"""How names and ids given on the command line are found, and what is said when there is none."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from heliograph.errors import HeliographError
from heliograph.model.identity import IdentityKind, first_profile_id

if TYPE_CHECKING:
    from heliograph.storage.store import Reader

_NAMED: Final = ("source", "destination", "pipeline", "mapper")
_PLURAL: Final = {
    "delivery": "deliveries",
    "request or event": "requests",
    "remap": "remap",
    **{noun: noun for noun in _NAMED},
}


def not_found(noun: str, id_: str) -> HeliographError:
    """Return the error for an id that is not there, with the way to those that are."""
    more = (
        " One refused before its payload was judged (401, 404, 413, 429) is not stored; the gateway's log "
        "has it unless more than 20 of the same status came in a second, of which it has the number only."
        if noun == "request or event"
        else ""
    )
    return HeliographError(
        "lookup.not_found",
        f"there is no {noun} of this {'name' if noun in _NAMED else 'id'} in this data folder",
        where=noun,
        found=id_,
        hint=f"heliograph {_PLURAL.get(noun, noun + 's')} list shows those there are.{more}",
    )


def profile_ids(reader: "Reader", identifier: str, workspace: str | None) -> list[str]:
    """Return the ids a person may mean: the identifier itself, a customer's, an anonymous one's.

    Only those of which something is stored; in every workspace unless one is named.

    Raises:
        HeliographError: `lookup.not_found`; profiles of several workspaces fit.
    """
    known = {document.workspace for document in reader.configuration.all()}
    kinds: tuple[IdentityKind, ...] = ("customer", "anonymous")
    ids = [
        identifier,
        *(
            first_profile_id(name, kind, identifier)
            for name in ([workspace] if workspace else sorted(known))
            for kind in kinds
        ),
    ]
    stored = reader.profiles.get_many(ids)
    fits = {id_: stored[id_].workspace for id_ in ids if id_ in stored}
    if workspace is not None:
        return [id_ for id_, owner in fits.items() if owner == workspace]
    require_one_workspace("profile", identifier, fits.values())
    return list(fits)


def require_one_workspace(noun: str, name: str, workspaces: Iterable[str]) -> None:
    """Refuse a name that several workspaces have: which one is meant is not ours to guess.

    Raises:
        HeliographError: `lookup.not_found`.
    """
    there = sorted(set(workspaces))
    if len(there) > 1:
        raise HeliographError(
            "lookup.not_found",
            f"several workspaces have a {noun} of this name",
            where=noun,
            found=name,
            allowed=", ".join(there),
            hint="Say which one, with --workspace.",
        )


def belongs(destination: str, workspace: str | None) -> bool:
    """Tell whether a destination `<workspace>/<name>` is of this workspace; None is any."""
    return workspace in (None, destination.partition("/")[0])


def one_profile_id(reader: "Reader", identifier: str, workspace: str | None) -> str:
    """Return the one profile id that is meant.

    Raises:
        HeliographError: `lookup.not_found`; there is none, or several fit.
    """
    found = profile_ids(reader, identifier, workspace)
    if not found:
        raise not_found("profile", identifier)
    if len(found) > 1:
        raise HeliographError(
            "lookup.not_found",
            "several profiles have this identifier",
            where="profile",
            found=identifier,
            allowed=", ".join(found),
            hint="Name one by its profile id, or the workspace with --workspace.",
        )
    return found[0]


def full_destination(reader: "Reader", name: str, workspace: str | None = None) -> str:
    """Return `<workspace>/<name>` for a destination that is named with or without its workspace.

    With `workspace` only one of that workspace is meant.

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
    fits = sorted(
        full
        for full in known
        if name in (full, full.partition("/")[2]) and belongs(full, workspace)
    )
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
