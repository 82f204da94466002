"""The token bucket of a workspace."""

from hypothesis import given
from hypothesis import strategies as st

from heliograph.gateway.rate_limit import TokenBucket


def test_a_second_of_burst_then_the_rate():
    bucket = TokenBucket(10, 0.0)
    assert sum(bucket.take(0.0) for _ in range(20)) == 10
    assert sum(bucket.take(0.5) for _ in range(20)) == 5
    assert bucket.wait_s() == 1


def test_slow_rates_allow_one_and_say_how_long_to_wait():
    bucket = TokenBucket(0.1, 0.0)
    assert bucket.take(0.0)
    assert not bucket.take(1.0)
    assert bucket.wait_s() == 9
    assert bucket.take(10.1)


def test_changing_the_rate_gives_no_fresh_burst():
    bucket = TokenBucket(100, 0.0)
    while bucket.take(0.0):
        pass
    bucket.change_rate(1000)
    assert not bucket.take(0.0)


@given(
    st.floats(0.5, 1000),
    st.lists(st.floats(0, 0.2), min_size=1, max_size=200),
)
def test_never_more_than_the_rate_and_one_burst(rate: float, gaps: list[float]):
    bucket = TokenBucket(rate, 0.0)
    now = 0.0
    taken = 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= rate * now + max(1.0, rate) + 1e-6
