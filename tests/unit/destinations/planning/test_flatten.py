from collections.abc import Callable
from typing import Any

import pytest

from heliograph.destinations.base import Plan
from heliograph.destinations.planning.flatten import Lost, columns_of, flatten_objects
from heliograph.model.json import JsonObject


def test_members_stand_where_their_object_stood():
    values: JsonObject = {"z": 1, "a": {"c": {"d": 2}, "b": [{"e": 3}]}, "empty": {}, "y": None}
    flat = flatten_objects(values, ".")
    assert list(flat.items()) == [("z", 1), ("a.c.d", 2), ("a.b", [{"e": 3}]), ("y", None)]


def test_flat_values_are_not_copied():
    values: JsonObject = {"a": 1}
    assert flatten_objects(values, "_") is values


def test_a_key_that_is_there_wins_and_what_is_lost_is_told():
    lost: list[Lost] = []
    assert flatten_objects({"a": {"b": 1}, "a_b": 2}, "_", lost) == {"a_b": 2}
    assert flatten_objects({"a": {"b_c": 1}, "a_b": {"c": 2}}, "_", lost) == {"a_b_c": 1}
    assert flatten_objects({"a": {"b": None, "c": {}}, "a_b": 2}, "_", lost) == {"a_b": 2}
    assert lost == [
        Lost("a_b", "taken"),
        Lost("a_b_c", "taken"),
        Lost("a_c", "empty"),
        Lost("a_b", "null"),
    ]


def test_lists_of_objects_become_columns():
    assert columns_of([{"id": 1, "size": {"eu": 40}}, {"id": 2}], "_") == {
        "id": [1, 2],
        "size_eu": [40, None],
    }
    assert columns_of([], "_") is None
    assert columns_of([{"id": 1}, 2], "_") is None
    lost: list[Lost] = []
    columns_of([{"a": {}}, {"a": {"b": 1}, "a_b": 2}], "_", lost)
    assert lost == [Lost("[0].a", "empty"), Lost("[1].a_b", "taken")]


@pytest.mark.parametrize("type_", ["webengage", "moengage", "heap"])
@pytest.mark.parametrize(
    "fields", [{"properties": {"a_b": 1, "a": {"b": 2}}}, {"traits": {"a": {"b": 2}, "a_b": 1}}]
)
def test_a_name_made_twice_is_a_warning(
    plan_for: Callable[..., Plan], type_: str, fields: dict[str, Any]
):
    plan = plan_for(type_, customer_id="jane", event="x", **fields)
    assert [warning.code for warning in plan.warnings] == ["name.taken"]


@pytest.mark.parametrize("type_", ["moengage", "heap"])
def test_a_column_made_twice_is_a_warning(plan_for: Callable[..., Plan], type_: str):
    properties = {"items": [{"sku": "A"}], "items_sku": "B"}
    plan = plan_for(type_, customer_id="jane", event="x", properties=properties)
    assert [warning.code for warning in plan.warnings] == ["name.taken"]
