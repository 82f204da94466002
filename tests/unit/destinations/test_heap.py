import json
from collections.abc import Callable
from typing import Any

import pytest

from heliograph.destinations.base import Plan, RequestPlan
from heliograph.errors import DestinationError
from heliograph.model.delivery import Hold

PlanFor = Callable[..., Plan]


def body(request: RequestPlan) -> dict[str, Any]:
    return json.loads(request.body)


def test_user_properties_go_before_the_event(plan_for: PlanFor):
    user, event = plan_for(
        "heap",
        customer_id="bob@example.com",
        event="Purchase",
        properties={"value": 1.5},
        traits={"u_em": "bob@example.com"},
    ).requests
    assert user.url == "https://heapanalytics.com/api/add_user_properties"
    assert body(user) == {
        "app_id": "11",
        "identity": "bob@example.com",
        "properties": {"email": "bob@example.com"},
    }
    assert event.url == "https://heapanalytics.com/api/track"
    assert body(event) == {
        "app_id": "11",
        "identity": "bob@example.com",
        "event": "Purchase",
        "properties": {"value": 1.5},
        "timestamp": "2026-06-06T18:29:00Z",
        "idempotency_key": "dlv_1",
    }


def test_properties_are_flat_numbers_and_texts(plan_for: PlanFor):
    plan = plan_for(
        "heap",
        customer_id="bob",
        event="x",
        properties={
            "yes": True,
            "none": None,
            "names": ["Tent", None, 3, False],
            "empty": [],
            "products": [{"sku": "A", "dim": {"w": 1}}, {"sku": "B", "qty": 2}],
            "a": {"b": [1, 2], "c": {"d": "x"}},
            "mixed": [1, {"k": 1}],
            "big": 2**70,
        },
    )
    (request,) = plan.requests
    assert body(request)["properties"] == {
        "yes": "true",
        "names": "Tent||||3||false",
        "products_sku": "A||B",
        "products_dim_w": "1||",
        "products_qty": "||2",
        "a_b": "1||2",
        "a_c_d": "x",
        "mixed": '1||{"k":1}',
        "big": 2**70,
    }
    assert {(w.code, w.where.removeprefix("$.properties.")) for w in plan.warnings} == {
        ("value.null", "none"),
        ("value.empty", "empty"),
        ("list.gaps", "names"),
        ("list.gaps", "products_dim_w"),
        ("list.gaps", "products_qty"),
        ("value.text", "mixed"),
    }


def test_an_unknown_visitor_is_held_unless_the_setting_says_otherwise(plan_for: PlanFor):
    assert isinstance(plan_for("heap", anonymous_id="a", event="x").hold, Hold)
    settings = {"anonymous_as_identity": True}
    (request,) = plan_for("heap", settings, anonymous_id="a", event="x").requests
    assert body(request)["identity"] == "a"


def test_group_sets_account_properties(plan_for: PlanFor):
    (request,) = plan_for(
        "heap", customer_id="bob", type="group", group_id="acme", traits={"seats": 4}
    ).requests
    assert request.url.endswith("/api/add_account_properties")
    assert body(request) == {"app_id": "11", "account_id": "acme", "properties": {"seats": 4}}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "alias"}, "type.unsupported"),
        ({"type": "identify"}, "payload.empty"),
        ({"type": "group", "group_id": "g"}, "payload.empty"),
        ({"type": "group", "traits": {"a": 1}}, "payload.empty"),
    ],
)
def test_nothing_to_send_says_why(plan_for: PlanFor, fields: dict[str, Any], code: str):
    plan = plan_for("heap", customer_id="bob", **fields)
    assert plan.requests == ()
    assert [warning.code for warning in plan.warnings] == [code]


def test_lengths_and_reserved_names(plan_for: PlanFor):
    plan = plan_for(
        "heap",
        customer_id="bob",
        event="e" * 1025,
        properties={"n" * 1024: 1, "m" * 600: "x" * 1024, "id": 1, "": 1},
        traits={"Id": 1, "ID": 2, "ok": 3},
    )
    user, event = plan.requests
    assert body(user)["properties"] == {"ok": 3}
    assert body(event)["event"] == "e" * 1024
    assert body(event)["properties"] == {"n" * 1023: 1, "m" * 600: "x" * 1023, "id": 1}
    assert sorted(warning.code for warning in plan.warnings) == sorted(
        [
            *["name.reserved", "name.reserved", "name.long", "name.long", "name.edge"],
            *["value.long", "name.empty"],
        ]
    )


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"event": "x"}, "$.customer_id"),
        ({"event": "x", "customer_id": "c" * 256}, "$.customer_id"),
        ({"customer_id": "c"}, "$.event"),
    ],
)
def test_what_can_never_be_sent(plan_for: PlanFor, fields: dict[str, Any], where: str):
    with pytest.raises(DestinationError) as caught:
        plan_for("heap", **fields)
    assert caught.value.where == where


def test_hosts(plan_for: PlanFor):
    settings = {"host": "c.eu.heap-api.com"}
    (request,) = plan_for("heap", settings, customer_id="bob", event="x").requests
    assert request.url == "https://c.eu.heap-api.com/api/track"
