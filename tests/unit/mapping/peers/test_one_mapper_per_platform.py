"""One mapper is enough for a platform that sends many shapes: name, person and time of each.

The mappers are in `platforms.json`. The shapes are those of the integration cases of RudderStack's sources
(rudderlabs/rudder-transformer, test/integrations/sources, November 2026), the payloads written afresh: which
field names the event, who it is about, what is missing at times. Where that peer makes an anonymous id up at
random, as nobody is named, the mapper takes one of the payload.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heliograph.mapping import compile_mapper
from heliograph.mapping.result import Mapped

PLATFORMS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "platforms.json").read_text("utf-8")
)

RECEIVED = 1_767_225_600_000
AT = 1_700_000_000_000
ISO = "2023-11-14T22:13:20Z"
MD5 = "38ff379b8a8c63ae98cba445c38d32f2"
"""Of `a@ex.com`."""


def got(item: Mapped) -> tuple[Any, ...]:
    """Return name, person and time: what an equivalent event has."""
    name = item.event or (f"group {item.group_id}" if item.group_id else "profile")
    return name, item.customer_id, item.anonymous_id, item.timestamp


def customer_io(kind: str, metric: str, at: Any = 1_700_000_000, **data: Any) -> dict[str, Any]:
    return {"data": data, "event_id": "e-1", "object_type": kind, "metric": metric, "timestamp": at}


CASES: list[tuple[str, Any, list[tuple[Any, ...]]]] = [
    ("customer-io", customer_io("customer", "subscribed", customer_id="c-1"),
     [("Customer Subscribed", "c-1", None, AT)]),
    ("customer-io", customer_io("customer", "unsubscribed", "soon", customer_id="c-1"),
     [("Customer Unsubscribed", "c-1", None, RECEIVED)]),
    ("customer-io", customer_io("email", "clicked", "1700000000", customer_id="c-1"),
     [("Email Link Clicked", "c-1", None, AT)]),
    ("customer-io", customer_io("push", "attempted", identifiers={"id": "c-1", "cio_id": "x"}),
     [("Push Attempted", "c-1", "x", AT)]),
    ("customer-io", customer_io("email", "bounced", identifiers={"email": "a@ex.com"}),
     [("Email Bounced", None, "a@ex.com", AT)]),
    ("mailjet", {"event": "open", "time": 1_700_000_000, "email": "a@ex.com", "mj_contact_id": 5},
     [("open", MD5, "mailjet-5", AT)]),
    ("mailjet", {"event": "bounce", "time": 1_700_000_000, "mj_contact_id": 5},
     [("bounce", None, "mailjet-5", AT)]),
    ("mailjet", [{"event": n, "time": 1_700_000_000, "email": "a@ex.com"} for n in ("open", "click")],
     [("open", MD5, None, AT), ("click", MD5, None, AT)]),
    ("olark", {"kind": "Conversation", "items": [{"timestamp": "1700000000.25"}], "tags": [],
                       "visitor": {"id": "v-1", "browser": "Chrome 105.0"}},
     [("Conversation", "v-1", None, AT + 250)]),
    ("olark", {"kind": "Conversation", "visitor": {"id": "v-1"}, "groups": [{"id": "g"}]},
     [("group g", "v-1", None, None), ("Conversation", "v-1", None, RECEIVED)]),
    ("slack", {"type": "event_callback", "event_time": 1_700_000_000,
                       "event": {"type": "team_join", "user": {"id": "U1", "real_name": "Ada"}}},
     [("profile", "U1", None, AT)]),
    ("slack", {"type": "event_callback", "event_time": 1,
                       "event": {"type": "app_mention", "user": "U1", "ts": "1700000000.308399"}},
     [("App Mention", "U1", None, AT + 308)]),
    ("signl4", {"eventType": 200, "eventRaisedUtc": ISO, "id": "a", "alert": {"statusCode": 1}},
     [("New Alert Created", None, "signl4-a", AT)]),
    ("signl4", {"eventType": 201, "eventRaisedUtc": ISO, "id": "a", "alert": {"statusCode": 2},
                        "user": {"id": "u-1"}},
     [("Alert Confirmed", "u-1", "signl4-a", AT)]),
    ("signl4", {"eventType": 201, "eventRaisedUtc": ISO, "id": "a", "alert": {"statusCode": 4}},
     [("Alert Resolved", None, "signl4-a", AT)]),
    ("signl4", {"eventType": 300, "eventRaisedUtc": "2023-11-14T22:13:20.4815663Z", "id": "a"},
     [("Duty Period Started", None, "signl4-a", AT + 481)]),
    ("signl4", {"eventType": 999, "eventRaisedUtc": ISO, "id": "a"},
     [("custom_event", None, "signl4-a", AT)]),
    ("appcenter", {"app_name": "App", "build_id": "1", "build_status": "Succeeded", "os": "Android",
                            "start_time": ISO, "sent_at": "2024-01-01T00:00:00Z"},
     [("Build Succeeded", None, "App-build-1", AT)]),
    ("appcenter", {"app_name": "App", "build_id": "2", "build_status": "Broken", "os": "iOS",
                            "sent_at": ISO},
     [("Build Failed", None, "App-build-2", AT)]),
    ("appcenter", {"app_id": "a-1", "release_id": "1", "short_version": "1.0", "platform": "Android",
                            "sent_at": ISO},
     [("Released Version 1.0", None, "a-1", AT)]),
    ("appcenter", {"app_id": "a-1", "reason": "divide by zero", "sent_at": ISO},
     [("App Crashed", None, "a-1", AT)]),
    ("pagerduty", {"event": {"id": "e", "event_type": "incident.priority_updated", "agent": {"id": "P"},
                                     "occurred_at": ISO}},
     [("Incident Priority Updated", "P", "pagerduty-e", AT)]),
    ("pagerduty", {"event": {"id": "e", "event_type": "incident.responder.added", "agent": None,
                                     "data": {"created_at": ISO}}},
     [("Incident Responder Added", None, "pagerduty-e", AT)]),
    ("iterable", {"email": "a@ex.com", "eventName": "emailSend",
                          "dataFields": {"createdAt": "2023-11-14 22:13:20 +00:00"}},
     [("emailSend", MD5, None, AT)]),
    ("iterable", {"email": "a@ex.com", "eventName": "inAppSendSkip"},
     [("inAppSendSkip", MD5, None, RECEIVED)]),
    ("iterable", {"email": "a@ex.com", "userId": "u-1", "eventName": "smsReceived"},
     [("smsReceived", "u-1", None, RECEIVED)]),
    ("revenuecat", {"event": {"type": "INITIAL_PURCHASE", "app_user_id": "u-1", "store": "APP_STORE",
                                      "event_timestamp_ms": AT, "price": None}},
     [("Initial Purchase", "u-1", None, AT)]),
    ("auth0", [{"log_id": "l", "data": {"type": "ss", "date": ISO, "user_id": "auth0|1"}},
                       {"log_id": "m", "data": {"type": "sapi", "date": ISO, "details": {
                           "response": {"body": {"user_id": "auth0|1"}}}}}],
     [("profile", "auth0|1", None, AT), ("Success API Operation", "auth0|1", "m", AT)]),
    ("auth0", {"log_id": "l", "data": {"type": "fp", "date": ISO}}, [("fp", None, "l", AT)]),
    ("braze", {"events": [
        {"event_type": "users.messages.inappmessage.Click", "user": {"user_id": "b", "external_user_id": "u"},
         "properties": {"platform": "ios"}, "time": 1_700_000_000},
        {"event_type": "users.messages.email.Open", "user": {"user_id": "b"}, "properties": {}},
    ]}, [("In-App Message Clicked", "u", "b", AT), ("users.messages.email.Open", None, "b", RECEIVED)]),
    ("canny", {"type": "post.created", "created": ISO,
                       "object": {"author": {"id": "c", "userID": None, "email": "a@ex.com"}, "by": None}},
     [("post.created", "c", None, AT)]),
    ("canny", {"type": "vote.created", "created": ISO, "object": {"voter": {"id": "c", "userID": "u"}}},
     [("vote.created", "u", None, AT)]),
    ("gainsight-px", {"user": {"identifyId": "u", "aptrinsicId": "a", "signUpDate": AT,
                                    "email": "", "location": {"countryName": "India"}},
                           "event": {"eventType": "SIGN_UP", "date": 1}},
     [("profile", "u", "a", AT)]),
    ("gainsight-px", {"user": {"aptrinsicId": "a"}, "event": {"eventType": "FEEDBACK", "date": AT}},
     [("Feedback", "a", None, AT)]),
    ("gainsight-px", {"user": {"identifyId": "u"}, "event": {"eventType": "CUSTOM", "date": AT,
                                                                  "eventName": "Product Clicked"}},
     [("Product Clicked", "u", None, AT)]),
    ("formsort", {"responder_uuid": "r", "finalized": True, "created_at": ISO, "answers": {"a": 1}},
     [("FlowFinalized", "r", None, AT)]),
    ("formsort", {"responder_uuid": "r", "finalized": False, "created_at": ISO},
     [("FlowLoaded", "r", None, AT)]),
    ("adjust", {"query_parameters": {"adid": ["d-1"], "created_at": ["1700000000"],
                                             "event_name": ["Click"]}},
     [("Click", None, "d-1", AT)]),
    ("adjust", {"gps_adid": "d-2", "created_at": "1700000000", "event_name": "Install"},
     [("Install", None, "d-2", AT)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "payload", "expected"), CASES, ids=[case[0] for case in CASES]
)
def test_each_shape_is_read_by_the_one_mapper(
    platform: str, payload: Any, expected: list[tuple[Any, ...]]
):
    mapper = compile_mapper(PLATFORMS[platform])
    result = mapper.apply(payload, received_at_ms=RECEIVED)
    assert result.rejected == []
    assert [got(item) for item in result.mapped] == expected
    explained = mapper.explain(payload, received_at_ms=RECEIVED).result()
    assert msgspec.json.encode(explained) == msgspec.json.encode(result)


def test_somebody_of_a_form_is_the_same_whatever_its_shape():
    mapper = compile_mapper(PLATFORMS["mailmodo"])
    payloads: list[Any] = [
        {"triggerData": {"triggerSource": "CsvList", "email": "a@ex.com", "eventProperty": {}}},
        {
            "recipientEmail": " A@ex.com",
            "recordedAt": {"ts": 1_700_000_000},
            "campaignName": "Spring",
        },
    ]
    found = [mapper.apply(each, received_at_ms=RECEIVED).mapped[0] for each in payloads]
    assert [(each.event, each.timestamp) for each in found] == [
        ("CsvList", RECEIVED),
        ("Form Submitted", AT),
    ]
    assert found[0].anonymous_id == found[1].anonymous_id
    assert found[1].properties == {"campaign": "Spring"}


def test_leads_that_lack_a_part_are_put_aside_and_the_others_taken():
    value = {"leadgen_id": "l-1", "page_id": "p", "form_id": "f", "created_time": 1_700_000_000}
    changes: list[Any] = [
        {"value": value},
        {"field": "leadgen"},
        {"value": {**value, "form_id": None}},
    ]
    payload: Any = {"object": "page", "entry": [{"time": 1, "changes": changes}]}
    result = compile_mapper(PLATFORMS["facebook-leads"]).apply(payload, received_at_ms=RECEIVED)
    assert [(*got(each), each.properties) for each in result.mapped] == [
        ("Lead", None, "l-1", AT, {"lead": "p-f"})
    ]
    assert [each.code for each in result.rejected] == ["mapper.no_variant"] * 2


@pytest.mark.parametrize(
    ("platform", "payload"),
    [
        ("adjust", {"id": "adjust"}),
        ("iterable", {"eventName": "emailSubscribe", "dataFields": {}}),
        ("iterable", {"email": "a@ex.com", "eventTitle": "smsReceived"}),
        ("facebook-leads", {"object": "user", "entry": [{"changes": [{"value": {}}]}]}),
        ("facebook-leads", {"object": "page", "entry": []}),
        ("slack", {"type": "url_verification", "challenge": "x"}),
    ],
)
def test_what_the_peer_refuses_is_refused(platform: str, payload: Any):
    result = compile_mapper(PLATFORMS[platform]).apply(payload, received_at_ms=RECEIVED)
    assert result.mapped == []
    assert result.rejected
