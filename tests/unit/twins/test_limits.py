"""Windows open and close when they should, by a clock that the test turns."""

import pytest

from heliograph.testing.clock import ManualClock
from heliograph.twins import limits as limits_module
from heliograph.twins.limits import Draw, Limit, Limits

MINUTE = 1_780_770_540_000


def made(*limits: Limit) -> tuple[Limits, ManualClock]:
    return Limits(limits), ManualClock(MINUTE)


def test_a_fixed_window_gives_everything_back_at_the_whole_minute():
    limits, clock = made(Limit(bucket="b", amount=3))
    clock.advance(s=50)
    taken = [limits.take([Draw("b")], clock.now_ms()) for _ in range(4)]
    assert [t.allowed for t in taken] == [True, True, True, False]
    assert [t.remaining for t in taken] == [2, 1, 0, 0]
    assert taken[-1].reset_s == 10
    clock.advance(ms=9_999)
    assert not limits.take([Draw("b")], clock.now_ms()).allowed
    clock.advance(ms=1)
    assert limits.take([Draw("b", "", 3)], clock.now_ms()).allowed


def test_a_sliding_window_gives_back_one_by_one():
    limits, clock = made(Limit(bucket="b", amount=2, per_s=30, window="sliding"))
    assert limits.take([Draw("b")], clock.now_ms()).allowed
    clock.advance(s=10)
    assert limits.take([Draw("b")], clock.now_ms()).allowed
    refused = limits.take([Draw("b")], clock.now_ms())
    assert (refused.allowed, refused.reset_s) == (False, 20)
    clock.advance(s=20)
    assert limits.take([Draw("b")], clock.now_ms()).allowed
    assert not limits.take([Draw("b")], clock.now_ms()).allowed
    clock.advance(s=10)
    assert limits.take([Draw("b")], clock.now_ms()).allowed


def test_keys_count_apart():
    limits, clock = made(Limit(bucket="b", amount=1))
    assert limits.take([Draw("b", "x")], clock.now_ms()).allowed
    assert not limits.take([Draw("b", "x")], clock.now_ms()).allowed
    assert limits.take([Draw("b", "y")], clock.now_ms()).allowed


def test_several_draws_are_taken_together_or_not_at_all():
    limits, clock = made(Limit(bucket="a", amount=10), Limit(bucket="b", amount=1))
    both = [Draw("a", "", 4), Draw("b")]
    assert limits.take(both, clock.now_ms()).remaining == 6
    refused = limits.take(both, clock.now_ms())
    assert (refused.allowed, refused.limit) == (False, 1)
    assert limits.take([Draw("a", "", 6)], clock.now_ms()).allowed


def test_a_bucket_without_a_limit_allows_everything():
    limits, clock = made(Limit(bucket="b", amount=None))
    for bucket in ("b", "unknown"):
        allowance = limits.take([Draw(bucket, "", 10**9)], clock.now_ms())
        assert (allowance.allowed, allowance.limit) == (True, None)


def test_an_override_counts_anew_and_can_be_taken_back():
    limits, clock = made(Limit(bucket="a", amount=1), Limit(bucket="b", amount=1))
    assert limits.take([Draw("a")], clock.now_ms()).allowed
    limits.override(2, bucket="a")
    assert limits.take([Draw("a", "", 2)], clock.now_ms()).allowed
    assert not limits.take([Draw("b", "", 2)], clock.now_ms()).allowed
    limits.override(None)
    assert limits.take([Draw("a", "", 50), Draw("b", "", 50)], clock.now_ms()).allowed
    limits.override(5, window="sliding")
    assert {limit.window for limit in limits.current()} == {"sliding"}
    limits.restore()
    assert [(limit.amount, limit.window) for limit in limits.current()] == [(1, "fixed")] * 2


def test_counters_of_past_windows_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits_module, "KEPT_WINDOWS", 10)
    limits, clock = made(Limit(bucket="b", amount=1))
    for minute in range(3):
        for key in range(10):
            assert limits.take([Draw("b", f"{minute}-{key}")], clock.now_ms()).allowed
        clock.advance(s=60)
    assert len(vars(limits)["_counters"]) <= 10
