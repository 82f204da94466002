"""How a person is found that somebody names, and what is said when the name is not quite theirs.

A person may be named by profile id or a part of it, by customer id or by anonymous id. Identifiers are told
apart by the case of their letters, as senders and destinations do; who looks somebody up by an e-mail address
need not know how it was spelled, and is told.
"""

from collections.abc import Sequence

import msgspec

from heliograph.model.identity import IdentityKind, first_profile_id
from heliograph.operations.caller import Caller
from heliograph.operations.names import (
    FITS,
    Parts,
    ambiguous,
    id_by_part,
    not_found,
    require_one_workspace,
)
from heliograph.profiles.lookup import load_people
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.store import Reader

NOUN = "profile"


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a name means."""

    profile_ids: tuple[str, ...] = ()
    """First profile ids of which something is stored; empty: nobody has this name."""
    note: str | None = None
    """What the one who asked should know: the identifier is spelled otherwise."""


def named(caller: Caller, reader: Reader, said: str, workspace: str | None = None) -> Named:
    """Return whom a name means: profile id, customer id, anonymous id, an e-mail address in any case.

    Only those of which something is stored; in every workspace the caller sees unless one is named.

    Raises:
        HeliographError: `lookup.ambiguous`; profiles of several workspaces fit, or several ids begin so.
    """
    exact = exactly_named(caller, reader, said, workspace)
    if exact.profile_ids:
        return exact
    wanted = caller.within(workspace)
    part = id_by_part(NOUN, said, id_parts(reader, wanted))
    return Named(profile_ids=(part,)) if part else spelled_otherwise(reader, said, wanted)


def exactly_named(caller: Caller, reader: Reader, said: str, workspace: str | None = None) -> Named:
    """Return whom a name means that is spelled as it is stored; a part of an id is none.

    Raises:
        HeliographError: `lookup.ambiguous`; profiles of several workspaces fit.
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
    require_one_workspace(NOUN, said, fits.values())
    return Named(profile_ids=tuple(fits))


def spelled_otherwise(reader: Reader, said: str, workspace: str | None) -> Named:
    """Return whom an e-mail address means when the case of its letters does not count, with a note.

    Raises:
        HeliographError: `lookup.ambiguous`; several persons have it in different spellings.
    """
    if "@" not in said:
        return Named()
    found = reader.profiles.spelled_like(said, workspace=workspace, limit=FITS)
    require_one_workspace(NOUN, said, (record.workspace for record in found))
    people = load_people(reader, [record.profile_id for record in found])
    if len({person.profile_id for person in people.values()}) > 1:
        raise ambiguous(
            NOUN,
            said,
            sorted({record.value for record in found}),
            what="several persons have this address in different spellings",
            hint="Name one as it is spelled: identifiers that differ in case are different ones.",
        )
    if not found:
        return Named()
    spelled = ", ".join(sorted({record.value for record in found}))
    note = (
        f"Nobody is called {said} in this spelling; shown is {spelled}. Identifiers that differ in "
    )
    return Named(
        profile_ids=tuple(record.profile_id for record in found),
        note=note + "the case of their letters are different persons to the hub.",
    )


def members(reader: Reader, profile_ids: Sequence[str]) -> tuple[str, ...]:
    """Return every first profile id of the persons to whom these belong now."""
    merged = reader.profiles.canonical_of(profile_ids)
    canonicals = list(dict.fromkeys(merged.get(id_, id_) for id_ in profile_ids))
    others = reader.profiles.members_of_many(canonicals)
    return tuple(id_ for one in canonicals for id_ in (one, *others.get(one, ())))


def identifiers(reader: Reader, profile_ids: Sequence[str]) -> frozenset[str]:
    """Return the customer ids and anonymous ids of these first profile ids."""
    found: dict[str, ProfileRecord] = reader.profiles.get_many(profile_ids)
    return frozenset(record.value for record in found.values())


def require_named(caller: Caller, reader: Reader, said: str, workspace: str | None = None) -> Named:
    """Return whom a name means.

    Raises:
        HeliographError: `lookup.not_found`: nobody; `lookup.ambiguous`.
    """
    found = named(caller, reader, said, workspace)
    if not found.profile_ids:
        raise not_found(NOUN, said)
    return found


def one_profile_id(caller: Caller, reader: Reader, said: str, workspace: str | None) -> str:
    """Return the one profile id that is meant by somebody who changes it: spelled as it is stored.

    Raises:
        HeliographError: `lookup.not_found`, or `lookup.ambiguous`: several fit.
    """
    found = require_named(caller, reader, said, workspace)
    if found.note is not None:
        raise not_found(NOUN, said, more=found.note)
    first, *others = found.profile_ids
    if others:
        raise ambiguous(
            NOUN,
            said,
            found.profile_ids,
            what="several profiles have this identifier",
            hint="Name one by its profile id, or the workspace with --workspace.",
        )
    return first


def id_parts(reader: Reader, workspace: str | None) -> Parts:
    """Return how profile ids are found by a part of them."""

    def starting_with(said: str) -> list[str]:
        found = reader.profiles.find(workspace=workspace, after=said, limit=FITS)
        return [one.profile_id for one in found if one.profile_id.startswith(said)]

    return Parts(
        starting_with=starting_with,
        ending_with=lambda said: reader.profiles.ending_with(said, workspace=workspace, limit=FITS),
    )
