"""Each documented rule of WebEngage, once kept and once broken."""

from typing import Any

import msgspec
import pytest

from heliograph.testing.clock import ManualClock
from heliograph.twins.webengage import rules
from heliograph.twins.webengage.vendor import WebEngageTwin
from heliograph.twins.wire import Call, Verdict

LICENSE = "in~58adcb3d"
KEY = "key"
NOW = 1_780_770_540_000
EVENT: dict[str, Any] = {
    "userId": "johndoe",
    "eventName": "Order Completed",
    "eventTime": "2026-06-06T18:29:00+0000",
    "eventData": {
        "orderId": "ORD-1337",
        "amount": 39.80,
        "gift": False,
        "products": [{"product_id": "SKU-1"}],
        "address": {"city": "Pune"},
        "due": "2026-06-07T18:29:00+0530",
    },
}
USER: dict[str, Any] = {
    "userId": "johndoe",
    "firstName": "John",
    "email": "john@example.com",
    "phone": "+918888444411",
    "gender": "male",
    "birthDate": "1986-08-19T00:00:00+0000",
    "emailOptIn": True,
    "attributes": {"age": 30, "city": "Pune"},
}
QUEUED = {"response": {"status": "queued"}}


def call(endpoint: str, body: object, **headers: str) -> Call:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    given = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method="POST", path=f"/v1/accounts/{LICENSE}/{endpoint}", headers=given, body=raw)


@pytest.fixture
def twin() -> WebEngageTwin:
    return WebEngageTwin(license_code=LICENSE, api_key=KEY)


def message(verdict: Verdict) -> str:
    body = verdict.answer.body
    assert isinstance(body, dict)
    response = body["response"]
    assert isinstance(response, dict)
    assert response["status"] == "error"
    return str(response["message"])


def test_the_example_of_the_page_is_queued_and_on_the_profile(twin: WebEngageTwin):
    verdict = twin.handle(call("events", EVENT), NOW)
    assert (verdict.answer.status, verdict.answer.body) == (200, QUEUED)
    profile = twin.profiles.find("johndoe", "userId")
    assert profile is not None
    assert list(profile.events) == [
        {
            "eventName": "Order Completed",
            "eventData": EVENT["eventData"],
            "eventTime": EVENT["eventTime"],
        }
    ]


def test_a_user_is_queued_and_keeps_its_attributes(twin: WebEngageTwin):
    assert twin.handle(call("users", USER), NOW).answer.body == QUEUED
    twin.handle(call("users", {"userId": "johndoe", "attributes": {"city": "Delhi"}}), NOW)
    profile = twin.profiles.find("johndoe")
    assert profile is not None
    assert profile.attributes["city"] == "Delhi"
    assert profile.attributes["age"] == 30
    assert profile.attributes["firstName"] == "John"


