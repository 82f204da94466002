"""Buckets one by one: empty start, debts, several limits, pauses, forecasts."""

import pytest

from heliograph.delivery.pace.budget import Budget, KeyBudget
from heliograph.destinations.base import Limit


def limit(amount: float, per_s: float = 60.0, bucket: str = "requests") -> Limit:
    return Limit(bucket=bucket, amount=amount, per_s=per_s, source="test")


def test_it_starts_empty_so_that_a_restart_doubles_nothing():
    budget = Budget([limit(6000)], now=50.0, utilisation=1.0)
    assert budget.forecast(0, now=50.0) == 0
    assert budget.reserve("requests", 1, now=50.0) == pytest.approx(0.01)


def test_it_saves_up_no_more_than_half_a_percent():
    budget = Budget([limit(6000)], now=0.0)
    assert budget.forecast(0, now=3600.0) == 30


def test_reservations_are_served_in_their_order():
    budget = Budget([limit(60)], now=0.0, utilisation=1.0)
    waits = [budget.reserve("requests", 1, now=0.0) for _ in range(4)]
    assert waits == pytest.approx([1.0, 2.0, 3.0, 4.0])


def test_a_request_that_costs_more_than_the_bucket_holds_leaves_a_debt():
    budget = Budget([limit(600)], now=0.0, utilisation=1.0)  # 10 a second, holds 3
    assert budget.reserve("requests", 50, now=10.0) == 0.0
    assert budget.reserve("requests", 1, now=10.0) == pytest.approx(4.8)


def test_the_tightest_of_several_limits_of_a_bucket_decides():
    budget = Budget([limit(10, 1.0), limit(60, 60.0)], now=0.0, utilisation=1.0)
    budget.reserve("requests", 1, now=1.0)
    assert budget.reserve("requests", 1, now=1.0) == pytest.approx(1.0)


def test_a_bucket_without_a_limit_is_free():
    budget = Budget([limit(1, bucket="users")], now=0.0)
    assert budget.reserve("events", 1, now=0.0) == 0.0
    assert budget.forecast(1, now=0.0) is None


def test_an_unused_narrow_bucket_does_not_narrow_the_forecast():
    budget = Budget([limit(6000), limit(60, bucket="bulk")], now=0.0, utilisation=1.0)
    assert budget.forecast(1.0, now=0.0) == 100


def test_the_operators_number_lies_over_all_buckets():
    budget = Budget([limit(6000)], now=0.0, requests_per_minute=60)
    budget.reserve("requests", 1, now=1.0)
    assert budget.reserve("elsewhere", 1, now=1.0) == pytest.approx(1.0)
    assert budget.forecast(2.0, now=1.0) == 1


def test_a_pause_makes_reservations_void_and_ends_with_empty_buckets():
    budget = Budget([limit(60)], now=0.0, utilisation=1.0)
    before = budget.era
    budget.reserve("requests", 1, now=10.0)
    budget.pause(5.0, now=10.0)
    assert budget.era != before
    budget.refund("requests", 1, era=before)
    assert budget.paused_for(now=12.0) == 3.0
    assert budget.reserve("requests", 1, now=12.0) == pytest.approx(4.0)


def test_a_shorter_pause_does_not_cut_a_longer_one():
    budget = Budget([limit(60)], now=0.0)
    budget.pause(60.0, now=0.0)
    budget.pause(1.0, now=0.0)
    assert budget.paused_for(now=30.0) == 30.0


def test_refusals_that_were_in_flight_together_slow_it_down_once():
    budget = Budget([limit(6000)], now=0.0)
    assert budget.throttled(10.0, now=100.0)
    assert not any(budget.throttled(10.0, now=100.0 + i / 100) for i in range(1, 16))
    assert budget.stats(now=100.2, waiting=0).learned_share == pytest.approx(0.9, abs=0.001)


def test_the_rate_comes_back_by_a_percentage_point_a_minute():
    budget = Budget([limit(6000)], now=0.0)
    budget.throttled(1.0, now=0.0)
    assert budget.stats(now=300.0, waiting=0).learned_share == pytest.approx(0.95)
    assert budget.stats(now=6000.0, waiting=0).learned_share == 1.0


def test_changed_limits_begin_empty_and_keep_a_pause():
    budget = Budget([limit(60)], now=0.0)
    budget.pause(30.0, now=0.0)
    same = budget.changed([limit(60)], now=1.0, requests_per_minute=None)
    other = budget.changed([limit(6000)], now=1.0, requests_per_minute=None)
    assert same is budget
    assert other is not budget
    assert other.paused_for(now=1.0) == 29.0
    assert other.era != budget.era


def test_stats_say_rate_pause_and_when_the_last_one_will_be_sent():
    budget = Budget([limit(600)], now=0.0)
    budget.pause(10.0, now=0.0)
    stats = budget.stats(now=0.0, waiting=99)
    assert stats.allowed_per_minute == pytest.approx(594)
    assert (stats.waiting, stats.paused_for_s, stats.eta_s) == (99, 10.0, pytest.approx(20.0))


def test_a_destination_without_limits_has_no_forecast_but_may_pause():
    budget = Budget([], now=0.0)
    assert budget.forecast(1.0, now=0.0) is None
    assert budget.stats(now=0.0, waiting=5).eta_s is None
    budget.pause(2.0, now=0.0)
    assert budget.forecast(1.0, now=0.0) == 0
    assert budget.next_in_s(now=0.0) == 2.0


def test_people_do_not_share_a_limit_of_one_person():
    budget = KeyBudget([limit(5, 10.0)])
    assert budget.wait_s("ann", "requests", 1, now=0.0) == 0
    assert budget.wait_s("ann", "requests", 1, now=0.0) > 0
    assert budget.wait_s("bob", "requests", 1, now=0.0) == 0


def test_only_the_people_seen_last_are_remembered():
    budget = KeyBudget([limit(5, 10.0)], remember=2)
    for name in ("ann", "bob", "cleo", "ann"):
        assert budget.wait_s(name, "requests", 1, now=0.0) == 0
    assert budget.wait_s("cleo", "requests", 1, now=0.0) > 0
