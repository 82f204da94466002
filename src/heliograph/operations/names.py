"""How names and ids given by people are found, and what is said when there is none, or several.

An id may be given in full or by its beginning, when that is long enough and only one begins so. A
destination may be named with or without its workspace, a person by profile id, customer id or anonymous id.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from heliograph.errors import HeliographError
from heliograph.model.identity import IdentityKind, first_profile_id
from heliograph.operations.caller import Caller
from heliograph.storage.store import Reader

SHORTEST_PREFIX: Final = 6
"""Characters of an id that must be given at least: its noun and some of what follows."""
SHOWN_BY: Final = {
    "request": "requests list",
    "request or event": "requests list",
    "event": "events list",
    "delivery": "deliveries list",
    "profile": "profiles list",
    "remap": "remap list",
    "reader group": "readers list",
    "source": "source list",
    "destination": "destination list",
    "pipeline": "pipeline list",
    "mapper": "mapper list",
    "workspace": "export DIR",
    "blueprint": "export DIR",
}
"""Noun -> the command that shows which ones there are."""
_NAMED: Final = frozenset(
    {"reader group", "source", "destination", "pipeline", "mapper", "workspace", "blueprint"}
)
"""What people name; everything else has an id that the hub gave it."""
_SHOWN: Final = 5


def not_found(noun: str, id_: str) -> HeliographError:
    """Return the error for an id that is not there, with the way to those that are; nouns: `SHOWN_BY`."""
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
        hint=f"`heliograph {SHOWN_BY[noun]}` shows those there are.{more}",
    )


def ambiguous(
    noun: str, said: str, fits: Sequence[str], *, what: str, hint: str
) -> HeliographError:
    """Return the error for a name or a beginning that several have, with those that are meant perhaps."""
    more = f" and {len(fits) - _SHOWN} more" if len(fits) > _SHOWN else ""
    return HeliographError(
        "lookup.ambiguous",
        what,
        where=noun,
        found=said,
        allowed=", ".join(fits[:_SHOWN]) + more,
        hint=hint,
    )


def may_be_prefix(said: str) -> bool:
    """Tell whether a text is long enough to be taken for the beginning of an id."""
    return len(said) >= SHORTEST_PREFIX


def full_id(noun: str, said: str, starting_with: Callable[[str], Iterable[str]]) -> str:
    """Return the id that begins with what was said.

    Args:
        noun: what it is the id of, for errors.
        said: what a person gave; that no id equals it was seen already.
        starting_with: gives ids that begin so, two at least when there are several.

    Raises:
        HeliographError: `lookup.not_found`, or `lookup.ambiguous`: several begin so.
    """
    fits = sorted(set(starting_with(said))) if may_be_prefix(said) else []
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise not_found(noun, said)
    raise ambiguous(
        noun,
        said,
        fits,
        what=f"several ids begin like this one of a {noun}",
        hint="Give more of it.",
    )


def require_one_workspace(noun: str, name: str, workspaces: Iterable[str]) -> None:
    """Refuse a name that several workspaces have: which one is meant is not ours to guess.

    Raises:
        HeliographError: `lookup.ambiguous`.
    """
    there = sorted(set(workspaces))
    if len(there) > 1:
        raise ambiguous(
            noun,
            name,
            there,
            what=f"several workspaces have a {noun} of this name",
            hint="Say which one, with --workspace.",
        )


def belongs(destination: str, workspace: str | None) -> bool:
    """Tell whether a destination `<workspace>/<name>` is of this workspace; None is any."""
    return workspace in (None, destination.partition("/")[0])


def full_destination(
    caller: Caller, reader: Reader, name: str, workspace: str | None = None
) -> str:
    """Return `<workspace>/<name>` for a destination that is named with or without its workspace.

    With `workspace` only one of that workspace is meant.

    Raises:
        HeliographError: `lookup.not_found`, or `lookup.ambiguous`: several workspaces have one.
    """
    wanted = caller.within(workspace)
    configured = {
        f"{document.workspace}/{document.name}"
        for document in reader.configuration.all()
        if document.kind == "destination"
    }
    # Deliveries of a destination whose document was removed can still be looked at.
    known = configured | set(reader.deliveries.counts())
    fits = sorted(
        full for full in known if name in (full, full.partition("/")[2]) and belongs(full, wanted)
    )
    if not fits:
        raise not_found("destination", name)
    require_one_workspace("destination", name, (full.partition("/")[0] for full in fits))
    return fits[0]


def profile_ids(caller: Caller, reader: Reader, said: str, workspace: str | None) -> list[str]:
    """Return the ids a person may mean: a profile id or its beginning, a customer's or an anonymous id.

    Only those of which something is stored; in every workspace the caller sees unless one is named.

    Raises:
        HeliographError: `lookup.ambiguous`; profiles of several workspaces fit, or several ids begin so.
    """
    wanted = caller.within(workspace)
    known = {document.workspace for document in reader.configuration.all()}
    kinds: tuple[IdentityKind, ...] = ("customer", "anonymous")
    ids = [
        said,
        *(
            first_profile_id(name, kind, said)
            for name in ([wanted] if wanted else sorted(known))
            for kind in kinds
        ),
    ]
    stored = reader.profiles.get_many(ids)
    fits = {id_: stored[id_].workspace for id_ in ids if id_ in stored}
    if wanted is not None:
        fits = {id_: owner for id_, owner in fits.items() if owner == wanted}
    if not fits and may_be_prefix(said):
        found = reader.profiles.find(workspace=wanted, after=said, limit=2)
        begin_so = [one.profile_id for one in found if one.profile_id.startswith(said)]
        return [full_id("profile", said, lambda _: begin_so)] if begin_so else []
    require_one_workspace("profile", said, fits.values())
    return list(fits)


def one_profile_id(caller: Caller, reader: Reader, said: str, workspace: str | None) -> str:
    """Return the one profile id that is meant.

    Raises:
        HeliographError: `lookup.not_found`, or `lookup.ambiguous`: several fit.
    """
    found = profile_ids(caller, reader, said, workspace)
    if not found:
        raise not_found("profile", said)
    if len(found) > 1:
        raise ambiguous(
            "profile",
            said,
            found,
            what="several profiles have this identifier",
            hint="Name one by its profile id, or the workspace with --workspace.",
        )
    return found[0]
