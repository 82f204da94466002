import json
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from heliograph.destinations.base import Person, Plan, RequestPlan
from heliograph.destinations.blueprint.rules import apply_blueprint
from heliograph.destinations.planning.http import json_body
from heliograph.destinations.preflight import UNMAPPED
from heliograph.destinations.webhook.payload import canonical
from heliograph.errors import DestinationError
from heliograph.model.event import Event

PlanFor = Callable[..., Plan]


def body(request: RequestPlan) -> Any:
    return json.loads(request.body)


def test_the_canonical_payload(plan_for: PlanFor):
    (request,) = plan_for("webhook", customer_id="u", event="x", properties={"a": 1}).requests
    assert (request.method, request.url) == ("POST", "https://hooks.example.com/in")
    assert request.headers == {"Content-Type": "application/json", "Idempotency-Key": "dlv_1"}
    assert body(request) == {
        "type": "track",
        "event": "x",
        "event_id": "evt_1",
        "customer_id": "u",
        "timestamp": "2026-06-06T18:29:00Z",
        "received_at": "2026-06-06T18:29:00Z",
        "properties": {"a": 1},
        "source_id": "s",
    }


def test_the_profile_is_added_on_request(plan_for: PlanFor):
    person = Person(profile_id="p", customer_id="u", anonymous_ids=("a",), traits={"tier": 1})
    (request,) = plan_for("webhook", {"include_profile": True}, person=person, event="x").requests
    assert body(request)["profile"] == {
        "profile_id": "p",
        "customer_id": "u",
        "anonymous_ids": ["a"],
        "traits": {"tier": 1},
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "x", "customer_id": "u"},
        {"event": "x", "anonymous_id": "a", "properties": {}, "traits": {"n": None}},
        {"type": "identify", "customer_id": "u", "traits": {"é": [1, {"b": None}]}},
        {"event": "x", "message_id": "m", "group_id": "g", "context": {"ip": "::1"}},
        {"type": "identify", "customer_id": "u", "update_existing_only": True},
        {"event": "x", "platform": "", "app_version": "1", "properties": {"inf": math.inf}},
        {"event": "lone \ud800 half", "properties": {"\udfff": ["\ud83d", "\ud83d\ude00"]}},
    ],
)
@pytest.mark.parametrize("profile", [True, False])
def test_the_canonical_body_is_the_document_that_templates_see(
    plan_for: PlanFor, make_event: Callable[..., Event], fields: dict[str, Any], profile: bool
):
    """It is encoded in a way of its own."""
    person = Person(profile_id="p", anonymous_ids=("a",), traits={"tier": None})
    settings = {"include_profile": profile}
    (request,) = plan_for("webhook", settings, person=person, **fields).requests
    event = apply_blueprint(UNMAPPED, make_event(**fields))
    assert event is not None
    assert request.body == json_body(canonical(event, person if profile else None))


def test_behamics_is_the_payload_of_its_page(plan_for: PlanFor):
    """MoEngage, "Behamics Signals", payload structure, in the order of the page."""
    person = Person(
        profile_id="p",
        customer_id="user_98765",
        traits={
            "u_fn": "Jane",
            "last_name": "Smith",
            "email": "old@example.com",
            "phone": "+15550109988",
            "birthday": "1992-05-15T00:00:00Z",
            "gender": "female",
            "city": "San Francisco",
            "state": "California",
            "country": "USA",
            "loyalty_tier": "gold",
            "preferences": ["outdoor", "running"],
        },
    )
    (request,) = plan_for(
        "webhook",
        {"payload": "behamics"},
        person=person,
        blueprint="behamics",
        anonymous_id="a",
        event="Signal Session Scored",
        properties={"page_name": "Summer Collection - Item 42", "session_score": 87},
        traits={"u_em": "jane.smith@example.com"},
    ).requests
    expected = {
        "customer_id": "user_98765",
        "event_name": "Signal Session Scored",
        "updated_at": "2026-06-06T18:29:00Z",
        "page_name": "Summer Collection - Item 42",
        "event_details": {"session_score": 87},
        "first_name": "Jane",
        "last_name": "Smith",
        "email": "jane.smith@example.com",
        "phone": "+15550109988",
        "birthday": "1992-05-15",
        "gender": "female",
        "city": "San Francisco",
        "state": "California",
        "country": "USA",
        "user_attributes": {"loyalty_tier": "gold", "preferences": ["outdoor", "running"]},
    }
    assert body(request) == expected
    assert list(body(request)) == list(expected)


def test_behamics_takes_the_page_title_and_names_an_unknown_visitor(plan_for: PlanFor):
    (request,) = plan_for(
        "webhook",
        {"payload": "behamics"},
        anonymous_id="a",
        event="rage_click_detected",
        context={"page": {"title": "Cart"}},
    ).requests
    assert body(request) == {
        "anonymous_id": "a",
        "event_name": "rage_click_detected",
        "updated_at": "2026-06-06T18:29:00Z",
        "page_name": "Cart",
        "event_details": {},
    }


