from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from heliograph.model.documents.configuration import DestinationConfig, Pipeline
from heliograph.model.documents.faults import faults, without


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    count: Annotated[int, Meta(ge=1)] = 1


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    by_key: dict[str, int] = {}
    low: int = 0
    high: int = 9

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


def places(value: Any, type_: Any = Outer) -> list[str]:
    return [fault.where for fault in faults(value, type_)]


def test_a_good_value_has_none():
    assert faults({"title": "t", "many": [{"name": "n"}], "inner": None}, Outer) == []


def test_every_fault_is_found_at_every_depth():
    value = {
        "title": 1,
        "inner": {"name": "n", "count": 0, "colour": 3},
        "many": [{"name": 1}, {"name": "n"}, {}, "text"],
        "by_key": {"a": 1, "b": "2", "c": None},
        "shape": True,
    }
    assert sorted(places(value)) == [
        "$.by_key.b",
        "$.by_key.c",
        "$.inner.colour",
        "$.inner.count",
        "$.many[0].name",
        "$.many[2].name",
        "$.many[3]",
        "$.shape",
        "$.title",
    ]


def test_a_rule_of_the_whole_is_judged_when_its_parts_are_right():
    assert [f.message for f in faults({"title": "t", "low": 10}, Outer)] == ["low is above high"]
    assert places({"title": "t", "low": 10, "high": "x"}) == ["$.high"]


def test_a_misspelt_required_field_is_one_fault_with_the_name_that_was_meant():
    [fault] = faults({"titel": "t"}, Outer)
    assert (fault.where, fault.near) == ("$.titel", "title")


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ({"name": "a", "type": 1, "colour": 3}, DestinationConfig),
        ({"name": "a", "sources": "shop", "destinations": [{"nam": "x"}]}, Pipeline),
        ([], Outer),
        ({}, Outer),
        ("text", int),
    ],
)
def test_there_is_a_fault_exactly_where_msgspec_refuses(value: Any, type_: Any):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, type_)
    assert faults(value, type_)


def test_what_is_at_fault_can_be_taken_out():
    value = {"title": "t", "many": [{"name": "n", "colour": 3}], "low": "x"}
    assert without(value, faults(value, Outer)) == {"title": "t", "many": [{"name": "n"}]}
