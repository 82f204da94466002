"""What an outcome means: bounded waits, an end after the horizon, and a state the table allows."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from heliograph.delivery.settings import RetrySettings
from heliograph.delivery.turn.decision import Turn, backoff_s, decide
from heliograph.model.delivery import (
    TRANSITIONS,
    Delivered,
    Delivery,
    Hold,
    Pause,
    Reject,
    Retry,
    Throttle,
)
from heliograph.testing.decisions import READ_AT as START
from heliograph.testing.decisions import decided, make_waiting
from heliograph.testing.samples import make_attempt

HOUR = 3_600_000

afters = st.none() | st.floats(0, 1e6)
outcomes = st.one_of(
    st.just(Delivered()),
    st.builds(Retry, reason=st.text(max_size=20), after_s=afters),
    st.builds(Throttle, reason=st.text(max_size=20), after_s=afters),
    st.builds(Reject, reason=st.text(max_size=20)),
    st.builds(Pause, reason=st.text(max_size=20)),
    st.builds(Hold, reason=st.text(max_size=20)),
)
schedules = st.builds(
    RetrySettings,
    first_s=st.floats(0.01, 60),
    factor=st.floats(1, 10),
    cap_s=st.floats(0.01, 7200),
    horizon_s=st.floats(1, 200_000),
    min_retries=st.integers(0, 20),
)


def tried(**changes) -> Delivery:
    """Return a delivery that was first tried at `START`."""
    return make_waiting(first_attempt_at=START, **changes)


@given(st.integers(0, 10_000), schedules, st.integers())
def test_a_backoff_lies_between_a_tenth_and_the_whole_of_its_ceiling(retries, settings, seed):
    wait = backoff_s(retries, settings, random.Random(seed))
    ceiling = min(settings.cap_s, settings.first_s * settings.factor ** min(retries, 64))
    assert ceiling / 10 <= wait <= ceiling <= settings.cap_s


@given(outcomes, schedules, st.integers(0, 50), st.integers(0, 400), st.floats(0, 3600))
def test_every_decision_is_a_transition_and_never_due_in_the_past(
    outcome, settings, retries, hours, pause_s
):
    now_ms = START + hours * HOUR
    finish = decided(
        outcome, tried(retries=retries), now_ms=now_ms, settings=settings, pause_s=pause_s
    )
    assert finish.state == "waiting" or ("waiting", finish.state) in TRANSITIONS
    assert finish.due_at >= now_ms
    assert finish.retries - retries in (0, 1)
    assert (finish.retries > retries) == (isinstance(outcome, Retry) and finish.state == "waiting")


throttled = msgspec.structs.replace(make_attempt(1, 1), status=429, verdict="throttle")


@given(
    schedules,
    st.integers(0, 1000),
    st.sampled_from([(Retry("down"), ()), (Throttle("HTTP 429", 0.0), (throttled,))]),
)
def test_a_destination_that_never_works_ends_in_a_dead_letter(settings, seed, answer):
    """Soon after the horizon, and never with fewer retries than the least; also with `Retry-After: 0`."""
    jitter = random.Random(seed)
    row, now_ms = tried(), START
    outcome, attempts = answer
    while True:
        turn = Turn(delivery=row, outcome=outcome, steps_done=0, attempts=attempts, pause_s=0.05)
        finish = decide(turn, now_ms=now_ms, settings=settings, jitter=jitter)
        if finish.state == "dead":
            break
        now_ms = max(finish.due_at, now_ms + 1000)  # a try takes a second
        row = msgspec.structs.replace(row, retries=finish.retries)
    assert row.retries >= settings.min_retries
    end = START + settings.horizon_s * 1000
    slack = settings.min_retries * (settings.cap_s + 1) * 1000 + 2000
    assert end - 1 <= now_ms <= end + slack


@given(st.floats(0, 86_400), st.integers(0, 30))
def test_a_wish_of_the_destination_wins_when_it_is_longer(after_s, retries):
    row = tried(retries=retries)
    with_wish = decided(Retry("busy", after_s), row)
    without = decided(Retry("busy"), row)
    heeded_s = min(after_s, 3600)
    assert with_wish.due_at == max(without.due_at, START + round(heeded_s * 1000))
