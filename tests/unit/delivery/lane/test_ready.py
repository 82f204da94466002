"""What a lane has ready: live ones pass what was read before them, and nobody waits for ever."""

from heliograph.delivery.lane.ready import Ready
from heliograph.delivery.rows.hand import Hand
from heliograph.destinations.base import Person
from heliograph.model.delivery import PRIORITIES, Origin
from heliograph.testing.decisions import make_waiting


def hand(seq: int, origin: Origin = "pipeline") -> Hand:
    delivery = make_waiting(seq=seq, origin=origin, priority=PRIORITIES[origin])
    return Hand(delivery=delivery, person=Person(profile_id="p"))


def taken(ready: Ready, number: int) -> list[int]:
    return [ready.take()[0].delivery.seq for _ in range(number)]


def test_one_class_goes_as_it_was_read():
    ready = Ready()
    for seq in range(5):
        ready.add(hand(seq), 0.0)
    assert taken(ready, 5) == [0, 1, 2, 3, 4]
    assert len(ready) == 0


def test_a_live_one_passes_a_replay_that_was_read_before():
    ready = Ready()
    for seq in range(100):
        ready.add(hand(seq, "replay"), 0.0)
    ready.add(hand(1000), 1.0)
    assert (len(ready), ready.live, ready.others) == (101, 1, 100)
    assert taken(ready, 2) == [1000, 0]


def test_a_replay_keeps_its_share_among_live_ones_without_end():
    ready = Ready()
    for seq in range(200):
        ready.add(hand(seq), 0.0)
        ready.add(hand(1000 + seq, "replay"), 0.0)
        ready.add(hand(2000 + seq, "campaign"), 0.0)
    first = taken(ready, 100)
    assert [sum(seq // 1000 == n for seq in first) for n in range(3)] == [80, 10, 10]


def test_what_is_shown_is_what_is_taken_whatever_comes_between():
    ready = Ready()
    ready.add(hand(1, "replay"), 0.0)
    assert ready.peek()[0].delivery.seq == 1
    ready.add(hand(2), 0.0)
    assert taken(ready, 2) == [1, 2]


def test_all_is_given_back():
    ready = Ready()
    for seq, origin in enumerate(("replay", "pipeline", "campaign")):
        ready.add(hand(seq, origin), 0.0)
    ready.peek()
    assert sorted(one.delivery.seq for one in ready.give_back()) == [0, 1, 2]
    assert len(ready) == ready.live == ready.others == 0
