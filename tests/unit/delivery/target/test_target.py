"""How a destination is made ready for sending."""

import pytest

from heliograph.destinations.base import Capabilities, Limit


@pytest.mark.parametrize(
    ("per_minute", "expected"), [(60, 16), (5_000, 84), (30_000, 256), (None, 16)]
)
def test_requests_in_flight_use_the_limit_up_at_a_latency_of_a_second(
    per_minute: float | None, expected: int
):
    limits = (
        () if per_minute is None else (Limit(bucket="r", amount=per_minute, per_s=60, source="-"),)
    )
    assert Capabilities(limits=limits).in_flight == expected
    assert Capabilities(limits=limits, concurrency=3).in_flight == 3
