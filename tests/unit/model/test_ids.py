"""Ids that follow from others: generations of an event, events of a message."""

import tracemalloc

import pytest

from heliograph.model.clock import SystemClock
from heliograph.model.ids import (
    TimeOrderedIds,
    delivery_id_of,
    event_id_of,
    first_generation_id,
    generation_id,
    message_event_id,
    names_of,
    several_message_ids,
    time_of,
)
from heliograph.testing.clock import ManualClock


@pytest.mark.parametrize("first", ["evt_00-0", "w/s/abc", "w/s/abc~1", "w/s/a~x", "w/s/~"])
def test_a_generation_leads_back_to_the_first_one(first: str) -> None:
    assert generation_id(first, 1) == first
    for generation in (2, 3, 10, 19, 20, 111):
        later = generation_id(first, generation)
        assert later == f"{first}~{generation}"
        assert first_generation_id(later) == first
    assert first_generation_id(first) == first


@pytest.mark.parametrize("message_id", ["abc~2", "abc~17", "~9", "abc~2~3"])
def test_a_message_id_that_looks_like_a_generation_is_none(message_id: str) -> None:
    event_id = message_event_id("w", "s", message_id, 0)
    assert event_id == f"w/s/{message_id}~1"
    assert first_generation_id(event_id) == event_id
    assert first_generation_id(generation_id(event_id, 2)) == event_id


def test_the_items_of_a_message_have_ids_of_their_own_whatever_else_is_in_it() -> None:
    ids = [message_event_id("w", "s", "m-1", index) for index in range(3)]
    assert ids == ["w/s/m-1", "w/s/m-1-1", "w/s/m-1-2"]


def test_the_events_of_a_request_begin_alike() -> None:
    assert event_id_of("req_0123", 12) == "evt_0123-12"


def test_deliveries_sort_as_their_events_from_one_millisecond_to_the_next() -> None:
    events = ["evt_01jzzzzzz" + f"{ms}" + "0" * 16 + "-0" for ms in range(10)]
    ids = [delivery_id_of(event, "main", "w/crm") for event in events]
    assert ids == sorted(ids)
    assert {len(each) for each in ids} == {34}


def test_ids_go_on_rising_when_the_next_process_has_an_earlier_clock() -> None:
    clock = ManualClock()
    before = TimeOrderedIds(clock)
    old = [before.new("req") for _ in range(3)]
    clock.set_wall(clock.now_ms() - 5 * 3_600_000)
    known = ["w/shop/m-1", "evt_odd", event_id_of(old[1], 4), old[-1]]
    after = TimeOrderedIds(clock, after=known)
    new = [after.new("req") for _ in range(3)]
    clock.set_wall(clock.now_ms() + 6 * 3_600_000)
    assert sorted({*old, *new, last := after.new("req")}) == [*old, *new, last]
    assert time_of(last) == clock.now_ms()
    assert TimeOrderedIds(clock, after=["w/s/m"]).new("req") > last[:14]


@pytest.mark.parametrize(
    "id_", ["", "req_", "w/s/m", "dlv_01m8hkcn4ye99040f289513044158c", "evt_1-0"]
)
def test_ids_of_another_make_tell_no_time(id_: str) -> None:
    assert time_of(id_) is None


def test_each_way_of_an_event_has_one_delivery_and_none_shares_it() -> None:
    event = event_id_of(TimeOrderedIds(SystemClock()).new("req"), 0)
    ways = [
        (event_id, pipeline, destination)
        for event_id in (event, f"{event}~2", "w/s/m-1", "w/s/m-1-1")
        for pipeline in ("main", "second")
        for destination in ("w/crm", "w/hook")
    ]
    ids = [delivery_id_of(*way) for way in ways]
    assert len(set(ids)) == len(ways)
    assert ids == [delivery_id_of(*way) for way in ways]


def test_names_of_large_requests_are_not_kept_for_long() -> None:
    """Of 256 requests with 5,000 items each, as a cache may have them, they were hundreds of megabytes."""

    def ask(number: int) -> None:
        joined = several_message_ids("v1", [f"{number}-{item:060d}" for item in range(5_000)])
        assert joined is not None
        assert names_of(joined).message_id(4_999) == f"{number}-{4_999:060d}"

    tracemalloc.start()
    ask(0)
    before, _ = tracemalloc.get_traced_memory()
    for number in range(1, 12):
        ask(number)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after < 3 * before
