"""Persons do not depend on how partitions interleave, nor on how events are cut into batches."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from heliograph.model.event import Event
from heliograph.profiles.apply import apply_events
from heliograph.profiles.decide import PlacedEvent
from heliograph.profiles.fold import Person
from heliograph.profiles.lookup import load_people, load_state
from heliograph.storage.store import Store
from heliograph.testing.memory import MemoryStore

identities = st.tuples(
    st.none() | st.sampled_from(["ada", "bob", "guest", "NULL"]),
    st.none() | st.sampled_from(["c1", "c2", "c3"]),
)
steps = st.lists(
    st.tuples(
        identities,
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(["x", "y"]), st.none() | st.integers(0, 3)),
        st.sampled_from(["track", "identify", "group"]),
        st.booleans(),
    ),
    max_size=14,
)


def events_of(drawn: list[Any]) -> list[Event]:
    events: list[Event] = []
    for n, ((customer_id, anonymous_id), at, traits, kind, repeat) in enumerate(drawn):
        event = Event(
            type=kind,
            event_id=f"evt_{n}",
            workspace="w",
            source_id="crm",
            request_id="req_1",
            item_index=n,
            timestamp=at,
            received_at=n,
            customer_id=customer_id,
            anonymous_id=anonymous_id,
            traits=traits,
        )
        events += [event, event] if repeat else [event]
    return events


def interleaved(events: list[Event], random: Random) -> list[Event]:
    """Return the events in another order that keeps the order of each key."""
    by_key: dict[str, list[Event]] = {}
    for event in events:
        by_key.setdefault(event.key, []).append(event)
    order = [event.key for event in events]
    random.shuffle(order)
    return [by_key[key].pop(0) for key in order]


def apply_all(events: list[Event], cuts: Random) -> Store:
    """Apply the events in batches of random size to a new store."""
    store = MemoryStore()
    placed = [PlacedEvent(partition=0, position=n, event=e) for n, e in enumerate(events, 1)]
    while placed:
        size = cuts.randint(1, len(placed))
        batch, placed = placed[:size], placed[size:]
        with store.transaction() as tx:
            changes = apply_events(load_state(tx, batch), batch)
            fresh = tx.applied.add(changes.applied)
            assert {e.event.event_id for e in changes.effective} <= fresh
            tx.profiles.put_many(changes.records)
            for override in changes.merges:
                tx.profiles.merge(override)
    return store


def people(store: Store) -> dict[str, Person]:
    with store.read() as reader:
        ids = [r.profile_id for r in reader.profiles.find(workspace=None, after=None, limit=99)]
        return load_people(reader, ids)


@given(steps, st.randoms(use_true_random=False))
def test_any_interleaving_and_any_batches_give_the_same_persons(
    drawn: list[Any], random: Random
) -> None:
    events = events_of(drawn)
    straight = apply_all(events, Random(0))
    mixed = apply_all(interleaved(events, random), random)
    assert people(mixed) == people(straight)
    with straight.read() as one, mixed.read() as other:
        assert one.applied.counts() == other.applied.counts()


@given(steps, st.randoms(use_true_random=False))
def test_every_event_is_counted_for_one_person(drawn: list[Any], random: Random) -> None:
    """The events of all persons and the skipped ones are all distinct events."""
    events = events_of(drawn)
    store = apply_all(events, random)
    persons = {person.profile_id: person for person in people(store).values()}
    with store.read() as reader:
        counts = reader.applied.counts()
    assert sum(person.events for person in persons.values()) == counts["applied"]
    assert counts["applied"] + counts["skipped"] == len({event.event_id for event in events})
    assert counts["applied"] + counts["skipped"] + counts["duplicate"] == len(events)


@given(steps, st.randoms(use_true_random=False))
def test_no_event_merges_two_customers(drawn: list[Any], random: Random) -> None:
    for person in people(apply_all(events_of(drawn), random)).values():
        assert person.other_customer_ids == ()


@given(steps)
def test_the_same_input_gives_the_same_changes(drawn: list[Any]) -> None:
    placed = [
        PlacedEvent(partition=0, position=n, event=e) for n, e in enumerate(events_of(drawn), 1)
    ]
    with MemoryStore().read() as reader:
        state = load_state(reader, placed)
    assert apply_events(state, placed) == apply_events(state, placed)
