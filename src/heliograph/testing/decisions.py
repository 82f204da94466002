"""A leased delivery and what is decided about it, for tests of the decision table and of its properties."""

import random
from typing import Any, Final

import msgspec

from heliograph.delivery.decision import Turn, decide
from heliograph.delivery.settings import RetrySettings
from heliograph.model.delivery import Delivery, Outcome
from heliograph.storage.deliveries import Finish
from heliograph.testing.samples import make_delivery

LEASED_AT: Final = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""


def make_leased(**changes: Any) -> Delivery:
    """Return delivery `dlv_1`, leased at `LEASED_AT` and never tried, but for the changes."""
    row = Delivery(
        **msgspec.structs.asdict(make_delivery(1)),
        seq=1,
        state="leased",
        due_at=LEASED_AT,
        attempts=0,
        retries=0,
        steps_done=0,
        created_at=LEASED_AT,
        first_attempt_at=None,
        finished_at=None,
        reason=None,
    )
    return msgspec.structs.replace(row, **changes)


def decided(
    outcome: Outcome,
    row: Delivery | None = None,
    *,
    now_ms: int = LEASED_AT,
    settings: RetrySettings | None = None,
    seed: int = 3,
    **turn: Any,
) -> Finish:
    """Return what is decided after a turn of owner `me` that ended so.

    Args:
        outcome: how the turn ended.
        row: the delivery; a fresh `make_leased()` unless given.
        now_ms: when it ended.
        settings: of retries; the defaults unless given.
        seed: of the jitter.
        turn: further fields of the `Turn`; no step was done unless said.
    """
    row = make_leased() if row is None else row
    turn.setdefault("steps_done", row.steps_done)
    return decide(
        Turn(delivery=row, outcome=outcome, **turn),
        owner="me",
        now_ms=now_ms,
        settings=settings or RetrySettings(),
        jitter=random.Random(seed),
    )
