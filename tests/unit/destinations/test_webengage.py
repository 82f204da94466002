import json
from collections.abc import Callable
from typing import Any

import pytest

from heliograph.destinations.base import Person, Plan, RequestPlan
from heliograph.errors import DestinationError

PlanFor = Callable[..., Plan]


def body(request: RequestPlan) -> dict[str, Any]:
    return json.loads(request.body)


def test_the_example_of_the_seed_page_comes_out_as_it_stands_there(plan_for: PlanFor):
    """Datafly Signal, "WebEngage": datafly.track('Order Completed', …), byte for byte."""
    product = {
        "product_id": "SKU-1",
        "product_name": "Givenchy Pour Homme",
        "price": 39.80,
        "quantity": 1,
    }
    (request,) = plan_for(
        "webengage",
        customer_id="johndoe",
        anonymous_id="a-1",
        event="Order Completed",
        properties={
            "order_id": "ORD-1337",
            "revenue": 39.80,
            "currency": "USD",
            "products": [product],
        },
    ).requests
    assert request.method == "POST"
    assert request.url == "https://api.webengage.com/v1/accounts/lic/events"
    assert request.headers["Authorization"] == "Bearer k"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == (
        b'{"userId":"johndoe","eventName":"Order Completed",'
        b'"eventTime":"2026-06-06T18:29:00+0000","eventData":{"orderId":"ORD-1337","amount":39.8,'
        b'"currency":"USD","products":[{"product_id":"SKU-1",'
        b'"product_name":"Givenchy Pour Homme","price":39.8,"quantity":1}]}}'
    )


@pytest.mark.parametrize(
    ("canonical", "outgoing"),
    [
        ("Signed Up", "Signed Up"),
        ("Logged In", "Logged In"),
        ("Products Searched", "Searched"),
        ("Product Viewed", "Product Viewed"),
        ("Product Added", "Added to Cart"),
        ("Product Removed", "Removed from Cart"),
        ("Checkout Started", "Checkout Started"),
        ("Order Completed", "Order Completed"),
        ("Order Refunded", "Order Refunded"),
        ("begin_checkout", "Checkout Started"),
        ("Something Else", "Something Else"),
    ],
)
def test_the_table_of_event_names(plan_for: PlanFor, canonical: str, outgoing: str):
    (request,) = plan_for("webengage", customer_id="u", event=canonical).requests
    assert body(request)["eventName"] == outgoing


def test_page_is_page_viewed(plan_for: PlanFor):
    (request,) = plan_for("webengage", customer_id="u", type="page").requests
    assert body(request) == {
        "userId": "u",
        "eventName": "Page Viewed",
        "eventTime": "2026-06-06T18:29:00+0000",
    }


@pytest.mark.parametrize(
    ("event_ids", "person", "expected"),
    [
        ({"customer_id": "c"}, {}, {"userId": "c"}),
        ({"anonymous_id": "a"}, {}, {"anonymousId": "a"}),
        ({"customer_id": "c", "anonymous_id": "a"}, {}, {"userId": "c"}),
        ({"anonymous_id": "a"}, {"customer_id": "known"}, {"userId": "known"}),
        ({"customer_id": "old"}, {"customer_id": "merged"}, {"userId": "merged"}),
        ({"customer_id": "guest", "anonymous_id": "a"}, {}, {"anonymousId": "a"}),
        ({}, {"anonymous_ids": ("x", "y")}, {"anonymousId": "x"}),
    ],
)
def test_one_identity_and_never_both(
    plan_for: PlanFor, event_ids: dict[str, str], person: dict[str, Any], expected: dict[str, str]
):
    who = Person(profile_id="p", **person)
    (request,) = plan_for("webengage", person=who, event="x", **event_ids).requests
    sent = body(request)
    assert {k: v for k, v in sent.items() if k in ("userId", "anonymousId")} == expected


@pytest.mark.parametrize("fields", [{}, {"customer_id": "null"}, {"customer_id": "u" * 101}])
def test_nobody_or_an_id_too_long_can_never_be_sent(plan_for: PlanFor, fields: dict[str, str]):
    with pytest.raises(DestinationError) as caught:
        plan_for("webengage", event="x", **fields)
    assert caught.value.code == "destination.invalid_event"
    assert caught.value.where == "$.customer_id"


