"""Queries over deliveries that a person's filters make up, by SQLAlchemy.

Imported when one is asked: a worker delivers without.
"""

from collections.abc import Sequence
from typing import Any, Final, get_args

from sqlalchemy import ColumnElement, Row, RowMapping, Select, select, text

from heliograph.backends.sqlite.file.core import begins_with, ends_with
from heliograph.backends.sqlite.schema.tables import deliveries as table
from heliograph.backends.sqlite.schema.tables import delivery_events
from heliograph.backends.sqlite.store.session import Session
from heliograph.model.delivery import Delivery, DeliveryState
from heliograph.storage.work.deliveries import DeliveryQuery

_COLUMNS: Final = list(table.columns)
_IS_DEAD: Final = text("deliveries.state = 'dead'")
"""Written out, not bound: so the index of what is held or dead can be used."""
_IS_OPEN: Final = text("deliveries.state IN ('queued', 'waiting')")
"""As the index of what is open has it: SQLite does not see that `IN ('waiting')` means one of those."""
_OPEN: Final = frozenset({"queued", "waiting"})
_STATES: Final = get_args(DeliveryState)


def found(session: Session, query: DeliveryQuery) -> list[Delivery]:
    """Return deliveries, newest first."""
    return [_delivery(session, row) for row in session.sa.execute(listing(query)).mappings()]


def listing(query: DeliveryQuery) -> Select[Any]:
    """Return the select of whole deliveries that a query means, newest first."""
    wanted = matching(query, *_COLUMNS, delivery_events.c.event)
    if query.states:
        states = ", ".join(f"'{state}'" for state in query.states if state in _STATES)
        wanted = wanted.where(text(f"deliveries.state IN ({states})"))
        if query.key is not None and _OPEN.issuperset(query.states):
            # Without a key the index would bring all that is open of a destination, to be sorted by age.
            wanted = wanted.where(_IS_OPEN)
    return (
        wanted.join(delivery_events, delivery_events.c.seq == table.c.seq)
        .order_by(table.c.seq.desc())
        .limit(query.limit)
    )


def one(session: Session, delivery_id: str) -> Delivery | None:
    """Return one delivery or None."""
    rows = session.sa.execute(
        select(*_COLUMNS, delivery_events.c.event)
        .join(delivery_events, delivery_events.c.seq == table.c.seq)
        .where(table.c.delivery_id == delivery_id)
    ).mappings()
    return next((_delivery(session, row) for row in rows), None)


def _delivery(session: Session, row: RowMapping) -> Delivery:
    values: dict[str, Any] = {**row}
    values["event"] = session.unpacked(values["event"])
    return Delivery(**values)


def asleep(session: Session, query: DeliveryQuery, *, now_ms: int) -> list[int]:
    """Return the seqs of what waits and is due later."""
    rows = session.sa.execute(
        matching(query, table.c.seq).where(
            text("deliveries.state = 'waiting'"), table.c.due_at > now_ms
        )
    )
    return [row.seq for row in rows]


def dead_page(
    session: Session, query: DeliveryQuery, *, after: int, size: int
) -> Sequence[Row[Any]]:
    """Return (seq, destination, key, blueprint) of the next dead deliveries, oldest first."""
    return session.sa.execute(
        matching(query, table.c.seq, table.c.destination, table.c.key, table.c.blueprint)
        .where(_IS_DEAD, table.c.seq > after)
        .order_by(table.c.seq)
        .limit(size)
    ).all()


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
    if query.id_suffix is not None:
        wanted = wanted.where(ends_with(table.c.delivery_id, query.id_suffix))
    if query.profile_ids:
        wanted = wanted.where(table.c.profile_id.in_(query.profile_ids))
    if query.key is not None:
        wanted = wanted.where(table.c.key == query.key)
    if query.before_seq is not None:
        wanted = wanted.where(table.c.seq < query.before_seq)
    return wanted
