"""No bucket hands out more than its limit in any window, and a destination gets nearly all it allows."""

import random
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.delivery.pace.budget import Budget, KeyBudget
from heliograph.destinations.base import Limit

limits = st.builds(
    lambda amount, per_s: Limit(bucket="requests", amount=amount, per_s=per_s, source="test"),
    amount=st.integers(1, 6000).map(float),
    per_s=st.sampled_from([1.0, 30.0, 60.0, 3600.0]),
)
waits = st.lists(st.floats(0, 5), max_size=60)


def most_in_any_window(times: list[float], window_s: float) -> int:
    """Return the largest number of moments in a half-open window of this length."""
    inside: deque[float] = deque()
    most = 0
    for at in times:
        inside.append(at)
        while inside[0] <= at - window_s:
            inside.popleft()
        most = max(most, len(inside))
    return most


@given(limits, waits, st.integers(0, 200))
def test_no_sliding_window_ever_holds_more_than_the_limit(limit, idle, burst):
    """Whatever pauses lie between the wishes, and however many wishes come at once."""
    now = 100.0
    budget = Budget([limit], now=now)
    sent: list[float] = []
    for pause in [*idle, *[0.0] * burst]:
        now += pause
        wait = budget.reserve("requests", 1, now=now)
        sent.append(now + wait)
    assert sent == sorted(sent)
    assert most_in_any_window(sent, limit.per_s - 1e-6) <= limit.amount


@given(st.lists(limits, min_size=1, max_size=3), st.integers(1, 150))
def test_all_limits_of_a_bucket_hold_together(several, wishes):
    budget = Budget(several, now=0.0)
    sent = [budget.reserve("requests", 1, now=0.0) for _ in range(wishes)]
    for limit in several:
        assert most_in_any_window(sent, limit.per_s - 1e-6) <= limit.amount


@given(limits, st.floats(0, 500), st.lists(st.floats(0, 30), min_size=1, max_size=5))
def test_nothing_goes_out_before_the_end_of_a_pause(limit, start, pauses):
    budget = Budget([limit], now=0.0)
    now = start
    for pause in pauses:
        budget.throttled(pause, now=now)
        assert budget.forecast(pause * 0.99, now=now) == 0
        assert now + budget.reserve("requests", 1, now=now) >= now + pause
        now += pause


@given(limits, st.lists(st.floats(0.1, 400), max_size=60))
def test_the_learned_share_stays_between_a_twentieth_and_the_whole(limit, gaps):
    budget = Budget([limit], now=0.0)
    now = 0.0
    for gap in gaps:
        now += gap
        budget.throttled(0.05, now=now)
        assert 0.05 <= budget.stats(now=now, waiting=0).learned_share <= 1
    assert budget.stats(now=now + 100 * 60, waiting=0).learned_share == 1


@given(limits, st.integers(0, 50), st.floats(0, 100))
def test_what_is_given_back_can_be_used_again(limit, count, now):
    one, other = Budget([limit], now=0.0), Budget([limit], now=0.0)
    for _ in range(count):
        one.reserve("requests", 1, now=now)
        one.refund("requests", 1, era=one.era)
    assert one.reserve("requests", 1, now=now) == pytest.approx(
        other.reserve("requests", 1, now=now)
    )


@given(st.integers(2, 100).map(float), st.lists(st.floats(0, 3), min_size=1, max_size=150))
def test_one_person_never_exceeds_the_limit_of_one_person(amount, gaps):
    limit = Limit(bucket="requests", amount=amount, per_s=30.0, source="test")
    budget = KeyBudget([limit])
    now = 0.0
    sent: list[float] = []
    for gap in gaps:
        now += gap
        if budget.wait_s("ann", "requests", 1, now=now) == 0:
            sent.append(now)
        assert budget.wait_s("bob", "other", 1, now=now) == 0
    assert most_in_any_window(sent, 30.0 - 1e-6) <= amount


class Twin:
    """A vendor that allows `amount` per `per_s`, counted in fixed or in sliding windows."""

    def __init__(self, amount: int, per_s: float, kind: str) -> None:
        self._amount = amount
        self._per_s = per_s
        self._kind = kind
        self._window = -1
        self._taken: deque[float] = deque()
        self.accepted = 0
        self.refused = 0

    def receive(self, at: float) -> bool:
        if self._kind == "fixed" and int(at // self._per_s) != self._window:
            self._window = int(at // self._per_s)
            self._taken.clear()
        while self._kind == "sliding" and self._taken and self._taken[0] <= at - self._per_s:
            self._taken.popleft()
        if len(self._taken) >= self._amount:
            self.refused += 1
            return False
        self._taken.append(at)
        self.accepted += 1
        return True


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize("seed", range(3))
def test_a_destination_of_5000_a_minute_gets_98_percent_of_it_and_refuses_nothing(kind, seed):
    """Always more to send than allowed, for ten minutes, over a network that delays by up to 100 ms."""
    jitter = random.Random(seed)
    began = 1000.0 + jitter.uniform(0, 60)
    limit = Limit(bucket="requests", amount=5000, per_s=60.0, source="test")
    budget = Budget([limit], now=began)
    twin = Twin(5000, 60.0, kind)
    now, minutes = began, 10
    arrivals: list[float] = []
    while now < began + minutes * 60:
        now += budget.reserve("requests", 1, now=now)
        arrivals.append(now + jitter.uniform(0.001, 0.1))
    for at in sorted(arrivals):
        twin.receive(at)
    assert twin.refused == 0
    assert twin.accepted >= 0.98 * 5000 * minutes


def test_a_limit_lower_than_documented_is_found_without_a_run_of_refusals():
    """The vendor allows a fifth of what it says: the budget comes down to it and stays near."""
    limit = Limit(bucket="requests", amount=1000, per_s=60.0, source="test")
    budget = Budget([limit], now=0.0)
    twin = Twin(200, 60.0, "fixed")
    now, hour = 0.0, 3600.0
    late_refusals = 0
    while now < 2 * hour:
        now += budget.reserve("requests", 1, now=now)
        if not twin.receive(now):
            late_refusals += now >= hour
            budget.throttled(60.0 - now % 60.0, now=now)
    assert twin.refused <= 2 * 60
    assert late_refusals <= 30
    assert twin.accepted >= 0.7 * 200 * 2 * 60
