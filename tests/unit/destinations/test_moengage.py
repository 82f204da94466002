import json
from collections.abc import Callable
from typing import Any

import pytest

from heliograph.destinations.base import Person, Plan, RequestPlan
from heliograph.errors import DestinationError
from heliograph.model.delivery import Hold

PlanFor = Callable[..., Plan]


def body(request: RequestPlan) -> dict[str, Any]:
    return json.loads(request.body)


def test_the_customer_comes_before_the_event_in_one_call(plan_for: PlanFor):
    (request,) = plan_for(
        "moengage",
        customer_id="jane",
        event="Order Placed",
        platform="android",
        app_version="1.0.0",
        properties={"total": 1.5},
        traits={"email": "jane@example.com"},
    ).requests
    assert request.url == "https://api-01.moengage.com/v1/transition/WS"
    assert request.headers["Authorization"] == "Basic V1M6aw=="
    assert body(request) == {
        "type": "transition",
        "elements": [
            {
                "type": "customer",
                "customer_id": "jane",
                "attributes": {"u_em": "jane@example.com"},
            },
            {
                "type": "event",
                "customer_id": "jane",
                "actions": [
                    {
                        "action": "Order Placed",
                        "attributes": {"total": 1.5},
                        "platform": "ANDROID",
                        "app_version": "1.0.0",
                        "current_time": "2026-06-06T18:29:00Z",
                        "real_time_action": "true",
                    }
                ],
            },
        ],
    }


def test_an_event_alone_and_a_profile_alone_are_single_calls(plan_for: PlanFor):
    (event,) = plan_for("moengage", customer_id="jane", event="x").requests
    assert event.url.endswith("/event/WS")
    assert body(event)["type"] == "event"
    (user,) = plan_for(
        "moengage",
        customer_id="jane",
        type="identify",
        traits={"tier": 1},
        update_existing_only=True,
    ).requests
    assert user.url.endswith("/customer/WS")
    assert body(user) == {
        "type": "customer",
        "customer_id": "jane",
        "update_existing_only": True,
        "attributes": {"tier": 1},
    }


def test_over_95_kb_the_customer_goes_in_a_call_of_its_own_first(plan_for: PlanFor):
    properties = {f"p{i}": "x" * 500 for i in range(99)}
    traits = {f"t{i}": "y" * 500 for i in range(99)}
    user, event = plan_for(
        "moengage", customer_id="jane", event="x", properties=properties, traits=traits
    ).requests
    assert [user.bucket, event.bucket] == ["customer", "event"]
    assert len(body(user)["attributes"]) == 99


def test_a_single_call_over_128_kb_can_never_be_sent(plan_for: PlanFor):
    traits = {f"t{i}": "y" * 500 for i in range(300)}
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id="jane", type="identify", traits=traits)
    assert caught.value.where == "$.traits"


@pytest.mark.parametrize("fields", [{}, {"customer_id": "guest"}])
def test_an_anonymous_event_is_held_until_the_person_is_known(
    plan_for: PlanFor, fields: dict[str, str]
):
    held = plan_for("moengage", anonymous_id="a", event="x", **fields)
    assert held.requests == ()
    assert isinstance(held.hold, Hold)
    known = Person(profile_id="p", customer_id="jane")
    (request,) = plan_for("moengage", person=known, anonymous_id="a", event="x").requests
    assert body(request)["customer_id"] == "jane"


@pytest.mark.parametrize("customer_id", [None, "unknown", "7", "N/A"])
def test_nobody_or_an_unusable_id_can_never_be_sent(plan_for: PlanFor, customer_id: str | None):
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id=customer_id, event="x")
    assert caught.value.where == "$.customer_id"


@pytest.mark.parametrize(
    ("platform", "sent"),
    [
        ("android", "ANDROID"),
        ("iOS", "iOS"),
        ("ipados", "iOS"),
        ("web", "web"),
        ("TV", "TV"),
        ("api", None),
        ("Windows", None),
        (None, None),
    ],
)
def test_platforms_are_spelled_as_the_data_api_does(
    plan_for: PlanFor, platform: str | None, sent: str | None
):
    (request,) = plan_for("moengage", customer_id="jane", event="x", platform=platform).requests
    assert body(request)["actions"][0].get("platform") == sent


def test_real_time_action_can_be_switched_off(plan_for: PlanFor):
    settings = {"real_time_action": False}
    (request,) = plan_for("moengage", settings, customer_id="jane", event="x").requests
    assert "real_time_action" not in body(request)["actions"][0]


def test_events_of_the_future(plan_for: PlanFor):
    at = 1_780_770_540_000
    late = plan_for(
        "moengage", customer_id="jane", event="x", timestamp=at + 60_000, received_at=at
    )
    assert body(late.requests[0])["actions"][0]["current_time"] == "2026-06-06T18:29:00Z"
    assert [warning.code for warning in late.warnings] == ["time.future"]
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id="jane", event="x", timestamp=at + 3_600_000)
    assert caught.value.where == "$.timestamp"


