"""The sink takes everything, recognises repeated keys, and asks for a key only if told to."""

import pytest

from heliograph.twins.sink import SinkTwin
from heliograph.twins.wire import Call

NOW = 1_780_770_540_000


def call(**headers: str) -> Call:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method="PUT", path="/any/where", headers=given, body=b"anything")


def test_everything_is_taken():
    verdict = SinkTwin().handle(call(), NOW)
    assert (verdict.answer.status, verdict.answer.body, verdict.items) == (200, {"ok": True}, 1)
    assert verdict.keys == ()


@pytest.mark.parametrize("header", ["idempotency_key", "webhook_id", "x_request_id"])
def test_a_repeated_key_is_a_duplicate(header: str):
    twin = SinkTwin()
    outcomes = [twin.handle(call(**{header: key}), NOW).duplicates for key in ("a", "b", "a")]
    assert outcomes == [0, 0, 1]


def test_requests_without_a_key_are_never_duplicates():
    twin = SinkTwin()
    assert [twin.handle(call(), NOW).duplicates for _ in range(3)] == [0, 0, 0]


def test_a_key_is_asked_for_when_set():
    twin = SinkTwin(authorization="Bearer right")
    assert twin.handle(call(), NOW).answer.status == 401
    assert twin.handle(call(authorization="Bearer wrong"), NOW).answer.status == 401
    assert twin.handle(call(authorization="Bearer right"), NOW).answer.status == 200


def test_a_limit_answers_with_retry_after():
    twin = SinkTwin()
    twin.limits.override(1)
    minute = NOW - NOW % 60_000
    assert twin.handle(call(), minute + 1_000).answer.status == 200
    over = twin.handle(call(), minute + 20_000).answer
    assert (over.status, over.headers) == (429, {"Retry-After": "40"})
    assert twin.failure(503).status == 503
