"""Each documented rule of Heap's server-side API, once kept and once broken."""

from typing import Any

import msgspec
import pytest

from heliograph.testing.clock import ManualClock
from heliograph.twins.heap.vendor import HeapTwin
from heliograph.twins.wire import Call

APP = "3140458208"
NOW = 1_780_770_540_000
MINUTE = NOW - NOW % 60_000
EVENT: dict[str, Any] = {
    "identity": "john@example.com",
    "event": "Order Completed",
    "timestamp": "2026-06-06T18:29:00.000Z",
    "properties": {"amount": 39.8, "currency": "USD", "skus": ["SKU-1", "SKU-2"]},
}


@pytest.fixture
def twin() -> HeapTwin:
    return HeapTwin(app_id=APP)


def call(path: str, body: object, *, media_type: str = "application/json") -> Call:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Call(method="POST", path=path, headers={"content-type": media_type}, body=raw)


def track(event: dict[str, Any]) -> Call:
    body = {"app_id": APP, **event}
    return call("/api/track", {k: v for k, v in body.items() if v is not ...})


def users(user: dict[str, Any]) -> Call:
    return call("/api/add_user_properties", {"app_id": APP, **user})


def test_an_event_is_taken_and_on_the_timeline(twin: HeapTwin):
    verdict = twin.handle(track(EVENT), NOW)
    assert (verdict.answer.status, verdict.answer.body, verdict.losses) == (200, None, ())
    profile = twin.profiles.find("john@example.com", "identity")
    assert profile is not None
    assert list(profile.events) == [
        {
            "event": "Order Completed",
            "properties": {"amount": 39.8, "currency": "USD", "skus": "SKU-1||SKU-2"},
            "timestamp": "2026-06-06T18:29:00.000Z",
        }
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"identity": "i" * 255},
        {"identity": ..., "user_id": str(2**53 - 1)},
        {"identity": ..., "user_id": "0"},
        {"event": "e" * 1024},
        {"properties": {"k" * 1024: "v" * 1024}},
        {"timestamp": "2026-06-06T18:29:00+05:30"},
        {"timestamp": ..., "properties": ...},
        {"idempotency_key": "k", "session_id": "s"},
    ],
)
def test_events_at_the_edge_are_taken(twin: HeapTwin, change: dict[str, Any]):
    assert twin.handle(track(EVENT | change), NOW).answer.status == 200


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"user_id": "1"}, "exactly one"),
        ({"identity": ...}, "exactly one"),
        ({"identity": ""}, "identity"),
        ({"identity": 7}, "identity"),
        ({"identity": "i" * 256}, "identity"),
        ({"identity": ..., "user_id": 1}, "user_id"),
        ({"identity": ..., "user_id": str(2**53)}, "user_id"),
        ({"identity": ..., "user_id": "1a"}, "user_id"),
        ({"event": ""}, "event"),
        ({"event": "e" * 1025}, "event"),
        ({"timestamp": "06/06/2026"}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"idempotency_key": 1}, "idempotency_key"),
        ({"properties": []}, "properties must be an object"),
        ({"properties": {"k": True}}, "string or a number"),
        ({"properties": {"k": None}}, "string or a number"),
        ({"properties": {"k": {"nested": 1}}}, "string or a number"),
        ({"properties": {"k": [{"nested": 1}]}}, "string or a number"),
        ({"properties": {"k": "v" * 1025}}, "at most 1024"),
        ({"properties": {"k" * 1025: 1}}, "at most 1024"),
        ({"app_id": "other"}, "app_id"),
        ({"app_id": ...}, "app_id"),
    ],
)
def test_a_broken_event_is_400(twin: HeapTwin, change: dict[str, Any], says: str):
    verdict = twin.handle(track(EVENT | change), NOW)
    assert verdict.answer.status == 400
    assert isinstance(verdict.answer.body, dict)
    assert says in str(verdict.answer.body["error"])
    assert len(twin.profiles) == 0


def test_an_epoch_timestamp_is_taken_but_noted(twin: HeapTwin):
    verdict = twin.handle(track(EVENT | {"timestamp": NOW}), NOW)
    assert verdict.answer.status == 200
    assert len(verdict.losses) == 1


def test_an_array_is_cut_at_1024_characters(twin: HeapTwin):
    verdict = twin.handle(track(EVENT | {"properties": {"tags": ["x" * 600, "y" * 600]}}), NOW)
    assert len(verdict.losses) == 1
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    kept = profile.events[0]["properties"]
    assert isinstance(kept, dict)
    assert kept["tags"] == ("x" * 600 + "||" + "y" * 600)[:1024]


def test_paths_methods_and_media_types(twin: HeapTwin):
    assert twin.handle(call("/api/other", {}), NOW).answer.status == 404
    assert twin.handle(Call(method="GET", path="/api/track"), NOW).answer.status == 405
    assert twin.handle(call("/api/track", {}, media_type="text/plain"), NOW).answer.status == 400
    assert twin.handle(call("/api/track", b"{"), NOW).answer.status == 400


def test_a_repeated_idempotency_key_never_updates(twin: HeapTwin):
    first = twin.handle(track(EVENT | {"idempotency_key": "k1"}), NOW)
    again = twin.handle(track(EVENT | {"idempotency_key": "k1", "event": "Other"}), NOW)
    assert (first.duplicates, again.duplicates) == (0, 1)
    assert again.answer.status == 200
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert [event["event"] for event in profile.events] == ["Order Completed"]