@pytest.mark.parametrize(
    "change",
    [
        {"eventName": "a" * 50},
        {"eventTime": "2026-06-06T18:29:00-0330"},
        {"eventTime": "2026-06-06T18:29:00.25+0000"},
        {"userId": "u" * 100},
        {"userId": "", "anonymousId": "anon"},
        {"eventData": {}},
        {"eventData": {"a" * 50: "v" * 1000}},
        {"eventData": {f"s{i}": "x" for i in range(25)} | {f"n{i}": i for i in range(25)}},
        {"eventData": {"object": {"we_inside": 1}}},
    ],
)
def test_events_at_the_edge_are_taken(twin: WebEngageTwin, change: dict[str, Any]):
    assert twin.handle(call("events", EVENT | change), NOW).answer.status == 200


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"userId": None}, rules.NO_IDENTITY),
        ({"userId": ""}, rules.NO_IDENTITY),
        ({"userId": 7}, "userId must be a String"),
        ({"userId": "u" * 101}, "100 characters"),
        ({"eventName": ""}, "eventName cannot be empty"),
        ({"eventName": 5}, "eventName cannot be empty"),
        ({"eventName": "a" * 51}, "1 to 50 characters"),
        ({"eventName": "we_purchase"}, "reserved prefix"),
        ({"eventTime": "2026-06-06T18:29:00Z"}, "eventTime"),
        ({"eventTime": "2026-06-06T18:29:00+00:00"}, "eventTime"),
        ({"eventTime": "2026-06-06T18:29:00.0000+0000"}, "eventTime"),
        ({"eventTime": "2026-02-30T18:29:00+0000"}, "eventTime"),
        ({"eventTime": 1780770540}, "eventTime"),
        ({"eventData": "text"}, "eventData must be an Object"),
        ({"eventData": {"we_source": 1}}, "reserved prefix"),
        ({"eventData": {"a" * 51: 1}}, "1 to 50 characters"),
        ({"eventData": {"": 1}}, "1 to 50 characters"),
        ({"eventData": {"nothing": None}}, "null"),
        ({"eventData": {"text": "x" * 1001}}, "1000 characters"),
        ({"eventData": {f"n{i}": i for i in range(26)}}, "more than 25 attributes of type number"),
    ],
)
def test_a_broken_event_is_400_with_the_documented_envelope(
    twin: WebEngageTwin, change: dict[str, Any], says: str
):
    verdict = twin.handle(call("events", EVENT | change), NOW)
    assert verdict.answer.status == 400
    assert says in message(verdict)
    assert verdict.items == 0
    assert len(twin.profiles) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"userId": None}, rules.NO_IDENTITY),
        ({"firstName": 1}, "firstName must be a String"),
        ({"company": ["a"]}, "company must be a String"),
        ({"emailOptIn": "true"}, "emailOptIn must be a Boolean"),
        ({"whatsappOptIn": 1}, "whatsappOptIn must be a Boolean"),
        ({"gender": "M"}, "gender must be one of"),
        ({"phone": "8888444411"}, "E.164"),
        ({"phone": "+91 8888 444411"}, "E.164"),
        ({"birthDate": "1986-08-19"}, "birthDate"),
        ({"attributes": {"we_x": 1}}, "reserved prefix"),
        ({"attributes": []}, "attributes must be an Object"),
    ],
)
def test_a_broken_user_is_400(twin: WebEngageTwin, change: dict[str, Any], says: str):
    verdict = twin.handle(call("users", USER | change), NOW)
    assert verdict.answer.status == 400
    assert says in message(verdict)


def test_a_wrong_key_is_401_a_wrong_license_404(twin: WebEngageTwin):
    assert (
        twin.handle(call("events", EVENT, authorization="Bearer other"), NOW).answer.status == 401
    )
    assert twin.handle(call("events", EVENT, authorization=""), NOW).answer.status == 401
    wrong = Call(
        method="POST",
        path="/v1/accounts/other/events",
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        body=msgspec.json.encode(EVENT),
    )
    assert twin.handle(wrong, NOW).answer.status == 404


def test_other_paths_methods_and_media_types_are_refused(twin: WebEngageTwin):
    assert twin.handle(call("survey", EVENT), NOW).answer.status == 404
    got = Call(method="GET", path=f"/v1/accounts/{LICENSE}/events")
    assert twin.handle(got, NOW).answer.status == 405
    assert twin.handle(call("events", EVENT, content_type="text/plain"), NOW).answer.status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_400(twin: WebEngageTwin, body: bytes):
    verdict = twin.handle(call("events", body), NOW)
    assert verdict.answer.status == 400
    assert "JSON" in message(verdict)


def test_with_both_identities_the_anonymous_one_is_ignored_and_not_merged(twin: WebEngageTwin):
    twin.handle(call("events", {**EVENT, "userId": None, "anonymousId": "anon"}), NOW)
    verdict = twin.handle(call("events", {**EVENT, "anonymousId": "anon"}), NOW)
    assert any("anonymousId is ignored" in loss for loss in verdict.losses)
    anonymous, known = twin.profiles.find("anon"), twin.profiles.find("johndoe")
    assert anonymous is not None
    assert known is not None
    assert (anonymous.event_count, known.event_count) == (1, 1)


