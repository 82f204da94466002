"""A delivery in hand and what is decided about it, for tests of the decision table and of its properties."""

import random
from typing import Any, Final

import msgspec

from heliograph.delivery.settings import RetrySettings
from heliograph.delivery.turn.decision import Turn, decide
from heliograph.model.delivery import Delivery, Outcome
from heliograph.storage.work.deliveries import Finish
from heliograph.testing.samples import make_delivery

READ_AT: Final = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""


def make_waiting(**changes: Any) -> Delivery:
    """Return delivery `dlv_1`, read at `READ_AT` and never tried, but for the changes."""
    row = Delivery(
        **msgspec.structs.asdict(make_delivery(1)),
        seq=1,
        state="waiting",
        due_at=READ_AT,
        attempts=0,
        retries=0,
        steps_done=0,
        created_at=READ_AT,
        first_attempt_at=None,
        finished_at=None,
        reason=None,
    )
    return msgspec.structs.replace(row, **changes)


def decided(
    outcome: Outcome,
    row: Delivery | None = None,
    *,
    now_ms: int = READ_AT,
    settings: RetrySettings | None = None,
    seed: int = 3,
    **turn: Any,
) -> Finish:
    """Return what is decided after a turn that ended so.

    Args:
        outcome: how the turn ended.
        row: the delivery; a fresh `make_waiting()` unless given.
        now_ms: when it ended.
        settings: of retries; the defaults unless given.
        seed: of the jitter.
        turn: further fields of the `Turn`; no step was done unless said.
    """
    row = make_waiting() if row is None else row
    turn.setdefault("steps_done", row.steps_done)
    return decide(
        Turn(delivery=row, outcome=outcome, **turn),
        now_ms=now_ms,
        settings=settings or RetrySettings(),
        jitter=random.Random(seed),
    )