def test_user_properties(twin: HeapTwin):
    user = {"identity": "john@example.com", "properties": {"email": "john@example.com", "age": 30}}
    assert twin.handle(users(user), NOW).answer.status == 200
    assert twin.handle(users({"properties": {"a": 1}}), NOW).answer.status == 400
    for name in ("id", "ID", "Id"):
        reserved = {"identity": "john@example.com", "properties": {name: "1"}}
        assert twin.handle(users(reserved), NOW).answer.status == 400
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes == {"email": "john@example.com", "age": 30}


def test_accounts(twin: HeapTwin):
    accounts = {"accounts": [{"account_id": "a-1", "properties": {"plan": "pro"}}]}
    path = "/api/add_account_properties"
    assert twin.handle(call(path, {"app_id": APP, **accounts}), NOW).answer.status == 200
    assert twin.handle(call(path, {"app_id": APP, "account_id": 7}), NOW).answer.status == 400
    profile = twin.profiles.find("a-1", "account_id")
    assert profile is not None
    assert profile.attributes == {"plan": "pro"}


def test_bulk_takes_a_thousand(twin: HeapTwin):
    events = [EVENT | {"identity": f"user-{n}"} for n in range(1_000)]
    verdict = twin.handle(track({"events": events}), NOW)
    assert (verdict.answer.status, verdict.items) == (200, 1_000)
    assert twin.handle(track({"events": [*events, EVENT]}), NOW).answer.status == 400
    assert twin.handle(track({"events": []}), NOW).answer.status == 400
    assert twin.handle(track({"events": [1]}), NOW).answer.status == 400
    assert twin.handle(track({"events": [EVENT, {"event": "x"}]}), NOW).answer.status == 400
    many = [{"identity": f"user-{n}"} for n in range(1_000)]
    assert twin.handle(users({"users": many}), NOW).items == 1_000


def test_identify_moves_the_anonymous_history_once(twin: HeapTwin):
    anonymous = {k: v for k, v in EVENT.items() if k != "identity"} | {"user_id": "42"}
    twin.handle(track(anonymous), NOW)

    def identify(identity: str, user_id: str = "42") -> tuple[str, ...]:
        body = {"app_id": APP, "identity": identity, "user_id": user_id}
        verdict = twin.handle(call("/api/v1/identify", body), NOW)
        assert verdict.answer.status == 200
        return verdict.losses

    assert identify("john@example.com") == ()
    assert identify("john@example.com") == ()
    assert "dropped" in identify("jane@example.com")[0]
    twin.handle(track(anonymous), NOW)
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert (profile.event_count, profile.merged_from) == (2, ["42"])
    for number in range(9):
        assert identify("john@example.com", str(100 + number)) == ()
    assert "ignored" in identify("john@example.com", "200")[0]


def test_30_requests_in_30_seconds_per_identity(twin: HeapTwin):
    clock = ManualClock(NOW)
    for _ in range(30):
        assert twin.handle(track(EVENT), clock.now_ms()).answer.status == 200
        clock.advance(ms=100)
    assert twin.handle(track(EVENT), clock.now_ms()).answer.status == 429
    other = EVENT | {"identity": "jane@example.com"}
    assert twin.handle(track(other), clock.now_ms()).answer.status == 200
    assert twin.handle(users({"identity": "john@example.com"}), clock.now_ms()).answer.status == 200
    clock.advance(s=27)
    assert twin.handle(track(EVENT), clock.now_ms()).answer.status == 200
    assert twin.handle(track(EVENT), clock.now_ms()).answer.status == 429


def test_1000_bulk_events_a_minute_per_identity(twin: HeapTwin):
    assert twin.handle(track({"events": [EVENT] * 600}), MINUTE).answer.status == 200
    assert twin.handle(track({"events": [EVENT] * 600}), MINUTE).answer.status == 429
    assert twin.handle(track({"events": [EVENT] * 400}), MINUTE).answer.status == 200
    assert twin.handle(track({"events": [EVENT] * 600}), MINUTE + 60_000).answer.status == 200


def test_15000_events_a_minute_for_the_app(twin: HeapTwin):
    for batch in range(15):
        events = [EVENT | {"identity": f"user-{batch}-{n}"} for n in range(1_000)]
        assert twin.handle(track({"events": events}), MINUTE).answer.status == 200
    assert twin.handle(track(EVENT), MINUTE).answer.status == 429
    assert twin.handle(track(EVENT), MINUTE + 60_000).answer.status == 200


def test_every_failure_has_a_body(twin: HeapTwin):
    for status in (400, 404, 429, 500):
        answer = twin.failure(status)
        assert answer.status == status
        assert isinstance(answer.body, dict)
        assert answer.body["error"]


def test_exactly_1024_characters_are_taken_with_a_note(twin: HeapTwin):
    body = {"app_id": APP, "identity": "u", "event": "x", "properties": {"k": "v" * 1024}}
    verdict = twin.handle(call("/api/track", body), NOW)
    assert verdict.answer.status == 200
    assert verdict.losses == ("'k' has exactly 1024 characters; undocumented",)


def test_segments_private_endpoint_is_answered_with_a_statement(twin: HeapTwin):
    verdict = twin.handle(call("/api/integrations/track", {"app_id": APP, "events": [{}]}), NOW)
    assert (verdict.answer.status, verdict.endpoint) == (404, "integrations/track")
    assert "Segment's private way into Heap" in str(verdict.answer.body)
    assert "POST /api/track" in str(verdict.answer.body)
