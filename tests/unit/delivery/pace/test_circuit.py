"""The circuit breaker of one destination."""

import pytest

from heliograph.delivery.pace.circuit import Circuit
from heliograph.delivery.settings import CircuitSettings

SETTINGS = CircuitSettings(failures=3, first_s=1.0, cap_s=5.0, probes=2)
MOST = 16


def opened(*, at: float = 10.0) -> Circuit:
    circuit = Circuit(SETTINGS)
    for _ in range(SETTINGS.failures):
        circuit.failed(began=at - 1, now=at)
    return circuit


def test_failures_in_a_row_open_it_and_no_fewer() -> None:
    circuit = Circuit(SETTINGS)
    assert [circuit.failed(began=0.0, now=1.0) for _ in range(3)] == [False, False, True]
    assert circuit.state(now=1.5) == "open"
    assert circuit.allowed(now=1.5) == 0
    assert circuit.wait_s(now=1.5) == 0.5


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    circuit = Circuit(SETTINGS)
    for _ in range(10):
        assert not circuit.failed(began=0.0, now=1.0)
        assert not circuit.failed(began=0.0, now=1.0)
        assert not circuit.answered(most=MOST)
    assert circuit.state(now=1.0) == "closed"
    assert circuit.allowed(now=1.0) is None


def test_after_the_wait_as_many_as_probes_may_be_in_hand() -> None:
    circuit = opened(at=10.0)
    assert circuit.state(now=11.0) == "half_open"
    assert circuit.allowed(now=11.0) == 2
    assert circuit.wait_s(now=11.0) == 0.0


def test_failed_probes_double_the_wait_up_to_the_cap() -> None:
    circuit, now, waits = opened(at=10.0), 10.0, []
    for _ in range(5):
        waits.append(circuit.wait_s(now=now))
        now += waits[-1]
        assert circuit.failed(began=now, now=now)
    assert waits == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_failures_of_requests_sent_before_it_opened_prolong_nothing() -> None:
    circuit = opened(at=10.0)
    assert not circuit.failed(began=9.9, now=10.5)
    assert not circuit.failed(began=10.5, now=12.0)
    assert circuit.state(now=11.0) == "half_open"


def test_a_second_probe_that_fails_counts_once() -> None:
    circuit = opened(at=10.0)
    assert circuit.failed(began=11.0, now=12.0)
    assert not circuit.failed(began=11.0, now=12.1)
    assert circuit.wait_s(now=12.1) == pytest.approx(1.9)


def test_the_first_answer_closes_it_and_each_further_one_doubles_what_is_allowed() -> None:
    circuit = opened(at=10.0)
    assert circuit.answered(most=MOST)
    allowed = [circuit.allowed(now=11.0)]
    while allowed[-1] is not None:
        assert not circuit.answered(most=MOST)
        allowed.append(circuit.allowed(now=11.0))
    assert allowed == [4, 8, None]


def test_a_late_answer_of_an_old_request_closes_it_too() -> None:
    circuit = opened(at=10.0)
    assert circuit.answered(most=MOST)
    assert circuit.state(now=10.1) == "closed"


def test_only_turns_begun_after_it_opened_may_probe() -> None:
    circuit = opened(at=10.0)
    assert circuit.holds_back(since=9.0, now=10.5)
    assert circuit.holds_back(since=10.5, now=10.6)
    assert circuit.holds_back(since=9.0, now=11.5)
    assert not circuit.holds_back(since=11.0, now=11.5)
    circuit.answered(most=MOST)
    assert not circuit.holds_back(since=9.0, now=11.6)


def test_it_opens_anew_only_after_as_many_failures_as_the_first_time() -> None:
    circuit = opened(at=10.0)
    circuit.answered(most=MOST)
    assert [circuit.failed(began=12.0, now=13.0) for _ in range(3)] == [False, False, True]
    assert circuit.wait_s(now=13.0) == 1.0


def test_a_destination_that_names_a_time_is_left_alone_until_then() -> None:
    circuit = Circuit(SETTINGS)
    for _ in range(3):
        circuit.failed(began=0.0, now=10.0, wish_s=30.0)
    assert circuit.wait_s(now=10.0) == 30.0
    assert circuit.failed(began=40.0, now=40.0)
    assert circuit.wait_s(now=40.0) == 2.0


def test_a_wish_of_days_is_heeded_for_an_hour() -> None:
    circuit = Circuit(SETTINGS)
    for _ in range(3):
        circuit.failed(began=0.0, now=10.0, wish_s=1e6)
    assert circuit.wait_s(now=10.0) == 3600.0