def test_traits_go_to_users_before_the_event(plan_for: PlanFor):
    user, event = plan_for(
        "webengage",
        customer_id="u",
        event="x",
        traits={
            "u_em": "a@example.com",
            "u_fn": "Jane",
            "u_ln": "Smith",
            "u_mb": "+15550109988",
            "u_gd": "F",
            "u_bd": "1992-05-15",
            "u_n": "Jane Smith",
            "tier": "gold",
        },
    ).requests
    assert [user.label, event.label] == ["user", "event"]
    assert user.url.endswith("/users")
    assert body(user) == {
        "userId": "u",
        "email": "a@example.com",
        "firstName": "Jane",
        "lastName": "Smith",
        "phone": "+15550109988",
        "gender": "female",
        "birthDate": "1992-05-15T00:00:00+0000",
        "attributes": {"name": "Jane Smith", "tier": "gold"},
    }


def test_identify_is_users_only_and_group_is_nothing(plan_for: PlanFor):
    (request,) = plan_for("webengage", customer_id="u", type="identify").requests
    assert body(request) == {"userId": "u"}
    nothing = plan_for("webengage", customer_id="u", type="group", group_id="g")
    assert nothing.requests == ()
    assert [warning.code for warning in nothing.warnings] == ["type.unsupported"]


@pytest.mark.parametrize(
    ("trait", "given", "sent", "code"),
    [
        ("phone", "+91 98888-44441", "+919888844441", None),
        ("phone", "0091 98888 44441", "+919888844441", "value.changed"),
        ("phone", "+49 (0)151 2345678", "+491512345678", "value.changed"),
        ("phone", "98888 44441", None, "value.unusable"),
        ("phone", "+1-800-FLOWERS", None, "value.unusable"),
        ("phone", "+1 555 0109988 ext. 7", None, "value.unusable"),
        ("phone", 15550109988, None, "value.unusable"),
        ("gender", "Other", "other", None),
        ("gender", " F ", "female", None),
        ("gender", "nonbinary", "other", "value.changed"),
        ("gender", "hombre", None, "value.unusable"),
        ("gender", "prefer not to say", None, "value.unusable"),
        ("gender", 1, None, "value.unusable"),
        ("gender", " ", None, "value.unusable"),
        ("birthDate", "15/05/1992", None, "value.unusable"),
        ("birthDate", "1992-05-15", "1992-05-15T00:00:00+0000", None),
        ("birthDate", "1992-05-15T08:30:00+0530", "1992-05-15T08:30:00+0530", None),
        ("birthDate", "1992-05-15T08:30:00", "1992-05-15T08:30:00+0000", "value.changed"),
        ("birthDate", "1992-05-15T08:30:00.5Z", "1992-05-15T08:30:00+0000", "value.changed"),
        ("birthDate", "19920515", "1992-05-15T00:00:00+0000", "value.changed"),
        ("birthDate", 19920515, "1992-05-15T00:00:00+0000", "value.changed"),
        ("birthDate", 706579200, "1992-05-23T00:00:00+0000", "value.changed"),
        ("birthDate", 706579200000, "1992-05-23T00:00:00+0000", "value.changed"),
        ("birthDate", -97372800000, "1966-12-01T00:00:00+0000", "value.changed"),
        ("birthDate", 32659200000, "1971-01-14T00:00:00+0000", "value.changed"),
        ("birthDate", 99792000000, "1973-03-01T00:00:00+0000", "value.changed"),
        ("birthDate", -97372800, "1966-12-01T00:00:00+0000", "value.changed"),
        ("birthDate", "0001-01-01", "0001-01-01T00:00:00+0000", "value.odd"),
        ("birthDate", "2092-05-15", "2092-05-15T00:00:00+0000", "value.odd"),
        ("emailOptIn", "TRUE", True, None),
        ("emailOptIn", "no", False, "value.changed"),
        ("emailOptIn", 1, True, "value.changed"),
        ("emailOptIn", "perhaps", None, "value.unusable"),
        ("email", " a@example.com", "a@example.com", "value.changed"),
        ("email", ["a@example.com"], None, "value.unusable"),
        ("city", "Oslo", "Oslo", None),
        ("postalCode", 1234, "1234", None),
        ("firstName", None, None, "value.null"),
    ],
)
def test_standard_fields_are_brought_into_form_or_left_out(
    plan_for: PlanFor, trait: str, given: object, sent: object, code: str | None
):
    """A birthday of seconds became one of January 1970, an unknown gender `other`, (0) part of a number."""
    plan = plan_for("webengage", customer_id="u", type="identify", traits={trait: given})
    assert body(plan.requests[0]).get(trait) == sent
    assert [w.code for w in plan.warnings] == ([code] if code else [])


