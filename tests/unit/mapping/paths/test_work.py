"""The budget of work: when it is used up, and when whoever works is asked to let others go first."""

from collections.abc import Generator

import pytest

from heliograph.mapping.paths.work import PAUSED_AFTER, TooMuchWork, Work
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.model.json import Json, JsonObject

DEEP: JsonObject = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$..order..order..id",
        "event_name": "Order Placed",
        "user_time": "$.at",
        "platform": "web",
    },
    "batching": False,
}


def test_the_last_unit_is_given_and_the_next_one_refused():
    for work in (Work(10), Work(10, pause=lambda: None)):
        work.spend(4)
        work.spend(6)
        with pytest.raises(TooMuchWork):
            work.spend(1)


def test_a_pause_comes_after_every_so_many_units():
    pauses: list[int] = []
    work = Work(4 * PAUSED_AFTER, pause=lambda: pauses.append(work.left))
    while work.left:
        work.spend(100)
    assert pauses == [3 * PAUSED_AFTER - 100, 2 * PAUSED_AFTER - 200, PAUSED_AFTER - 300]


def test_one_large_expense_pauses_once_and_is_refused_without_a_pause():
    pauses: list[int] = []
    work = Work(10 * PAUSED_AFTER, pause=lambda: pauses.append(work.left))
    work.spend(9 * PAUSED_AFTER)
    assert pauses == [PAUSED_AFTER]
    with pytest.raises(TooMuchWork):
        work.spend(2 * PAUSED_AFTER)
    assert pauses == [PAUSED_AFTER]


def test_a_mapper_pauses_within_a_single_item():
    body: Json = 1
    for _ in range(90):
        body = {"order": body}
    pauses: list[None] = []
    mapper = compile_mapper(DEEP)
    mapped: list[MappingResult] = []

    def run() -> Generator[None]:
        mapped.append(
            (yield from mapper.slices(body, received_at_ms=0, pause=lambda: pauses.append(None)))
        )

    assert list(run()) == []
    assert mapped[0].rejected
    assert len(pauses) > 10