def test_reserved_names_are_left_out_but_for_those_meant_to_be_set(plan_for: PlanFor):
    plan = plan_for(
        "moengage",
        customer_id="jane",
        event="x",
        properties={"moe_x": 1, "ok": 1},
        traits={"moe_x": 1, "moe_unsubscribe": True, "id": 1, "status": "a", "ok": 1},
    )
    user, event = body(plan.requests[0])["elements"]
    assert user["attributes"] == {"moe_unsubscribe": True, "ok": 1}
    assert event["actions"][0]["attributes"] == {"ok": 1}
    assert [warning.code for warning in plan.warnings] == ["name.reserved"] * 4


def test_a_name_that_flattening_makes_can_be_reserved_too(plan_for: PlanFor):
    plan = plan_for(
        "moengage",
        customer_id="jane",
        event="x",
        properties={"moe": {"x": 1}, "user": {"id": 7}},
        traits={"user": {"id": 7, "tier": 1}},
    )
    user, event = body(plan.requests[0])["elements"]
    assert user["attributes"] == {"user_tier": 1}
    assert event["actions"][0]["attributes"] == {"user_id": 7}
    assert [warning.code for warning in plan.warnings] == ["name.reserved"] * 2


def test_values_are_kept_to_what_moengage_keeps(plan_for: PlanFor):
    plan = plan_for(
        "moengage",
        customer_id="jane",
        event="x",
        properties={
            "n" * 201: 1,
            "long": "x" * 513,
            "url": "https://example.com/" + "x" * 500,
            "list": list(range(51)),
            "mixed": [1, "a", True, None],
            "empty": [],
            "null": None,
        },
    )
    sent = body(plan.requests[0])["actions"][0]["attributes"]
    assert sent == {
        "n" * 200: 1,
        "long": "x" * 512,
        "list": list(range(50)),
        "mixed": ["1", "a", "true"],
    }
    codes = [warning.code for warning in plan.warnings]
    assert codes == [
        *["name.long", "value.long", "value.long", "list.long", "list.null", "list.mixed"],
        *["value.empty", "value.null"],
    ]


def test_the_first_hundred_attributes_of_an_event(plan_for: PlanFor):
    plan = plan_for(
        "moengage", customer_id="jane", event="x", properties={f"p{i}": i for i in range(103)}
    )
    assert list(body(plan.requests[0])["actions"][0]["attributes"]) == [f"p{i}" for i in range(100)]
    assert [warning.code for warning in plan.warnings] == ["count.attributes"] * 3


def test_objects_become_columns_or_stay_by_setting(plan_for: PlanFor):
    properties = {"cart": {"items": [{"sku": "A", "qty": 1}, {"sku": "B"}], "total": 3}}
    (flat,) = plan_for("moengage", customer_id="jane", event="x", properties=properties).requests
    assert body(flat)["actions"][0]["attributes"] == {
        "cart_items_sku": ["A", "B"],
        "cart_items_qty": ["1", ""],
        "cart_total": 3,
    }
    (kept,) = plan_for(
        "moengage",
        {"nested_objects": "keep"},
        customer_id="jane",
        event="x",
        properties={"a.b": {"c$": {"d": {"e": 1}}, "none": None, "empty": {}}},
    ).requests
    assert body(kept)["actions"][0]["attributes"] == {"a.b": {"c_": {"d": '{"e":1}'}}}


def test_positions_in_columns_correspond(plan_for: PlanFor):
    """[A, B, C, D] stood beside [5, 7]: whose quantities they are could not be told."""
    url = "https://example.com/" + "p" * 600
    lines = [
        {"sku": "A", "qty": 5, "image": url, "size": {"eu": 40}},
        {"sku": "B", "qty": None, "image": "b.png"},
        {"sku": "C", "qty": 7, "tags": ["x"]},
        {"sku": "D", "gone": None},
    ]
    plan = plan_for("moengage", customer_id="jane", event="x", properties={"lines": lines})
    assert body(plan.requests[0])["actions"][0]["attributes"] == {
        "lines_sku": ["A", "B", "C", "D"],
        "lines_qty": ["5", "", "7", ""],
        "lines_image": ["", "b.png", "", ""],
        "lines_size_eu": ["40", "", "", ""],
        "lines_tags": ["", "", '["x"]', ""],
    }
    found = {(w.code, w.where.removeprefix("$.properties.")) for w in plan.warnings}
    assert found == {
        *{("list.gaps", f"lines_{name}") for name in ("qty", "image", "size_eu", "tags")},
        ("value.long", "lines_image[0]"),
        ("value.text", "lines_tags[2]"),
        ("value.null", "lines_gone"),
        ("value.empty", "lines_gone"),
    }


def test_keys_that_collide_in_kept_objects_are_told(plan_for: PlanFor):
    plan = plan_for(
        "moengage",
        {"nested_objects": "keep"},
        customer_id="jane",
        event="x",
        properties={"o": {"a.b": 1, "a_b": 2, "c$": 3, "c%": 4, "d": {"e#": 5, "e_": 6}}},
    )
    attributes = body(plan.requests[0])["actions"][0]["attributes"]
    assert attributes == {"o": {"a_b": 2, "c_": 3, "d": {"e_": 6}}}
    assert [(w.code, w.where) for w in plan.warnings] == [
        ("name.taken", "$.properties.o.a.b"),
        ("name.changed", "$.properties.o.c$"),
        ("name.taken", "$.properties.o.c%"),
        ("name.taken", "$.properties.o.d.e#"),
    ]


