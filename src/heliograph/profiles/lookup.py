"""Loads what the pure functions of this package need, and persons, in a handful of queries."""

from collections.abc import Iterable, Sequence

from heliograph.profiles.apply import ProfileState
from heliograph.profiles.decide import IdentityState, PlacedEvent, profile_ids_of
from heliograph.profiles.fold import Person, fold
from heliograph.storage.store import Reader


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


def load_people(reader: Reader, profile_ids: Iterable[str]) -> dict[str, Person]:
    """Return first profile id -> the person it belongs to now; unknown ids are absent. Three queries.

    Ids of one person share one `Person`.
    """
    wanted = list(dict.fromkeys(profile_ids))
    merged = reader.profiles.canonical_of(wanted)
    canonicals = list(dict.fromkeys(merged.get(wanted_id, wanted_id) for wanted_id in wanted))
    others = reader.profiles.members_of_many(canonicals)
    members = {canonical: [canonical, *others.get(canonical, ())] for canonical in canonicals}
    records = reader.profiles.get_many(member for ids in members.values() for member in ids)
    people: dict[str, Person] = {}
    for canonical, ids in members.items():
        found = [records[member] for member in ids if member in records]
        if found:
            people[canonical] = fold(canonical, found)
    return {
        wanted_id: people[canonical]
        for wanted_id in wanted
        if (canonical := merged.get(wanted_id, wanted_id)) in people
    }


def load_person(reader: Reader, profile_id: str) -> Person | None:
    """Return the person of a first or canonical profile id, or None."""
    return load_people(reader, [profile_id]).get(profile_id)
