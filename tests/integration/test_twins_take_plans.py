"""What a destination plans, its twin takes: two independent readings of one vendor's documents agree.

A plan may hold an event back, refuse it, or trim it; but whatever it does send with `over_limit = "trim"`
must never be refused as malformed.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heliograph.destinations import registry
from heliograph.destinations.base import Person, PlanContext, RequestPlan, Response
from heliograph.destinations.preflight import plan_event
from heliograph.destinations.settings import decode_settings
from heliograph.errors import DestinationError
from heliograph.model.delivery import Delivered, Pause, Reject, Retry, Throttle
from heliograph.model.event import Event
from heliograph.twins.heap.vendor import HeapTwin
from heliograph.twins.moengage.vendor import MoEngageTwin
from heliograph.twins.sandbox import (
    HEAP_APP_ID,
    MOENGAGE_DATA_KEY,
    MOENGAGE_WORKSPACE,
    WEBENGAGE_API_KEY,
    WEBENGAGE_LICENSE,
    destination_of,
)
from heliograph.twins.webengage.vendor import WebEngageTwin
from heliograph.twins.wire import Answer, Call, Vendor, Verdict

NOW = 1_780_770_540_000
URL = "http://127.0.0.1:9"
VENDORS = ("webengage", "moengage", "heap")


def vendor(name: str) -> Vendor:
    made: Vendor
    match name:
        case "webengage":
            made = WebEngageTwin(license_code=WEBENGAGE_LICENSE, api_key=WEBENGAGE_API_KEY)
        case "moengage":
            made = MoEngageTwin(workspace=MOENGAGE_WORKSPACE, data_key=MOENGAGE_DATA_KEY)
        case _:
            made = HeapTwin(app_id=HEAP_APP_ID)
    made.limits.override(None)
    return made


def send(twin: Vendor, plan: RequestPlan) -> Verdict:
    url = urlsplit(plan.url)
    call = Call(
        method=plan.method,
        path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={name.lower(): value for name, value in plan.headers.items()},
        body=plan.body,
    )
    return twin.handle(call, NOW)


def response(answer: Answer) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    return Response(status=answer.status, headers=headers, body=body)


NAMES = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        "we_x",
        "moe_x",
        "id",
        "user_id",
        "source",
        "email",
        "phone",
        "gender",
        "birthday",
        "a.b",
        "$p",
        "order_id",
    ]
)
TEXTS = st.text(max_size=40) | st.sampled_from(
    [*("x" * 600, "x" * 2_000, "https://example.com/" + "x" * 600, "+919876543210", "12345", "M"),
     *("2026-06-06", "2026-06-06T18:29:00.123Z", "true", "null", "")]
)  # fmt: skip
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=8) | st.fixed_dictionaries(
    {f"number_{n}": st.just(n) for n in range(30)}
)
IDS = st.text(min_size=1, max_size=120) | st.sampled_from(
    ["johndoe", "null", "0", "guest", "a@b.c"]
)
EVENTS = st.builds(
    Event,
    type=st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
    event_id=st.just("evt_1-0"),
    workspace=st.just("w"),
    source_id=st.just("s"),
    request_id=st.just("req_1"),
    item_index=st.just(0),
    timestamp=st.integers(0, NOW),
    received_at=st.just(NOW),
    event=NAMES | st.sampled_from(["Order Completed", "x" * 300]),
    customer_id=IDS | st.none(),
    anonymous_id=IDS | st.none(),
    group_id=st.none() | IDS,
    properties=OBJECTS,
    traits=OBJECTS,
    platform=st.none() | st.sampled_from(["android", "ios", "web", "api", "tv", "?"]),
    app_version=st.none() | TEXTS,
)
ORDER = Event(
    type="track",
    event_id="evt_1-0",
    workspace="w",
    source_id="s",
    request_id="req_1",
    item_index=0,
    timestamp=NOW - 1_000,
    received_at=NOW,
    event="Order Completed",
    customer_id="johndoe",
    properties={"order_id": "ORD-1337", "revenue": 39.8, "products": [{"product_id": "SKU-1"}]},
    traits={"u_em": "john@example.com", "u_mb": "919876543210", "gender": "M", "vip": True},
)


def planned(name: str, event: Event) -> tuple[RequestPlan, ...]:
    """Return what the destination would send with its default blueprint; nothing when it refuses."""
    destination = registry.get(name)
    settings: Any = decode_settings(destination, dict(destination_of(name, URL).settings))
    person = Person(
        profile_id="p1",
        customer_id=event.customer_id,
        anonymous_ids=(event.anonymous_id,) if event.anonymous_id else (),
        traits=event.traits,
    )
    context = PlanContext(delivery_id="dlv_1", person=person)
    try:
        return plan_event(destination, settings, destination.blueprints[0], event, context).requests
    except DestinationError:
        return ()


@pytest.mark.parametrize("name", VENDORS)
@given(event=EVENTS)
@example(event=ORDER)
def test_whatever_is_planned_is_taken(name: str, event: Event):
    twin = vendor(name)
    classify = registry.get(name).classify
    for plan in planned(name, event):
        verdict = send(twin, plan)
        assert verdict.answer.status == 200, (verdict.answer.body, plan.body)
        assert classify(response(verdict.answer)) == Delivered()


@pytest.mark.parametrize("name", VENDORS)
def test_a_plain_order_arrives_whole_and_once(name: str):
    twin = vendor(name)
    plans = planned(name, ORDER)
    assert plans
    for plan in plans:
        assert send(twin, plan).losses == ()
    profile = twin.profiles.find("johndoe")
    assert profile is not None
    assert profile.event_count == 1
    for plan in plans:
        send(twin, plan)
    # MoEngage documents no idempotency key: a repeat is a second event there.
    assert profile.event_count == (2 if name == "moengage" else 1)


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Reject),
        (401, Pause),
        (403, Pause),
        (404, Pause),
        (429, Throttle),
        (500, Retry),
        (503, Retry),
    ],
)
def test_every_documented_failure_is_understood(name: str, status: int, outcome: type):
    found = registry.get(name).classify(response(vendor(name).failure(status)))
    assert isinstance(found, outcome)