def test_the_first_value_fixes_the_type_of_an_attribute(twin: WebEngageTwin):
    twin.handle(call("events", EVENT), NOW)
    verdict = twin.handle(call("events", EVENT | {"eventData": {"amount": "39.80"}}), NOW)
    assert verdict.answer.status == 200
    assert verdict.losses == (
        "Order Completed: 'amount' is string, but its first value was number",
    )
    other = twin.handle(
        call("events", EVENT | {"eventName": "Refund", "eventData": {"amount": "x"}}), NOW
    )
    assert other.losses == ()


def test_the_26th_attribute_of_a_type_over_time_is_lost(twin: WebEngageTwin):
    first = EVENT | {"eventData": {f"n{i}": i for i in range(25)}}
    assert twin.handle(call("events", first), NOW).losses == ()
    verdict = twin.handle(call("events", EVENT | {"eventData": {"n25": 1, "text": "x"}}), NOW)
    assert verdict.losses == ("Order Completed: 'n25' would be attribute 26 of type number",)
    profile = twin.profiles.find("johndoe")
    assert profile is not None
    assert profile.events[-1]["eventData"] == {"text": "x"}


def test_a_long_user_string_is_truncated(twin: WebEngageTwin):
    verdict = twin.handle(call("users", {"userId": "a1", "attributes": {"bio": "x" * 1200}}), NOW)
    assert verdict.answer.status == 200
    profile = twin.profiles.find("a1")
    assert profile is not None
    assert profile.attributes["bio"] == "x" * 1000
    assert len(verdict.losses) == 1


def test_an_undocumented_root_field_is_ignored_with_a_note(twin: WebEngageTwin):
    verdict = twin.handle(call("users", {"userId": "a1", "street": "MG Road"}), NOW)
    assert verdict.losses == ("unknown field 'street' is ignored",)


def test_address_fields_are_taken_at_the_root(twin: WebEngageTwin):
    address = {
        "city": "Pune",
        "region": "MH",
        "country": "India",
        "postalCode": "411001",
        "locality": "Baner",
    }
    assert twin.handle(call("users", {"userId": "a1", **address}), NOW).losses == ()
    profile = twin.profiles.find("a1")
    assert profile is not None
    assert profile.attributes == address
    verdict = twin.handle(call("users", {"userId": "a1", "postalCode": 411001}), NOW)
    assert message(verdict) == "Error: postalCode must be a String."


def test_a_user_may_have_more_than_25_attributes_of_a_type(twin: WebEngageTwin):
    attributes = {f"n{i}": i for i in range(40)}
    verdict = twin.handle(call("users", {"userId": "a1", "attributes": attributes}), NOW)
    assert (verdict.answer.status, verdict.losses) == (200, ())
    profile = twin.profiles.find("a1")
    assert profile is not None
    assert profile.attributes == attributes


def test_a_repeated_request_id_counts_a_bulk_once(twin: WebEngageTwin):
    bodies = {"bulk-events": {"events": [EVENT, EVENT]}, "bulk-users": {"users": [USER]}}
    for endpoint, body in bodies.items():
        for duplicates in (0, 1):
            verdict = twin.handle(call(endpoint, body, x_request_id=endpoint), NOW)
            assert verdict.answer.body == QUEUED
            assert verdict.keys == (endpoint,)
            assert verdict.duplicates == duplicates * verdict.items
    profile = twin.profiles.find("johndoe")
    assert profile is not None
    assert profile.event_count == 2


