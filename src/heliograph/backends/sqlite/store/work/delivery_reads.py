"""Deliveries and attempts as they are read: lists, counts, one delivery."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from heliograph.backends.sqlite.store.session import Session
from heliograph.backends.sqlite.stored import readable
from heliograph.model.delivery import PRIORITIES, Attempt, Delivery, DeliveryState
from heliograph.storage.work.deliveries import DeliveryQuery, Retrying

encode_attempts: Final[Callable[[Sequence[Attempt]], bytes]] = msgspec.msgpack.Encoder().encode
_decode_attempts: Final[Callable[[bytes], list[Attempt]]] = msgspec.msgpack.Decoder(
    list[Attempt]
).decode
_ROW: Final = (
    *("seq", "delivery_id", "destination", "pipeline", "blueprint", "key", "profile_id"),
    *("event_id", "partition", "position", "event", "state", "due_at", "attempts", "retries"),
    *("steps_done", "created_at", "first_attempt_at", "finished_at", "reason", "replays"),
    *("origin", "priority"),
)
"""Columns of the statement `load`."""

_CLASSES: Final = msgspec.json.encode(sorted(PRIORITIES.values())).decode()

Counts = dict[str, dict[DeliveryState, int]]


class DeliveryReads:
    """The reading half of `SqliteDeliveries`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery or None."""
        from heliograph.backends.sqlite.store.work import delivery_queries

        return delivery_queries.one(self._session, delivery_id)

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries, newest first."""
        from heliograph.backends.sqlite.store.work import delivery_queries

        return delivery_queries.found(self._session, query)

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        return [
            attempt
            for (body,) in self._session.rows("attempts_of", delivery_id)
            for attempt in self._attempts(delivery_id, body)
        ]

    def counts(self) -> Counts:
        """Return destination -> state -> number, from the running totals; states at zero are left out."""
        return _nested(
            (destination, state, amount)
            for destination, state, amount, _ in self._session.rows("delivery_totals")
        )

    def recount(self) -> Counts:
        """Return the same by counting rows, and adding those that were pruned."""
        counted = {
            (destination, state): amount
            for destination, state, amount in self._session.rows("recount")
        }
        for destination, state, _, pruned in self._session.rows("delivery_totals"):
            place = (destination, state)
            counted[place] = counted.get(place, 0) + pruned
        return _nested((*place, amount) for place, amount in sorted(counted.items()))

    def next_due(self, destination: str) -> int | None:
        """Return the earliest due time of a waiting delivery."""
        return self._session.rows("next_due", destination, _CLASSES)[0][0]

    def retrying(self, destination: str) -> Retrying | None:
        """Return what is tried again, as both ends of what waits by due time show it."""
        classes = [[destination, c] for c in PRIORITIES.values()]
        rows = [
            row
            for name in ("retried_first", "retried_last")
            for row in self._session.rows_in(name, classes)
        ]
        if not rows:
            return None
        last_at, reason = max((due_at, reason) for _, due_at, reason in rows)
        return Retrying(
            since=min(since for since, _, _ in rows),
            next_at=min(due_at for _, due_at, _ in rows),
            last_at=last_at,
            reason=reason,
        )

    def _attempts(self, delivery_id: str, body: bytes) -> list[Attempt]:
        """Return the attempts of a turn; one that only says so when they cannot be read."""
        found, fault = readable(
            lambda stored: _decode_attempts(self._session.unpack(stored)), body, [], "attempts"
        )
        return found if fault is None else [_unreadable(delivery_id, fault)]


def _unreadable(delivery_id: str, fault: str) -> Attempt:
    return Attempt(
        delivery_id=delivery_id,
        number=0,
        step=0,
        at=0,
        duration_ms=0.0,
        method="",
        url="",
        request_headers={},
        request_body="",
        status=None,
        response_headers={},
        response_body="",
        verdict="",
        reason="",
        fault=fault,
    )


def delivery_of(session: Session, row: Sequence[Any]) -> Delivery:
    """Return a row of the statement `load`."""
    values = dict(zip(_ROW, row, strict=True))
    values["event"] = session.unpacked(values["event"])
    return Delivery(**values)


def _nested(rows: Iterable[tuple[str, DeliveryState, int]]) -> Counts:
    counts: Counts = {}
    for destination, state, amount in rows:
        if amount:
            counts.setdefault(destination, {})[state] = amount
    return counts
