"""Every built-in destination runs the suite; what it sends is judged by the vendor's twin."""

import json
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from heliograph.destinations.base import RequestPlan
from heliograph.destinations.heap import DESTINATION as HEAP
from heliograph.destinations.moengage import DESTINATION as MOENGAGE
from heliograph.destinations.webengage import DESTINATION as WEBENGAGE
from heliograph.destinations.webhook import DESTINATION as WEBHOOK
from heliograph.model.json import Json, JsonObject
from heliograph.testing.destination.suite import DestinationConformance
from heliograph.twins.heap.vendor import HeapTwin
from heliograph.twins.moengage.vendor import MoEngageTwin
from heliograph.twins.webengage.vendor import WebEngageTwin
from heliograph.twins.wire import Call, Vendor, Verdict

KEY = "conformance-key-1f0c"
_minutes = count(100_000_000)


def sent_to(twin: Vendor, request: RequestPlan) -> Verdict:
    """Give a request to a twin without a network; every call is a minute after the one before."""
    call = Call(
        method=request.method,
        path=urlsplit(request.url).path,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    return twin.handle(call, next(_minutes) * 60_000)


def body_of(request: RequestPlan) -> Any:
    return json.loads(request.body)


class TestWebEngage(DestinationConformance):
    destination = WEBENGAGE
    settings: ClassVar[JsonObject] = {
        "api_host": "api.webengage.com",
        "license_code": "in~1a2b3c",
        "rest_api_key": KEY,
    }
    secrets = (KEY,)
    paused = (401, 403, 404)
    error_body: ClassVar[Json] = {"response": {"status": "error", "message": "Error: no."}}

    def check_request(self, request: RequestPlan) -> None:
        twin = WebEngageTwin(license_code="in~1a2b3c", api_key=KEY)
        verdict = sent_to(twin, request)
        assert verdict.answer.status == 200, verdict.answer.body
        assert not verdict.losses
        assert len({"userId", "anonymousId"} & body_of(request).keys()) == 1


class TestMoEngage(DestinationConformance):
    destination = MOENGAGE
    settings: ClassVar[JsonObject] = {
        "workspace_id": "WS1",
        "data_api_key": KEY,
        "data_center": "01",
    }
    secrets = (KEY,)
    paused = (401, 403, 404, 409)
    error_body: ClassVar[Json] = {
        "status": "fail",
        "error": {"type": "InvalidParams", "message": "no"},
    }

    def check_request(self, request: RequestPlan) -> None:
        verdict = sent_to(MoEngageTwin(workspace="WS1", data_key=KEY), request)
        assert verdict.answer.status == 200, verdict.answer.body
        assert not [loss for loss in verdict.losses if "update_existing_only" not in loss]
        body = body_of(request)
        kinds = [element["type"] for element in body.get("elements", [body])]
        assert kinds in (["customer"], ["event"], ["customer", "event"])


class TestHeap(DestinationConformance):
    destination = HEAP
    settings: ClassVar[JsonObject] = {"app_id": "11"}
    paused = (401, 403, 404)
    error_body: ClassVar[Json] = {"error": "no"}

    def check_request(self, request: RequestPlan) -> None:
        verdict = sent_to(HeapTwin(app_id="11"), request)
        assert verdict.answer.status == 200, verdict.answer.body
        assert not verdict.losses


class TestHeapWithAnonymousIdentities(TestHeap):
    settings: ClassVar[JsonObject] = {"app_id": "11", "anonymous_as_identity": True}


class TestHeapInBulk(TestHeap):
    settings: ClassVar[JsonObject] = {"app_id": "11", "bulk": True}


class TestWebhook(DestinationConformance):
    destination = WEBHOOK
    settings: ClassVar[JsonObject] = {
        "url": "https://hooks.example.com/in/5c0ffee",
        "url_is_secret": True,
        "secret_headers": {"Authorization": f"Bearer {KEY}", "X-Api-Key": f"{KEY}-2"},
        "signing_secret": "whsec_Y29uZm9ybWFuY2UtY29uZm9ybWFuY2U=",
        "include_profile": True,
    }
    secrets = (KEY, f"{KEY}-2", "5c0ffee", "Y29uZm9ybWFuY2UtY29uZm9ybWFuY2U=")
    paused = (401, 403, 410)

    def check_request(self, request: RequestPlan) -> None:
        assert request.url == "https://hooks.example.com/in/5c0ffee"
        assert request.headers["Idempotency-Key"] == request.headers["webhook-id"]
        assert isinstance(body_of(request), dict)


class TestWebhookWithBehamics(TestWebhook):
    settings: ClassVar[JsonObject] = {
        **TestWebhook.settings,
        "payload": "behamics",
        "include_profile": False,
    }

    def check_request(self, request: RequestPlan) -> None:
        super().check_request(request)
        body = body_of(request)
        assert "updated_at" in body
        assert not {"customer_id", "anonymous_id"} <= body.keys()


class TestWebhookWithForm(TestWebhook):
    settings: ClassVar[JsonObject] = {**TestWebhook.settings, "body_format": "form"}

    def check_request(self, request: RequestPlan) -> None:
        assert parse_qs(request.body.decode(), strict_parsing=True)["event_id"]
