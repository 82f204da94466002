"""How names and ids given by people are found, and what is said when there is none, or several.

An id may be given in full, by its beginning or by its end, when that is long enough and only one begins or
ends so. A destination may be named with or without its workspace; how a person is named: `persons.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from heliograph.errors import HeliographError
from heliograph.operations.caller import Caller
from heliograph.storage.store import Reader

SHORTEST_PART: Final = 6
"""Characters of an id that must be given at least: its noun and some of what follows, or its end."""
TOO_SHORT: Final = f"A part of an id needs {SHORTEST_PART} characters."
FITS: Final = 6
"""How many ids that fit are looked for at most: more than are shown."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """How ids of a noun are found by a part of them; each gives a few of those that fit, two at least."""

    starting_with: Callable[[str], Iterable[str]]
    ending_with: Callable[[str], Iterable[str]]


SHOWN_BY: Final = {
    "request": "requests list",
    "request, event or person": "requests list",
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


def not_found(noun: str, id_: str, *, more: str = "") -> HeliographError:
    """Return the error for an id that is not there, with the way to those that are; nouns: `SHOWN_BY`."""
    more = f" {more}" if more else ""
    more += (
        " One refused before its payload was judged (401, 404, 413, 429) is not stored; the gateway's log "
        "has it unless more than 20 of the same status came in a second, of which it has the number only."
        if noun == "request, event or person"
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


def may_be_part(said: str) -> bool:
    """Tell whether a text is long enough to be taken for a part of an id."""
    return len(said) >= SHORTEST_PART


def full_id(noun: str, said: str, parts: Parts) -> str:
    """Return the id that begins with what was said, or else the one that ends with it.

    Args:
        noun: what it is the id of, for errors.
        said: what a person gave; that no id equals it was seen already.
        parts: gives ids.

    Raises:
        HeliographError: `lookup.not_found`, or `lookup.ambiguous`: several begin, or end, so.
    """
    found = id_by_part(noun, said, parts)
    if found is None:
        raise not_found(noun, said, more=TOO_SHORT if not may_be_part(said) else "")
    return found


def id_by_part(noun: str, said: str, parts: Parts) -> str | None:
    """Return the id that begins, or else ends, with what was said; None when none does.

    Raises:
        HeliographError: `lookup.ambiguous`.
    """
    if not may_be_part(said):
        return None
    for verb, ids in (("begin", parts.starting_with), ("end", parts.ending_with)):
        fits = sorted(set(ids(said)))
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise ambiguous(
                noun,
                said,
                fits,
                what=f"several ids {verb} like this",
                hint="Give more of it.",
            )
    return None


def parts_of(ids: Iterable[str]) -> Parts:
    """Return how ids that are at hand are found by a part."""
    known = list(ids)
    return Parts(
        starting_with=lambda said: [one for one in known if one.startswith(said)],
        ending_with=lambda said: [one for one in known if one.endswith(said)],
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
