"""The decision table, line by line."""

import msgspec
import pytest

from heliograph.model.delivery import Attempt, Delivered, Hold, Pause, Reject, Retry, Throttle
from heliograph.testing.decisions import READ_AT as NOW
from heliograph.testing.decisions import decided, make_waiting
from heliograph.testing.samples import make_attempt

DAY = 86_400_000


def answered(verdict: str, status: int) -> Attempt:
    attempt = make_attempt(1, 1, at=NOW)
    return msgspec.structs.replace(attempt, verdict=verdict, status=status)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Delivered(), "delivered", None),
        (Reject("HTTP 400: bad name"), "dead", "HTTP 400: bad name"),
        (Hold("no customer"), "held", "no customer"),
        (Pause("HTTP 401"), "waiting", "HTTP 401"),
        (Throttle("HTTP 429"), "waiting", "HTTP 429"),
        (Retry("HTTP 500"), "waiting", "HTTP 500"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_state_and_reason_of_each_outcome(outcome, state, reason):
    finish = decided(outcome)
    assert (finish.state, finish.reason) == (state, reason)
    assert (finish.delivery_id, finish.outcome) == ("dlv_1", outcome)


def test_a_pause_is_due_again_at_once_when_the_destination_is_resumed():
    finish = decided(Pause("HTTP 401"))
    assert (finish.due_at, finish.retries) == (NOW, 0)


def test_a_wait_for_the_budget_is_due_at_the_end_of_the_pause_and_spends_nothing():
    absurd = decided(Throttle("HTTP 429", after_s=86_400), pause_s=3600)
    assert absurd.reason == "HTTP 429; asked to wait 86400 s, which is tried again after 3600 s"
    finish = decided(Throttle("HTTP 429", after_s=12.5), pause_s=12.5)
    assert finish.reason == "HTTP 429"
    assert (finish.due_at, finish.retries) == (NOW + 12_500, 0)


def test_a_429_is_waited_for_as_wished_three_times_and_then_backs_off():
    """`Retry-After: 0` was asked 37 times in six seconds, and would have been for ever."""
    attempts = (answered("throttle", 429),)
    for retries in range(12):
        finish = decided(
            Throttle("HTTP 429", after_s=0.0),
            row=make_waiting(retries=retries),
            attempts=attempts,
            pause_s=0.05,
        )
        ceiling_s = 0.0 if retries < 3 else min(5 * 3 ** (retries - 3), 3600)
        assert (finish.state, finish.retries) == ("waiting", retries + 1)
        assert max(50, ceiling_s * 100) <= finish.due_at - NOW <= max(50, ceiling_s * 1000)


def test_a_429_that_never_ends_ends_by_the_schedule():
    attempts = (answered("throttle", 429),)
    tired = make_waiting(retries=8, first_attempt_at=NOW - DAY)
    finish = decided(Throttle("HTTP 429"), row=tired, attempts=attempts, pause_s=60)
    assert finish.state == "dead"
    assert finish.reason == "gave up after 9 tries in 24 h, last: HTTP 429"
    waits_for_the_budget = decided(Throttle("budget"), row=tired, pause_s=60)
    assert (waits_for_the_budget.state, waits_for_the_budget.retries) == ("waiting", 8)
    step_done = (answered("delivered", 200),)
    assert decided(Throttle("budget"), row=tired, attempts=step_done).retries == 8


def test_the_first_retries_follow_the_schedule():
    """At most 5 s, 15 s, 45 s … and never more than an hour; at least a tenth of that."""
    for retries, ceiling in enumerate([5, 15, 45, 135, 405, 1215, 3600, 3600]):
        finish = decided(Retry("down"), row=make_waiting(retries=retries))
        assert NOW + ceiling * 100 <= finish.due_at <= NOW + ceiling * 1000
        assert finish.retries == retries + 1


def test_the_horizon_counts_from_the_first_attempt_of_this_turn_when_there_was_none_before():
    attempt = make_attempt(1, 1, at=NOW - DAY)
    tired = make_waiting(retries=8)
    assert decided(Retry("down"), row=tired, attempts=(attempt,)).state == "dead"
    assert decided(Retry("down"), row=tired).state == "waiting"


def test_the_last_wait_is_cut_to_end_on_the_horizon():
    row = make_waiting(retries=9, first_attempt_at=NOW - DAY + 60_000)
    assert decided(Retry("down"), row=row).due_at == NOW + 60_000


def test_a_time_in_which_the_hub_stood_still_does_not_end_the_retries():
    """Two days later, after one failure: the schedule goes on until eight retries were made."""
    row = make_waiting(retries=1, first_attempt_at=NOW - 2 * DAY)
    assert decided(Retry("down"), row=row).state == "waiting"
    row = make_waiting(retries=8, first_attempt_at=NOW - 2 * DAY)
    finish = decided(Retry("HTTP 503"), row=row)
    assert finish.state == "dead"
    assert finish.reason == "gave up after 9 tries in 24 h, last: HTTP 503"


def test_a_wish_beyond_all_measure_is_followed_for_an_hour_and_said():
    finish = decided(Retry("busy", after_s=86_400))
    assert finish.due_at == NOW + DAY / 24
    assert finish.reason == "busy; asked to wait 86400 s, which is tried again after 3600 s"
    assert decided(Retry("busy", after_s=3600)).reason == "busy"


def test_the_note_of_a_delivery_without_requests_is_kept():
    assert decided(Delivered(), note="nothing to send").reason == "nothing to send"
