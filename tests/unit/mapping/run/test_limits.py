"""What one payload may hold and cost: refused before it is mapped, or when its share is used up."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heliograph.errors import InputError
from heliograph.mapping import Mapper, MappingResult, compile_mapper
from heliograph.mapping.cases.case_files import find_mappers
from heliograph.mapping.presets import CATALOG
from heliograph.mapping.run.limits import DEFAULT_ITEMS, OF_STORED, Limits
from heliograph.mapping.run.output import read_payload

EXAMPLES = Path(__file__).parents[4] / "examples" / "mappers"


def batching(limits: Limits | None = None, *, start: str = "$.items[*]", **mappings: Any) -> Mapper:
    document: Any = {
        "partner_name": "shop",
        "mapping_type": "events",
        "batching": True,
        "mappings": {
            "customer_id": f"{start}.id",
            "event_name": f"{start}.event",
            "user_time": "$receivedAt",
            "platform": "web",
            "app_version": "1",
            **mappings,
        },
    }
    return compile_mapper(document, limits=limits or Limits())


def taken(slices: Generator[None, None, MappingResult]) -> tuple[MappingResult, int]:
    """Return the result, and how often the caller could have done something else."""
    pauses = 0
    while True:
        try:
            next(slices)
        except StopIteration as stop:
            return stop.value, pauses
        pauses += 1


GOOD: Any = {"id": "ada", "event": "Seen"}


class TestItems:
    def test_as_many_items_as_allowed_are_mapped(self):
        payload: Any = {"items": [GOOD] * DEFAULT_ITEMS}
        result = batching().apply(payload, received_at_ms=0)
        assert (len(result.mapped), len(result.rejected)) == (DEFAULT_ITEMS, 0)

    @pytest.mark.parametrize(
        ("start", "payload"),
        [
            ("$.items[*]", {"items": [GOOD] * 4}),
            ("$[*]", [GOOD, None, 7, []]),
            ("$.a[*].b[*]", {"a": [{"b": [GOOD]}, {}, {"b": [GOOD] * 3}]}),
            ("$.a[*].b[*]", {"a": [{"b": 1}, {"b": 2}, {"b": [GOOD] * 2}]}),
            ("$.a[*].b[*].c[*]", {"a": [{"b": [{"c": [GOOD] * 2}, {"c": [GOOD] * 2}]}]}),
        ],
    )
    def test_one_more_is_refused_before_anything_is_mapped(self, start: str, payload: Any):
        mapper = batching(Limits(items=3), start=start)
        for answer in (
            lambda: mapper.apply(payload, received_at_ms=0),
            lambda: taken(mapper.slices(payload, received_at_ms=0)),
            lambda: mapper.explain(payload, received_at_ms=0),
        ):
            with pytest.raises(InputError) as caught:
                answer()
            assert (caught.value.code, caught.value.status) == ("batch.too_large", 413)
            assert (caught.value.found, caught.value.allowed) == (
                "a batch of 4 items",
                "at most 3 items",
            )
            assert caught.value.hint == "Send the batch in several requests."
        allowed = batching(Limits(items=4), start=start).apply(payload, received_at_ms=0)
        assert len(allowed.mapped) + len(allowed.rejected) == 4

    def test_a_request_that_was_taken_once_can_be_mapped_again(self):
        mapper = batching(OF_STORED)
        assert len(mapper.apply({"items": [GOOD] * 20_000}, received_at_ms=0).mapped) == 20_000

    def test_arrays_that_are_no_batch_are_not_counted(self):
        document = {
            "partner_name": "shop",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.id", "user_attributes": {"tags": "$.tags[*]"}},
        }
        mapper = compile_mapper(document, limits=Limits(items=1))
        result = mapper.apply({"id": "ada", "tags": [1, 2, 3]}, received_at_ms=0)
        assert [item.traits for item in result.mapped] == [{"tags": [1, 2, 3]}]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


class TestWork:
    def test_a_payload_that_costs_too_much_is_refused_naming_mapper_field_and_path(self):
        mapper = batching(attr={"deep": "$.items[*]..a..a..a", "ok": "$.items[*].id"})
        payload: Any = {"items": [{**GOOD, "x": nested(90)}] * 50}
        with pytest.raises(InputError) as caught:
            mapper.apply(payload, received_at_ms=0)
        error = caught.value
        assert (error.code, error.status) == ("mapper.work_exceeded", 400)
        assert error.where == "mapper shop, attr.deep: $.items[*]..a..a..a"
        assert error.allowed == "at most 1,000,000 values looked at"

    def test_the_share_is_that_of_the_payload_and_not_of_an_item(self):
        mapper = batching(Limits(work=2_000), attr={"deep": "$.items[*]..a"})
        items: list[Any] = [{**GOOD, "x": nested(50)}] * 20
        few = mapper.apply({"items": items[:10]}, received_at_ms=0)
        assert len(few.mapped) == 10
        with pytest.raises(InputError, match="provided payload is invalid"):
            mapper.apply({"items": items}, received_at_ms=0)

    def test_what_is_the_same_for_all_items_is_followed_once(self):
        """A filter over the whole payload in a batch of n items took n times as long."""
        payload: Any = {"items": [{**GOOD, "kind": "a", "n": n} for n in range(5_000)]}
        mapper = batching(
            customer_id="$.items[?@.kind == 'a'].id",
            attr={"all": "$.items[?@.n < 3].n", "n": "$.items[*].n"},
        )
        result = mapper.apply(payload, received_at_ms=0)
        assert [item.properties for item in result.mapped[:2]] == [
            {"all": [0, 1, 2], "n": 0},
            {"all": [0, 1, 2], "n": 1},
        ]
        assert len(result.mapped) == 5_000

    @pytest.mark.parametrize(
        ("mappings", "payload"),
        [
            pytest.param(
                {"attr": {"create_all": "$.all"}},
                {"all": {str(n): n for n in range(1_000)}, "items": [GOOD] * 4_000},
                id="an object copied into every item",
            ),
            pytest.param(
                {"platform": "$.all"},
                {"all": "x" * 500_000, "items": [GOOD] * 4_000},
                id="a text judged for every item",
            ),
            pytest.param(
                {"user_time": "$.all"},
                {"all": "x" * 500_000, "items": [GOOD] * 4_000},
                id="a text read as a time for every item",
            ),
            pytest.param(
                {"attr": {"x": "$.items[?match(@.t, @.p)]"}},
                {"items": [{**GOOD, "t": "a" * 100, "p": f"{'a?' * 90}{n}"} for n in range(1_000)]},
                id="patterns of the payload",
            ),
        ],
    )
    def test_shapes_that_made_a_small_body_cost_seconds_end_early(
        self, mappings: Any, payload: Any
    ):
        mapper = batching(**mappings)
        assert len(msgspec.json.encode(payload)) < 1_000_000
        for answer in (
            lambda: mapper.apply(payload, received_at_ms=0),
            lambda: taken(mapper.slices(payload, received_at_ms=0)),
        ):
            with pytest.raises(InputError) as caught:
                answer()
            assert caught.value.code == "mapper.work_exceeded"

    def test_items_that_lack_a_field_cost_none_of_it(self):
        items = [{"id": "ada"}, {"id": "ada", "event": None}, {}] * 1_000
        result = batching(Limits(work=1)).apply({"items": items}, received_at_ms=0)
        assert {item.code for item in result.rejected} == {"mapper.missing_field"}
        assert [item.index for item in result.rejected] == list(range(3_000))

    def test_the_default_is_enough_for_every_example_and_preset_a_hundred_times_over(self):
        checked = 0
        for folder in (EXAMPLES, CATALOG):
            for file in find_mappers(folder):
                mapper = compile_mapper(file.document(), limits=Limits(work=10_000))
                for case in (each.read() for each in file.cases):
                    body = read_payload(case.body, case.content_type)
                    mapper.apply(body, received_at_ms=0, headers=case.headers, query=case.query)
                    checked += 1
        assert checked > 50


class TestLight:
    def test_what_takes_a_moment_is_mapped_as_always(self):
        mapper = batching(attr={"deep": "$.items[*]..a"})
        payload: Any = {"items": [{**GOOD, "x": nested(20)}, {"id": "bo"}]}
        assert mapper.open_paths
        assert mapper.light(payload, received_at_ms=0) == mapper.apply(payload, received_at_ms=0)

    def test_what_takes_longer_is_left_for_another_time(self):
        mapper = batching(attr={"deep": "$.items[*]..a..a..a"})
        payload: Any = {"items": [{**GOOD, "x": nested(60)}]}
        assert mapper.light(payload, received_at_ms=0) is None
        assert len(mapper.apply(payload, received_at_ms=0).mapped) == 1

    def test_without_open_paths_there_is_nothing_to_leave(self):
        payload: Any = {"items": [GOOD] * DEFAULT_ITEMS}
        result = batching().light(payload, received_at_ms=0)
        assert result is not None
        assert len(result.mapped) == DEFAULT_ITEMS


class TestSlices:
    def test_a_batch_can_be_left_every_few_items(self):
        items = [GOOD, {"id": "bo"}] * 1_000
        result, pauses = taken(batching().slices({"items": items}, received_at_ms=0))
        assert (len(result.mapped), len(result.rejected)) == (1_000, 1_000)
        assert pauses >= 2_000 // 16 + 20  # and after each explanation

    def test_empty_arrays_inside_each_other_can_be_left_too(self):
        mapper = batching(start="$.a[*].b[*]")
        payload: Any = {"a": [{"b": []}] * 10_000}
        result, pauses = taken(mapper.slices(payload, received_at_ms=0))
        assert [item.code for item in result.rejected] == ["mapper.missing_field"]
        assert pauses >= 10_000 // 16
