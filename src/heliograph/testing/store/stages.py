"""What states, timers and the outbox must keep."""

import pytest

from heliograph.errors import InvariantBroken
from heliograph.storage.events.journal import Record
from heliograph.storage.stages.states import MOST_STATE_BYTES, State
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Store
from heliograph.testing.samples import make_record
from heliograph.testing.store.fixtures import StoreFixtures


def timer(due_at: int, key: str = "k", *, partition: int = 0, id: str = "") -> Timer:
    """Return a timer of one kind."""
    return Timer(partition=partition, kind="nap", key=key, id=id, due_at=due_at)


def record(number: int) -> Record:
    """Return a derived event."""
    return make_record(number, key=f"k{number}", at=number)


class StagesConformance(StoreFixtures):
    """States by key, timers by name, an outbox in order."""

    def test_states_of_several_keys_are_read_and_replaced_at_once(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.states.put_many("seen", {"a": State(1, b"x"), "b": State(1, b"y")})
            tx.states.put_many("seen", {"b": State(2, b"")})
            tx.states.put_many("other", {"a": State(1, b"z")})
            tx.states.put_many("seen", {})
        with store.read() as reader:
            found = reader.states.get_many("seen", ["b", "a", "c"])
            assert found == {"a": State(1, b"x"), "b": State(2, b"")}
            assert reader.states.get_many("seen", []) == {}
        with store.transaction() as tx:
            tx.states.drop("seen", ["a", "unknown"])
            assert list(tx.states.get_many("seen", "ab")) == ["b"]
            assert list(tx.states.get_many("other", "ab")) == ["a"]

    def test_a_state_beyond_the_bound_is_refused(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.states.put_many("seen", {"a": State(1, b"x" * MOST_STATE_BYTES)})
        with pytest.raises(InvariantBroken), store.transaction() as tx:
            tx.states.put_many("seen", {"a": State(1, b"x" * (MOST_STATE_BYTES + 1))})

    def test_timers_are_due_by_partition_the_earliest_first(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.timers.set([timer(30, "a"), timer(10, "b"), timer(20, "c"), timer(5, partition=1)])
            assert tx.timers.due(0, until=20, limit=9) == [timer(10, "b"), timer(20, "c")]
            assert tx.timers.due(0, until=20, limit=1) == [timer(10, "b")]
            assert tx.timers.due(0, until=9, limit=9) == []
            assert tx.timers.next_due([0, 1, 2]) == {0: 10, 1: 5}
            assert tx.timers.next_due([]) == {}

    def test_a_timer_that_is_set_again_has_the_new_time_only(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.timers.set([timer(10), timer(10, id="second")])
            tx.timers.set([timer(50), timer(40)])
        with store.read() as reader:
            assert reader.timers.due(0, until=99, limit=9) == [timer(10, id="second"), timer(40)]

    def test_removed_timers_are_gone_whatever_their_time(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.timers.set([timer(10), timer(20, "other")])
            tx.timers.remove([timer(99), timer(1, "unknown")])
            tx.timers.remove([])
            assert tx.timers.due(0, until=99, limit=9) == [timer(20, "other")]

    def test_timers_move_with_a_clock_that_is_set(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.timers.set([timer(100, "a"), timer(200, "b"), timer(300, "c", partition=1)])
            assert tx.timers.shift(after_ms=100, by_ms=-150) == 2
            assert tx.timers.next_due([0, 1]) == {0: 50, 1: 150}
            assert tx.timers.due(0, until=999, limit=9) == [timer(50, "b"), timer(100, "a")]
            assert tx.timers.shift(after_ms=0, by_ms=-120) == 3
            assert tx.timers.due(0, until=0, limit=9) == [timer(0, "a"), timer(0, "b")]
            assert tx.timers.shift(after_ms=999, by_ms=5) == 0

    def test_the_outbox_gives_what_was_put_in_order_until_it_is_dropped(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.outbox.put(3, [record(1), record(2)])
            tx.outbox.put(5, [record(3)])
            tx.outbox.put(3, [])
        with store.transaction() as tx:
            page = tx.outbox.page([3, 5], limit=10)
            assert [(one.partition, one.record) for one in page] == [
                (3, record(1)),
                (3, record(2)),
                (5, record(3)),
            ]
            assert tx.outbox.page([5], limit=10) == page[2:]
            assert tx.outbox.page([3, 5], limit=1) == page[:1]
            assert tx.outbox.page([], limit=1) == []
            tx.outbox.drop([page[0].seq, page[2].seq])
            assert (tx.outbox.count(), tx.outbox.page([3, 5], limit=9)) == (1, page[1:2])
