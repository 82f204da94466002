"""Partitions in hand: fair shares, cursors that only their holder moves, nothing trusted after a failure."""

from contextlib import contextmanager
from typing import Any

import pytest

from heliograph.engine.loop.holdings import Holdings
from heliograph.errors import StoreConflict, StoreUnavailable
from heliograph.storage.reading.cursors import Place
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory import MemoryJournal, MemoryStore
from heliograph.testing.samples import make_record

TTL_MS = 9_000


class Hub:
    def __init__(self) -> None:
        self.journal, self.store, self.clock = MemoryJournal(), MemoryStore(), ManualClock()
        places = self.journal.append([make_record(n, key="ann") for n in range(50)])
        self.partition = places[0][0]
        """Where fifty events wait."""

    def engine(self, owner: str) -> Holdings:
        return Holdings("engine", owner, journal=self.journal, ttl_ms=TTL_MS, clock=self.clock)

    def renew(self, *engines: Holdings, times: int = 1) -> None:
        for _ in range(times):
            for one in engines:
                one.renew(self.store)
            self.clock.advance(s=TTL_MS / 3000)


@pytest.fixture
def hub() -> Hub:
    return Hub()


def move(hub: Hub, engine: Holdings, partition: int, position: int) -> None:
    moves = {partition: Place(position=position)}
    with hub.store.transaction() as tx:
        engine.advance(tx, moves)
    engine.moved(moves)


def test_one_alone_holds_all_from_the_beginning(hub: Hub):
    engine = hub.engine("a")
    assert engine.renew(hub.store) == list(range(16))
    assert [engine.position(p) for p in engine.partitions] == [0] * 16
    assert engine.renew(hub.store) == [], "nothing is due yet"


def test_several_share_and_none_is_held_twice(hub: Hub):
    engines = [hub.engine(name) for name in "abc"]
    hub.renew(*engines, times=4)
    held = [one.partitions for one in engines]
    assert sorted(len(each) for each in held) == [5, 5, 6]
    assert sorted(p for each in held for p in each) == list(range(16))


def test_a_position_goes_with_the_partition_to_the_next_holder(hub: Hub):
    first = hub.engine("a")
    first.renew(hub.store)
    move(hub, first, hub.partition, 41)
    assert first.position(hub.partition) == 41
    first.release(hub.store)
    assert first.partitions == []
    second = hub.engine("b")
    second.renew(hub.store)
    assert second.position(hub.partition) == 41


def test_what_has_passed_to_another_is_not_moved(hub: Hub):
    """A frozen engine that wakes up: its leases were expelled, and its cursors have a new epoch."""
    frozen, other = hub.engine("a"), hub.engine("b")
    frozen.renew(hub.store)
    hub.renew(other, times=6)
    assert other.partitions == list(range(16))
    with pytest.raises(StoreConflict, match="passed to another"), hub.store.transaction() as tx:
        frozen.advance(tx, {hub.partition: Place(position=9)})
    move(hub, other, hub.partition, 7)
    with hub.store.read() as reader:
        assert reader.cursors.positions("engine")[hub.partition] == 7


def test_a_cursor_that_was_reset_is_not_moved_from_where_it_was(hub: Hub):
    engine = hub.engine("a")
    engine.renew(hub.store)
    move(hub, engine, hub.partition, 7)
    with hub.store.transaction() as tx:
        tx.cursors.reset("engine", hub.partition, 2)
    with pytest.raises(StoreConflict), hub.store.transaction() as tx:
        engine.advance(tx, {hub.partition: Place(position=8)})
    engine.forget()
    engine.renew(hub.store)
    assert engine.position(hub.partition) == 2


def test_nothing_is_held_while_the_store_is_away_and_all_again_afterwards(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    engine = hub.engine("a")
    hub.renew(engine)

    @contextmanager
    def away() -> Any:
        raise StoreUnavailable("store.unavailable", "locked")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(hub.store, "transaction", away)
        with pytest.raises(StoreUnavailable):
            engine.renew(hub.store)
    assert engine.partitions == []
    assert engine.renew(hub.store) == list(range(16))