def test_the_address_is_at_the_root(plan_for: PlanFor):
    traits = {
        "city": "San Francisco",
        "state": "California",
        "country": "USA",
        "address": {"postalCode": "94103", "locality": "Mission", "floor": 3},
    }
    plan = plan_for("webengage", customer_id="u", type="identify", traits=traits)
    assert body(plan.requests[0]) == {
        "userId": "u",
        "city": "San Francisco",
        "region": "California",
        "country": "USA",
        "postalCode": "94103",
        "locality": "Mission",
        "attributes": {
            "address_postalCode": "94103",
            "address_locality": "Mission",
            "address_floor": 3,
        },
    }


@pytest.mark.parametrize(
    ("given", "sent", "code"),
    [
        ("2026-06-06T18:29:00Z", "2026-06-06T18:29:00+0000", None),
        ("2026-06-06T18:29:00+05:30", "2026-06-06T18:29:00+0530", None),
        ("2026-06-06T18:29:00+0530", "2026-06-06T18:29:00+0530", None),
        ("2026-06-06 18:29Z", "2026-06-06T18:29:00+0000", None),
        ("2026-06-06T18:29:00.250Z", "2026-06-06T18:29:00+0000", "value.fraction"),
        ("2026-06-06T18:29:00", "2026-06-06T18:29:00+0000", "value.zone"),
        ("2026-06-06", "2026-06-06T00:00:00+0000", "value.zone"),
        ("2026-02-30", "2026-02-30", None),
        ("from 2026-06-06", "from 2026-06-06", None),
        ("20260606", "20260606", None),
    ],
)
def test_dates_are_sent_as_webengages_own_type(
    plan_for: PlanFor, given: str, sent: str, code: str | None
):
    plan = plan_for("webengage", customer_id="u", event="x", properties={"at": given})
    assert body(plan.requests[0])["eventData"] == {"at": sent}
    assert [w.code for w in plan.warnings] == ([code] if code else [])


def test_users_may_have_more_attributes_of_a_type_than_events(plan_for: PlanFor):
    traits: dict[str, Any] = {f"n{i}": i for i in range(30)}
    plan = plan_for("webengage", customer_id="u", type="identify", traits=traits)
    assert body(plan.requests[0])["attributes"] == traits
    assert [w.code for w in plan.warnings] == ["count.edge"]


def test_what_has_no_place_is_told_once(plan_for: PlanFor):
    plan = plan_for(
        "webengage", customer_id="u", event="x", platform="web", context={"ip": "192.0.2.1"}
    )
    assert [(w.code, w.where) for w in plan.warnings] == [("field.unsupported", "$")]
    assert "no place for context, platform;" in plan.warnings[0].message


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("98888 44441", "+919888844441"),
        ("098888 44441", "+919888844441"),
        ("919888844441", "+919888844441"),
        ("+15550109988", "+15550109988"),
    ],
)
def test_a_calling_code_completes_phone_numbers(plan_for: PlanFor, number: str, sent: str):
    plan = plan_for(
        "webengage",
        {"calling_code": "91"},
        customer_id="u",
        type="identify",
        traits={"phone": number},
    )
    assert body(plan.requests[0])["phone"] == sent
    assert [w.code for w in plan.warnings] == ([] if number.startswith("+") else ["value.changed"])


