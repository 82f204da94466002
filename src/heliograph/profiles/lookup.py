"""Loads what the pure functions of this package need, and persons, in a handful of queries."""

from collections.abc import Iterable, Mapping, Sequence

from heliograph.profiles.apply import ProfileState
from heliograph.profiles.decide import IdentityState, PlacedEvent, profile_ids_of
from heliograph.profiles.fold import Person, fold
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.store import Reader

Members = tuple[str, tuple[ProfileRecord, ...]]
"""A person before it is folded: canonical id, and the records of it and of all that was merged into it."""


def load_identity(reader: Reader, events: Sequence[PlacedEvent]) -> IdentityState:
    """Return what is stored about whom a batch is about; four queries whatever its size, at times five."""
    profile_ids = profile_ids_of(events)
    event_ids = [placed.event.event_id for placed in events]
    asked = profile_ids_of([one for one in events if one.event.update_existing_only])
    return IdentityState(
        canonical=reader.profiles.canonical_of(profile_ids),
        unmerged=frozenset(reader.profiles.unmerged(profile_ids)),
        applied=frozenset(reader.applied.existing(event_ids)),
        superseded=frozenset(reader.applied.superseded_by(event_ids)),
        known=frozenset(reader.profiles.get_many(asked) if asked else ()),
    )


def load_state(reader: Reader, events: Sequence[PlacedEvent]) -> ProfileState:
    """Return what is stored about the identifiers and ids of a batch; five queries whatever its size."""
    profile_ids = profile_ids_of(events)
    event_ids = [placed.event.event_id for placed in events]
    return ProfileState(
        records=reader.profiles.get_many(profile_ids),
        canonical=reader.profiles.canonical_of(profile_ids),
        unmerged=frozenset(reader.profiles.unmerged(profile_ids)),
        applied=frozenset(reader.applied.existing(event_ids)),
        superseded=frozenset(reader.applied.superseded_by(event_ids)),
    )


def load_members(
    reader: Reader,
    profile_ids: Iterable[str],
    *,
    at_hand: Mapping[str, ProfileRecord] | None = None,
) -> dict[str, Members]:
    """Return first profile id -> whom it belongs to now; unknown ids are absent. Three queries.

    Ids of one person share one `Members`.

    Args:
        reader: a view of the store.
        profile_ids: of identifiers.
        at_hand: records as they are stored now, which need not be read.
    """
    wanted = list(dict.fromkeys(profile_ids))
    merged = reader.profiles.canonical_of(wanted)
    canonicals = list(dict.fromkeys(merged.get(wanted_id, wanted_id) for wanted_id in wanted))
    others = reader.profiles.members_of_many(canonicals)
    records = at_hand or {}
    if not merged and not others and all(one in records for one in wanted):
        return {one: (one, (records[one],)) for one in wanted}  # as it nearly always is
    members = {canonical: [canonical, *others.get(canonical, ())] for canonical in canonicals}
    records = dict(records)
    absent = [one for ids in members.values() for one in ids if one not in records]
    if absent:
        records |= reader.profiles.get_many(absent)
    found: dict[str, Members] = {}
    for canonical, ids in members.items():
        mine = tuple(records[member] for member in ids if member in records)
        if mine:
            found[canonical] = canonical, mine
    return {
        wanted_id: found[canonical]
        for wanted_id in wanted
        if (canonical := merged.get(wanted_id, wanted_id)) in found
    }


def load_people(reader: Reader, profile_ids: Iterable[str]) -> dict[str, Person]:
    """Return first profile id -> the person it belongs to now; unknown ids are absent. Three queries.

    Ids of one person share one `Person`.
    """
    people: dict[str, Person] = {}
    found: dict[str, Person] = {}
    for wanted, (canonical, records) in load_members(reader, profile_ids).items():
        if canonical not in people:
            people[canonical] = fold(canonical, records)
        found[wanted] = people[canonical]
    return found


def load_person(reader: Reader, profile_id: str) -> Person | None:
    """Return the person of a first or canonical profile id, or None."""
    return load_people(reader, [profile_id]).get(profile_id)