def test_a_template_takes_values_by_path_and_leaves_missing_ones_out(plan_for: PlanFor):
    template = {
        "id": "$.customer_id",
        "all": "$.properties",
        "second": "$.properties.list.1",
        "missing": "$.properties.nothing",
        "list": ["$.event", "$.properties.nothing", 3, None],
        "price": "$5 off",
        "literal": "$$.event",
        "mail": "$.profile.traits.email",
    }
    person = Person(profile_id="p", traits={"email": "a@example.com"})
    (request,) = plan_for(
        "webhook",
        {"payload": "template", "template": template},
        person=person,
        customer_id="u",
        event="x",
        properties={"list": [1, 2]},
    ).requests
    assert body(request) == {
        "id": "u",
        "all": {"list": [1, 2]},
        "second": 2,
        "list": ["x", 3, None],
        "price": "$5 off",
        "literal": "$.event",
        "mail": "a@example.com",
    }


def test_a_template_with_nothing_to_say_sends_nothing(plan_for: PlanFor):
    settings = {"payload": "template", "template": {"a": "$.properties.nothing"}}
    plan = plan_for("webhook", settings, customer_id="u", event="x")
    assert plan.requests == ()
    assert [warning.code for warning in plan.warnings] == ["payload.empty"]


def test_forms_and_queries(plan_for: PlanFor):
    template = {"id": "$.customer_id", "data": "$.properties", "n": 1, "yes": True, "none": None}
    settings = {"payload": "template", "template": template, "body_format": "form"}
    fields = {"customer_id": "ü 1", "event": "x", "properties": {"a": [1]}}
    (form,) = plan_for("webhook", settings, **fields).requests
    expected = {"id": ["ü 1"], "data": ['{"a":[1]}'], "n": ["1"], "yes": ["true"]}
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(form.body.decode()) == expected
    query = settings | {"method": "GET", "url": "https://hooks.example.com/in?fixed=1"}
    (get,) = plan_for("webhook", query, **fields).requests
    assert get.body == b""
    assert "Content-Type" not in get.headers
    assert parse_qs(urlsplit(get.url).query) == {"fixed": ["1"], **expected}


def test_a_list_is_no_form(plan_for: PlanFor):
    settings = {"payload": "template", "template": ["$.event"], "body_format": "form"}
    with pytest.raises(DestinationError):
        plan_for("webhook", settings, customer_id="u", event="x")


def test_secret_headers_and_urls_are_named_as_secrets(plan_for: PlanFor):
    settings = {
        "url": "https://hooks.example.com/T0/secret?key=v",
        "url_is_secret": True,
        "headers": {"X-Plain": "shown"},
        "secret_headers": {"X-Api-Key": "hidden"},
    }
    (request,) = plan_for("webhook", settings, customer_id="u", event="x").requests
    assert request.headers["X-Plain"] == "shown"
    assert request.headers["X-Api-Key"] == "hidden"
    assert request.secret_headers == {"x-api-key"}
    assert set(request.secret_values) == {"hidden", "T0/secret", "key=v"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.example.com/in", "https://h.example.com/in?a=1"),
        ("https://h.example.com/in#part", "https://h.example.com/in?a=1"),
        ("https://h.example.com/in?k=v#part", "https://h.example.com/in?k=v&a=1"),
        ("https://h.example.com/in?k=v&", "https://h.example.com/in?k=v&a=1"),
        ("https://h.example.com/in?", "https://h.example.com/in?a=1"),
        ("https://h.example.com#/in?x", "https://h.example.com?a=1"),
    ],
)
def test_parameters_stand_in_the_query_whatever_the_address(
    plan_for: PlanFor, url: str, expected: str
):
    """Behind a fragment they were never sent, and the delivery counted as delivered."""
    settings = {
        "url": url,
        "method": "GET",
        "payload": "template",
        "template": {"a": "$.properties.a"},
    }
    (request,) = plan_for("webhook", settings, event="x", properties={"a": 1}).requests
    assert request.url == expected


def test_what_the_behamics_payload_has_no_room_for_is_told(plan_for: PlanFor):
    plan = plan_for(
        "webhook",
        {"payload": "behamics"},
        customer_id="u",
        event="x",
        platform="web",
        properties={"page_name": None},
        traits={
            "email": "a@example.com",
            "u_em": "b@example.com",
            "birthday": "1992-05-15T08:30:00Z",
        },
    )
    sent = body(plan.requests[0])
    assert (sent["email"], sent["birthday"]) == ("a@example.com", "1992-05-15")
    assert {(w.code, w.where) for w in plan.warnings} == {
        ("field.unsupported", "$"),
        ("value.null", "$.properties.page_name"),
        ("name.taken", "$.traits.u_em"),
        ("value.changed", "$.traits.birthday"),
    }


def test_what_a_template_asks_for_in_vain_is_told(plan_for: PlanFor):
    template = {"row": ["$.properties.a", "$.properties.b", "$.customer_id"], "fix": "x"}
    settings = {"payload": "template", "template": template}
    plan = plan_for("webhook", settings, customer_id="u", event="x", properties={"a": 1})
    assert body(plan.requests[0]) == {"row": [1, "u"], "fix": "x"}
    assert [(w.code, w.where) for w in plan.warnings] == [("template.missing", "$.properties.b")]