def test_a_success_is_xml_on_request_and_an_error_never(twin: WebEngageTwin):
    asked = msgspec.structs.replace(call("events", EVENT), query={"format": "xml"})
    assert twin.handle(asked, NOW).answer.xml == "<response><status>queued</status></response>"
    broken = msgspec.structs.replace(call("events", {}), query={"format": "xml"})
    answer = twin.handle(broken, NOW).answer
    assert (answer.status, answer.xml) == (400, "")
    plain = msgspec.structs.replace(call("events", EVENT), query={"format": "json"})
    assert twin.handle(plain, NOW).answer.xml == ""


def test_a_repeated_request_id_is_not_duplicated_for_four_hours(twin: WebEngageTwin):
    clock = ManualClock(NOW)
    outcomes: list[int] = []
    for wait_s in (0, 4 * 3600 - 1, 1, 3600):
        clock.advance(s=wait_s)
        verdict = twin.handle(call("events", EVENT, x_request_id="abc"), clock.now_ms())
        assert verdict.answer.body == QUEUED
        assert verdict.keys == ("abc",)
        outcomes.append(verdict.duplicates)
    assert outcomes == [0, 1, 0, 1]
    profile = twin.profiles.find("johndoe")
    assert profile is not None
    assert profile.event_count == 2


def test_a_refused_request_does_not_use_up_its_request_id(twin: WebEngageTwin):
    twin.handle(call("events", EVENT | {"eventName": ""}, x_request_id="abc"), NOW)
    assert twin.handle(call("events", EVENT, x_request_id="abc"), NOW).duplicates == 0


def test_5000_a_minute_then_429_until_the_next_minute(twin: WebEngageTwin):
    minute = NOW - NOW % 60_000
    for number in range(5_000):
        verdict = twin.handle(call("users", {"userId": f"user-{number}"}), minute + number)
        assert verdict.answer.headers == {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(4_999 - number),
        }
    over = twin.handle(call("users", USER), minute + 59_999)
    assert over.answer.status == 429
    assert over.answer.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in over.answer.headers
    assert twin.handle(call("events", EVENT), minute + 59_999).answer.status == 200
    assert twin.handle(call("users", USER), minute + 60_000).answer.status == 200


def test_bulk_takes_25_items_and_500_calls_a_minute(twin: WebEngageTwin):
    minute = NOW - NOW % 60_000
    verdict = twin.handle(call("bulk-events", {"events": [EVENT] * 25}), minute)
    assert (verdict.answer.body, verdict.items) == (QUEUED, 25)
    assert twin.handle(call("bulk-events", {"events": [EVENT] * 26}), minute).answer.status == 400
    assert twin.handle(call("bulk-events", {"events": []}), minute).answer.status == 400
    assert twin.handle(call("bulk-users", {"users": [USER, 5]}), minute).answer.status == 400
    bad = {"users": [USER, {"firstName": "x"}]}
    assert message(twin.handle(call("bulk-users", bad), minute)) == rules.NO_IDENTITY
    for _ in range(497):
        twin.handle(call("bulk-events", {"events": [EVENT]}), minute)
    assert twin.handle(call("bulk-events", {"events": [EVENT]}), minute).answer.status == 429


def test_a_transaction_needs_a_known_user(twin: WebEngageTwin):
    transaction = Call(
        method="POST",
        path=f"/v2/accounts/{LICENSE}/experiments/~abc/transaction",
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        body=msgspec.json.encode({"userId": "johndoe"}),
    )
    assert twin.handle(transaction, NOW).answer.status == 404
    twin.handle(call("users", USER), NOW)
    answer = twin.handle(transaction, NOW).answer
    assert answer.status == 200
    assert isinstance(answer.body, dict)
    assert answer.body["response"] == {
        "data": {"txnId": "txn-1", "experimentId": "~abc", "userId": "johndoe", "ttl": 120},
        "status": "queued",
    }


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_every_failure_has_the_error_envelope(twin: WebEngageTwin, status: int):
    answer = twin.failure(status)
    assert answer.status == status
    assert isinstance(answer.body, dict)
    response = answer.body["response"]
    assert isinstance(response, dict)
    assert response["status"] == "error"
