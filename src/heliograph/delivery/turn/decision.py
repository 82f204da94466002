"""What the outcome of a turn means for the delivery: its next state, when, and why. Pure.

| outcome | state | due | spends a retry | also |
|---|---|---|---|---|
| Delivered | delivered | | | |
| Retry | waiting | backoff, or `Retry-After` when longer | yes | dead after the horizon |
| Throttle (429) | waiting | end of the pause; from the fourth on backoff too | yes | dead after the horizon |
| Throttle (no request) | waiting | end of the pause | no | |
| Pause | waiting | now | no | the destination becomes `misconfigured` |
| Reject | dead | | | replay by a person |
| Hold | held | | | waiting again when the person is identified |

A turn that gives back before a request (the budget is used up) is a Throttle whose last attempt, if there is
one, was no 429. A 429 is waited for as the destination wishes three times; `Retry-After: 0` (or one below
zero, or a date that has passed) again and again must not make a delivery that is tried for ever.
"""

from collections.abc import Sequence
from typing import Protocol, assert_never

import msgspec

from heliograph.delivery.pace.ratelimit import PATIENT_PAUSES, PAUSE_MAX_S, too_long
from heliograph.delivery.settings import RetrySettings
from heliograph.model.delivery import (
    Attempt,
    Delivered,
    Delivery,
    DeliveryState,
    Hold,
    Outcome,
    Pause,
    Reject,
    Retry,
    Throttle,
)
from heliograph.storage.work.deliveries import Finish

NOTHING_TO_SEND = "nothing to send"


class Jitter(Protocol):
    """Where the randomness comes from; `random.Random` is one."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between `a` and `b`."""
        ...


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What happened while a delivery was in hand."""

    delivery: Delivery
    outcome: Outcome
    steps_done: int
    """Requests of the plan that the destination has taken by now, over all turns."""
    attempts: tuple[Attempt, ...] = ()
    pause_s: float = 0.0
    """For Throttle: how long the destination pauses."""
    note: str | None = None
    """For Delivered: said instead of no reason."""


def backoff_s(retries: int, settings: RetrySettings, jitter: Jitter) -> float:
    """Return the wait before retry number `retries + 1`: between a tenth and the whole of its ceiling.

    The ceiling is `min(cap_s, first_s * factor ** retries)`. The floor of a tenth keeps a retry from
    following at once; the rest is "full jitter", which spreads the retries of an outage best.
    """
    # Beyond 64 doublings the power would overflow; the cap has long been reached by then.
    ceiling = min(settings.cap_s, settings.first_s * settings.factor ** min(retries, 64))
    return jitter.uniform(ceiling / 10, ceiling)


def decide(turn: Turn, *, now_ms: int, settings: RetrySettings, jitter: Jitter) -> Finish:
    """Return what the store is to write for a finished turn.

    Args:
        turn: the delivery as it was read, and what came out.
        now_ms: end of the turn, wall clock.
        settings: the retry schedule.
        jitter: source of randomness.
    """
    delivery, outcome = turn.delivery, turn.outcome
    state: DeliveryState = "waiting"
    due_at = now_ms
    retries = delivery.retries
    reason: str | None
    match outcome:
        case Delivered():
            state, reason = "delivered", turn.note
        case Reject(reason=text):
            state, reason = "dead", text
        case Hold(reason=text):
            state, reason = "held", text
        case Pause(reason=text):
            reason = text
        case Throttle(reason=text, after_s=wish_s):
            reason = "; ".join(filter(None, (text, too_long(wish_s, turn.pause_s))))
            due_at = now_ms + _ms(turn.pause_s)
            if turn.attempts and turn.attempts[-1].verdict == "throttle":
                impatient = retries - PATIENT_PAUSES
                state, due_at, reason = _retry(
                    delivery, reason, turn.pause_s, attempts=turn.attempts, now_ms=now_ms, settings=settings,
                    wait_s=backoff_s(impatient, settings, jitter) if impatient >= 0 else 0.0,
                )  # fmt: skip
                retries += state == "waiting"
        case Retry(reason=text, after_s=after_s):
            state, due_at, reason = _retry(
                delivery, text, after_s, attempts=turn.attempts, now_ms=now_ms, settings=settings,
                wait_s=backoff_s(retries, settings, jitter),
            )  # fmt: skip
            retries += state == "waiting"
        case _ as never:
            assert_never(never)
    return Finish(
        delivery_id=delivery.delivery_id,
        outcome=outcome,
        state=state,
        due_at=due_at,
        steps_done=turn.steps_done,
        retries=retries,
        reason=reason,
        attempts=turn.attempts,
        seq=delivery.seq,
    )


def _retry(
    delivery: Delivery,
    reason: str,
    after_s: float | None,
    *,
    attempts: Sequence[Attempt],
    now_ms: int,
    settings: RetrySettings,
    wait_s: float,
) -> tuple[DeliveryState, int, str]:
    """Return (state, due, reason): waiting until the horizon has passed, then dead.

    The last wait is cut so that one try falls on the horizon itself; a longer `Retry-After` is kept,
    up to an hour or the longest backoff: one absurd header must not hold an event back for a day.
    """
    first = delivery.first_attempt_at
    if first is None:
        first = attempts[0].at if attempts else now_ms
    end = first + _ms(settings.horizon_s)
    if now_ms >= end and delivery.retries >= settings.min_retries:
        tries = delivery.retries + 1
        hours = settings.horizon_s / 3600
        return "dead", now_ms, f"gave up after {tries} tries in {hours:g} h, last: {reason}"
    due = now_ms + _ms(wait_s)
    if now_ms < end < due:
        due = end
    if after_s is not None:
        heeded_s = min(max(after_s, 0.0), max(settings.cap_s, PAUSE_MAX_S), settings.horizon_s)
        due = max(due, now_ms + _ms(heeded_s))
        reason = "; ".join(filter(None, (reason, too_long(after_s, heeded_s))))
    return "waiting", due, reason


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