def test_reserved_and_long_names_and_values_are_trimmed_with_warnings(plan_for: PlanFor):
    plan = plan_for(
        "webengage",
        customer_id="u",
        event="e" * 51,
        properties={
            "we_secret": 1,
            "WE_secret": 1,
            "n" * 51: "a",
            "n" * 50: "b",
            "text": "t" * 1001,
            "exact": "t" * 1000,
            "none": None,
            "": 1,
        },
    )
    sent = body(plan.requests[0])
    assert sent["eventName"] == "e" * 50
    assert sent["eventData"] == {"n" * 50: "a", "text": "t" * 1000, "exact": "t" * 1000}
    codes = sorted(warning.code for warning in plan.warnings)
    assert codes == sorted(
        [
            *["name.long", "name.reserved", "name.reserved", "name.long", "name.edge"],
            *["name.taken", "value.long", "value.edge", "name.empty", "value.null"],
        ]
    )


def test_only_25_attributes_of_a_type(plan_for: PlanFor):
    properties: dict[str, Any] = {f"n{i}": i for i in range(30)} | {f"s{i}": "x" for i in range(25)}
    plan = plan_for("webengage", customer_id="u", event="x", properties=properties)
    sent = body(plan.requests[0])["eventData"]
    assert [name for name in sent if name.startswith("n")] == [f"n{i}" for i in range(25)]
    assert len(sent) == 50
    assert [warning.code for warning in plan.warnings] == ["count.type"] * 5


@pytest.mark.parametrize("properties", [{"we_x": 1}, {"n" * 51: 1}, {"t": "t" * 1001}, {"": 1}])
def test_over_limit_fail_makes_a_dead_letter(plan_for: PlanFor, properties: dict[str, Any]):
    with pytest.raises(DestinationError) as caught:
        plan_for(
            "webengage", {"over_limit": "fail"}, customer_id="u", event="x", properties=properties
        )
    assert caught.value.where is not None
    assert caught.value.where.startswith("$.properties.")


@pytest.mark.parametrize("name", ["we_event", "WE_Event", ""])
def test_an_event_without_a_usable_name_can_never_be_sent(plan_for: PlanFor, name: str):
    with pytest.raises(DestinationError) as caught:
        plan_for("webengage", customer_id="u", event=name)
    assert caught.value.where == "$.event"


def test_objects_are_flattened_and_arrays_stay(plan_for: PlanFor):
    properties = {"a": {"b": {"c": 1}}, "list": [{"d": 2}]}
    flat = plan_for("webengage", customer_id="u", event="x", properties=properties)
    assert body(flat.requests[0])["eventData"] == {"a_b_c": 1, "list": [{"d": 2}]}
    dotted = plan_for(
        "webengage", {"separator": "."}, customer_id="u", event="x", properties=properties
    )
    assert "a.b.c" in body(dotted.requests[0])["eventData"]
    kept = plan_for(
        "webengage", {"nested_objects": "keep"}, customer_id="u", event="x", properties=properties
    )
    assert body(kept.requests[0])["eventData"] == properties


def test_the_request_id_follows_from_delivery_and_step(plan_for: PlanFor):
    def ids(delivery_id: str) -> list[str]:
        plan = plan_for(
            "webengage", delivery_id=delivery_id, customer_id="u", event="x", traits={"a": 1}
        )
        return [request.headers["x-request-id"] for request in plan.requests]

    first = ids("dlv_1")
    assert first == ids("dlv_1")
    assert len({*first, *ids("dlv_2")}) == 4
    assert all(len(value) == 32 and int(value, 16) >= 0 for value in first)


@pytest.mark.parametrize(
    ("host", "license_code", "url"),
    [
        ("api.in.webengage.com", "in~5a", "https://api.in.webengage.com/v1/accounts/in~5a/events"),
        ("http://127.0.0.1:9/", "a/b c", "http://127.0.0.1:9/v1/accounts/a%2Fb%20c/events"),
    ],
)
def test_hosts_and_license_codes(plan_for: PlanFor, host: str, license_code: str, url: str):
    settings = {"api_host": host, "license_code": license_code}
    (request,) = plan_for("webengage", settings, customer_id="u", event="x").requests
    assert request.url == url
