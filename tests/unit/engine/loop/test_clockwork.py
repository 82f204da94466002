"""When timers fire: by event time where events wait, by the wall clock where everything was read."""

from heliograph.engine.loop.clockwork import SETTLE_S, Clockwork
from heliograph.storage.events.journal import Entry
from heliograph.storage.stages.timers import Timer
from heliograph.testing.memory import MemoryStore
from heliograph.testing.samples import make_record

GRACE_MS = 100


def timer(at: int, *, partition: int = 0, key: str = "k") -> Timer:
    return Timer(partition=partition, kind="nap", key=key, due_at=at)


def clockwork(*timers: Timer) -> tuple[Clockwork, MemoryStore]:
    store = MemoryStore()
    with store.transaction() as tx:
        tx.timers.set(timers)
    made = Clockwork(GRACE_MS, limit=2)
    with store.read() as reader:
        made.load(reader, range(4))
    return made, store


def entry(at: int, *, partition: int = 0, position: int = 1) -> Entry:
    return Entry(
        partition=partition, position=position, record=make_record(position, key="k", at=at)
    )


def test_where_everything_was_read_a_timer_fires_a_grace_after_it_was_due_by_the_wall_clock():
    made, _ = clockwork(timer(1_000))
    assert made.next_ms() == 1_100
    assert made.due([], [0], now_ms=1_099) == {}
    assert made.due([], [0], now_ms=1_100) == {0: 1_000}


def test_an_engine_that_is_behind_fires_no_timer_before_the_events_that_came_in_time():
    made, _ = clockwork(timer(1_000))
    late = 10_000_000
    assert made.due([entry(1_099)], [], now_ms=late) == {}
    assert made.due([entry(1_100)], [], now_ms=late) == {0: 1_000}


def test_the_first_event_that_waits_counts_not_a_later_one():
    made, _ = clockwork(timer(1_000))
    waiting = [entry(900), entry(5_000, position=2)]
    assert made.due(waiting, [], now_ms=10_000_000) == {}


def test_a_partition_of_which_nothing_is_known_fires_nothing():
    made, _ = clockwork(timer(1_000, partition=1))
    assert made.due([], [0], now_ms=10_000) == {}


def test_a_timer_that_is_set_counts_at_once_and_the_earliest_decides():
    made, _ = clockwork(timer(5_000))
    made.set([timer(2_000), timer(9_000)])
    assert made.next_ms() == 2_100


def test_partitions_that_are_loaded_anew_forget_what_was_known_of_them():
    made, store = clockwork(timer(1_000))
    with store.transaction() as tx:
        tx.timers.remove([timer(1_000)])
    with store.read() as reader:
        made.load(reader, [0])
    assert made.next_ms() is None


def test_timers_come_the_earliest_first_and_so_many_at_a_time():
    timers = [timer(at, key=f"k{at}") for at in (3_000, 1_000, 2_000)]
    made, store = clockwork(*timers)
    with store.read() as reader:
        found = made.timers(reader, {0: 5_000})
    assert [one.due_at for one in found] == [1_000, 2_000]


def test_after_a_failure_each_fires_alone_once():
    made, _ = clockwork()
    timers = [timer(1_000), timer(2_000)]
    assert made.groups(timers) == [timers]
    made.one_by_one()
    assert made.groups(timers) == [[timers[0]], [timers[1]]]
    assert made.groups(timers) == [timers]
    assert made.groups([]) == []


def test_a_clock_that_was_set_is_not_trusted_until_the_timers_were_moved():
    made, _ = clockwork()
    assert not made.stepped(now_ms=1_000_000, monotonic_s=0.0)
    assert not made.stepped(now_ms=1_001_000, monotonic_s=1.0)
    assert made.stepped(now_ms=9_002_000, monotonic_s=2.0)
    assert made.stepped(now_ms=9_002_000 + 59_000, monotonic_s=61.0)
    settled = 2.0 + SETTLE_S
    assert not made.stepped(now_ms=9_000_000 + round(settled * 1000), monotonic_s=settled)