@pytest.mark.parametrize("customer_id", ["1", "2", "0", "-1", "Guest", " n/a ", "uid", "7"])
def test_moengages_own_blocked_ids_are_dead_letters(plan_for: PlanFor, customer_id: str):
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id=customer_id, event="x")
    assert (caught.value.code, caught.value.where) == (
        "destination.invalid_event",
        "$.customer_id",
    )


@pytest.mark.parametrize(
    ("trait", "value", "codes"),
    [
        ("u_bd", "1992-05-15", []),
        ("u_bd", "1992-05-15T00:00:00Z", []),
        ("u_bd", "15/05/1992", ["value.odd"]),
        ("u_bd", 706579200, ["value.odd"]),
        ("u_mb", "918888444411", []),
        ("u_mb", 918888444411, []),
        ("u_mb", "+1 (555) 010-9988", []),
        ("u_mb", "call me", ["value.odd"]),
    ],
)
def test_standard_attributes_of_odd_forms_are_told(
    plan_for: PlanFor, trait: str, value: object, codes: list[str]
):
    plan = plan_for("moengage", customer_id="jane", type="identify", traits={trait: value})
    assert body(plan.requests[0])["attributes"] == {trait: value}
    assert [w.code for w in plan.warnings] == codes


def test_a_platform_it_does_not_know_is_told(plan_for: PlanFor):
    plan = plan_for("moengage", customer_id="jane", event="x", platform="api", group_id="g")
    assert "platform" not in body(plan.requests[0])["actions"][0]
    assert [(w.code, w.where) for w in plan.warnings] == [
        ("field.unsupported", "$"),
        ("value.unusable", "$.platform"),
    ]


@pytest.mark.parametrize("value", [{"tags": ["x"]}, {}])
def test_instructions_of_the_data_api_pass_unchanged(plan_for: PlanFor, value: object):
    (request,) = plan_for(
        "moengage", customer_id="jane", type="identify", traits={"addValueToArrayField": value}
    ).requests
    assert body(request)["attributes"] == {"addValueToArrayField": value}


def test_something_called_like_an_instruction_is_left_out(plan_for: PlanFor):
    plan = plan_for(
        "moengage", customer_id="jane", type="identify", traits={"platforms": ["web"], "a": 1}
    )
    assert body(plan.requests[0])["attributes"] == {"a": 1}
    assert [warning.code for warning in plan.warnings] == ["value.unusable"]


def test_over_limit_fail_makes_a_dead_letter(plan_for: PlanFor):
    with pytest.raises(DestinationError) as caught:
        plan_for(
            "moengage", {"over_limit": "fail"}, customer_id="jane", event="x", traits={"id": 1}
        )
    assert caught.value.where == "$.traits.id"


@pytest.mark.parametrize("name", ["moe_event", " "])
def test_an_event_without_a_usable_name_can_never_be_sent(plan_for: PlanFor, name: str):
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id="jane", event=name)
    assert caught.value.where == "$.event"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"data_center": "101"}, "https://api-101.moengage.com/v1/event/WS"),
        ({"base_url": "http://127.0.0.1:9"}, "http://127.0.0.1:9/v1/event/WS"),
        ({"base_url": "http://127.0.0.1:9/"}, "http://127.0.0.1:9/v1/event/WS"),
        (
            {"base_url": "https://proxy.example.com/moe/v1"},
            "https://proxy.example.com/moe/v1/event/WS",
        ),
    ],
)
def test_addresses(plan_for: PlanFor, settings: dict[str, Any], url: str):
    (request,) = plan_for("moengage", settings, customer_id="jane", event="x").requests
    assert request.url == url


@pytest.mark.parametrize("customer_id", ["1", "2", "7", "-2", "dummy_seller_code", "UID"])
def test_what_moengage_ignores_as_a_customer_id_is_never_sent_there(
    plan_for: PlanFor, customer_id: str
):
    with pytest.raises(DestinationError) as caught:
        plan_for("moengage", customer_id=customer_id, event="x")
    assert caught.value.code == "destination.invalid_event"


@pytest.mark.parametrize("customer_id", ["1", "2", "7"])
@pytest.mark.parametrize("vendor", ["webengage", "heap"])
def test_moengages_list_is_nobody_elses(plan_for: PlanFor, vendor: str, customer_id: str):
    assert plan_for(vendor, customer_id=customer_id, event="x").requests


@pytest.mark.parametrize("vendor", ["webengage", "heap"])
def test_a_blocked_anonymous_id_is_never_sent(plan_for: PlanFor, vendor: str):
    with pytest.raises(DestinationError, match="names nobody"):
        plan_for(vendor, customer_id=None, anonymous_id="{{anon.id}}", event="x")
