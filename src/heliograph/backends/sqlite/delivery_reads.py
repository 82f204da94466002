"""Deliveries and attempts as they are read: lists, counts, one delivery."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, select

from heliograph.backends.sqlite.schema import attempts, delivery_events, delivery_totals
from heliograph.backends.sqlite.schema import deliveries as table
from heliograph.backends.sqlite.session import Session, begins_with
from heliograph.backends.sqlite.stored import faults, readable
from heliograph.model.delivery import Attempt, Delivery, DeliveryState
from heliograph.storage.deliveries import DeliveryQuery

_HIDDEN: Final = frozenset({"lease_owner", "lease_until", "woken"})
_COLUMNS: Final = [column for column in table.columns if column.name not in _HIDDEN]
_headers: Final[Callable[[bytes], dict[str, str]]] = msgspec.json.Decoder(dict[str, str]).decode

Counts = dict[str, dict[DeliveryState, int]]


class DeliveryReads:
    """The reading half of `SqliteDeliveries`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery or None."""
        found = self._select(table.c.delivery_id == delivery_id)
        return found[0] if found else None

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries, newest first."""
        wanted = matching(query, *_COLUMNS, delivery_events.c.event)
        if query.states:
            wanted = wanted.where(table.c.state.in_(query.states))
        rows = self._session.sa.execute(
            wanted.join(delivery_events, delivery_events.c.seq == table.c.seq)
            .order_by(table.c.seq.desc())
            .limit(query.limit)
        ).mappings()
        return [Delivery(**row) for row in rows]

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        rows = self._session.sa.execute(
            select(attempts)
            .where(attempts.c.delivery_id == delivery_id)
            .order_by(attempts.c.number, attempts.c.seq)
        )
        return [_attempt(row) for row in rows]

    def counts(self) -> Counts:
        """Return destination -> state -> number, from the running totals; states at zero are left out."""
        return _nested(
            (row.destination, row.state, row.amount)
            for row in self._session.sa.execute(select(delivery_totals))
        )

    def recount(self) -> Counts:
        """Return the same by counting rows, and adding those that were pruned."""
        counted = {
            (destination, state): amount
            for destination, state, amount in self._session.rows("recount")
        }
        for row in self._session.sa.execute(select(delivery_totals)):
            place = (row.destination, row.state)
            counted[place] = counted.get(place, 0) + row.pruned
        return _nested((*place, amount) for place, amount in sorted(counted.items()))

    def next_due(self, destination: str) -> int | None:
        """Return when the next claim could find something: a due time or the end of a lease."""
        return self._session.rows("next_due", destination, destination)[0][0]

    def _select(self, *where: ColumnElement[bool]) -> list[Delivery]:
        rows = self._session.sa.execute(
            select(*_COLUMNS, delivery_events.c.event)
            .join(delivery_events, delivery_events.c.seq == table.c.seq)
            .where(*where)
        ).mappings()
        return [Delivery(**row) for row in rows]


def _attempt(row: Row[Any]) -> Attempt:
    sent, not_sent = readable(_headers, row.request_headers, {}, "request headers")
    got, not_got = readable(_headers, row.response_headers, {}, "response headers")
    return Attempt(
        delivery_id=row.delivery_id,
        number=row.number,
        step=row.step,
        at=row.at,
        duration_ms=row.duration_ms,
        method=row.method,
        url=row.url,
        request_headers=sent,
        request_body=row.request_body,
        status=row.status,
        response_headers=got,
        response_body=row.response_body,
        verdict=row.verdict,
        reason=row.reason,
        fault=faults(not_sent, not_got),
    )


def matching(query: DeliveryQuery, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return a select of `columns` over the deliveries a query means, whatever their state."""
    wanted = select(*columns)
    if query.workspace is not None:
        # A range, so that an index on destinations serves: "0" is the character behind "/".
        name = table.c.destination
        wanted = wanted.where(name >= f"{query.workspace}/", name < f"{query.workspace}0")
    if query.destination is not None:
        wanted = wanted.where(table.c.destination == query.destination)
    if query.event_id is not None:
        wanted = wanted.where(table.c.event_id == query.event_id)
    if query.event_ids:
        wanted = wanted.where(table.c.event_id.in_(query.event_ids))
    if query.delivery_ids:
        wanted = wanted.where(table.c.delivery_id.in_(query.delivery_ids))
    if query.id_prefix is not None:
        wanted = wanted.where(*begins_with(table.c.delivery_id, query.id_prefix))
    if query.before_seq is not None:
        wanted = wanted.where(table.c.seq < query.before_seq)
    return wanted


def _nested(rows: Iterable[tuple[str, DeliveryState, int]]) -> Counts:
    counts: Counts = {}
    for destination, state, amount in rows:
        if amount:
            counts.setdefault(destination, {})[state] = amount
    return counts
