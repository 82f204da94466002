"""Derived events reach the journal in their order, are never lost, and are sent again rather than dropped."""

from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from heliograph.engine.loop.relay import PAGE, Relay
from heliograph.errors import StoreUnavailable
from heliograph.storage.events.journal import Record
from heliograph.testing.memory import MemoryJournal, MemoryStore
from heliograph.testing.samples import make_record


class Away(MemoryJournal):
    """A journal that cannot be written for a while."""

    away = False

    def append(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        if self.away:
            raise StoreUnavailable("store.unavailable", "the disk is full")
        return super().append(records)


def derive(store: MemoryStore, partition: int, numbers: Sequence[int]) -> None:
    with store.transaction() as tx:
        tx.outbox.put(partition, [make_record(n, key=f"key-{partition}") for n in numbers])


def waiting(store: MemoryStore) -> int:
    with store.read() as reader:
        return reader.outbox.count()


def ids(journal: MemoryJournal) -> list[str]:
    return [
        entry.record.id
        for partition in range(journal.partitions)
        for entry in journal.read(partition, 0, 10_000)
    ]


@pytest.fixture
def journal() -> Away:
    return Away()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_nothing_is_looked_for_until_somebody_says_there_may_be_some(
    journal: Away, store: MemoryStore
):
    derive(store, 0, [1])
    relay = Relay(journal, store)
    assert relay.relay(range(16)) == 0
    relay.look()
    assert relay.relay(range(16)) == 1
    assert waiting(store) == 0


def test_more_than_a_page_goes_at_once_and_in_order(journal: Away, store: MemoryStore):
    derive(store, 0, range(PAGE + 7))
    relay = Relay(journal, store)
    relay.look()
    assert relay.relay([0]) == PAGE + 7
    assert ids(journal) == [make_record(n, key="key-0").id for n in range(PAGE + 7)]
    assert waiting(store) == 0


def test_what_was_derived_in_anothers_partition_is_left_to_it(journal: Away, store: MemoryStore):
    derive(store, 0, [1])
    derive(store, 1, [2])
    relay = Relay(journal, store)
    relay.look()
    assert relay.relay([1]) == 1
    assert ids(journal) == [make_record(2, key="key-1").id]
    assert waiting(store) == 1


def test_a_journal_that_is_away_loses_nothing(journal: Away, store: MemoryStore):
    derive(store, 0, [1, 2])
    relay = Relay(journal, store)
    relay.look()
    journal.away = True
    assert relay.relay([0]) == 0
    assert (ids(journal), waiting(store)) == ([], 2)
    journal.away = False
    assert relay.relay([0]) == 2, "it is tried again without being told"
    assert waiting(store) == 0


def test_an_event_is_appended_again_rather_than_lost(
    journal: Away, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
):
    """Killed between appending and noting it: the engine knows the second one by its id."""
    derive(store, 0, [1])
    relay = Relay(journal, store)
    relay.look()

    @contextmanager
    def killed() -> Any:
        raise StoreUnavailable("store.unavailable", "killed here")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(store, "transaction", killed)
        with pytest.raises(StoreUnavailable):
            relay.relay([0])
    assert relay.relay([0]) == 1
    assert len(ids(journal)) == 2
    assert len(set(ids(journal))) == 1
