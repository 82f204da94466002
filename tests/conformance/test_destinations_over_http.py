"""What is planned passes a real connection: every destination against its running twin."""

import urllib.error
import urllib.request
from collections.abc import Generator

import pytest

from heliograph.destinations import registry
from heliograph.destinations.base import PlanContext, RequestPlan, Response
from heliograph.destinations.planning.http import signed
from heliograph.destinations.preflight import find_blueprint, plan_event
from heliograph.destinations.sample import read_event, read_person
from heliograph.destinations.settings import decode_settings
from heliograph.model.delivery import Delivered, Pause, Reject
from heliograph.model.json import JsonObject
from heliograph.twins.fixture import TwinHandle, running_twins

NOW_MS = 1_781_000_000_000
TWINS = ["webengage", "moengage", "heap", "sink"]


@pytest.fixture(scope="module")
def running() -> Generator[dict[str, TwinHandle]]:
    with running_twins() as handles:
        yield handles


def sent(request: RequestPlan) -> Response:
    outgoing = signed(request, NOW_MS)
    call = urllib.request.Request(
        outgoing.url, data=outgoing.body, headers=outgoing.headers, method=outgoing.method
    )
    try:
        with urllib.request.urlopen(call, timeout=60) as answer:
            return Response(status=answer.status, body=answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(status=error.code, body=error.read())


@pytest.mark.parametrize("name", TWINS)
def test_an_order_with_traits_is_delivered(running: dict[str, TwinHandle], name: str):
    target = running[name].destination
    destination = registry.get(target.type)
    event = read_event(
        {
            "event": "Order Completed",
            "userId": "jane",
            "timestamp": "2026-06-06T18:29:00Z",
            "properties": {"revenue": 39.8, "products": [{"sku": "A", "gift": True}]},
            "traits": {"email": "jane@example.com", "birthday": "1992-05-15"},
        },
        now_ms=NOW_MS,
    )
    plan = plan_event(
        destination,
        decode_settings(destination, {**target.settings}),
        find_blueprint(destination, "default", {}),
        event,
        PlanContext(delivery_id="dlv_http", person=read_person(None, event)),
    )
    assert plan.requests
    for request in plan.requests:
        assert destination.classify(sent(request)) == Delivered()


@pytest.mark.parametrize("name", ["webengage", "moengage"])
def test_a_probe_tells_right_credentials_from_wrong_ones(running: dict[str, TwinHandle], name: str):
    target = running[name].destination
    destination = registry.get(target.type)
    settings: JsonObject = {**target.settings}
    right = destination.probe(decode_settings(destination, settings))
    assert right is not None
    assert isinstance(destination.classify(sent(right)), Delivered | Reject)
    key = "rest_api_key" if name == "webengage" else "data_api_key"
    wrong = destination.probe(decode_settings(destination, {**settings, key: "wrong"}))
    assert wrong is not None
    assert isinstance(destination.classify(sent(wrong)), Pause)
