"""Which events were applied: the dedupe table and its running totals."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from heliograph.backends.sqlite.schema import applied as table
from heliograph.backends.sqlite.schema import applied_totals
from heliograph.backends.sqlite.session import Session
from heliograph.storage.store import AppliedEvent


class SqliteApplied:
    """See `storage.store.Applied`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, events: Sequence[AppliedEvent]) -> set[str]:
        """Insert, and return the ids that were not there before; counts the others as duplicates."""
        if not events:
            return set()
        known = self.existing([event.event_id for event in events])
        fresh: dict[str, AppliedEvent] = {}
        for event in events:
            if event.event_id not in known:
                fresh.setdefault(event.event_id, event)
        self._session.insert(
            "insert_applied",
            [
                (
                    event.event_id,
                    event.partition,
                    event.position,
                    event.profile_id,
                    event.effect,
                    event.reason,
                    event.received_at,
                )
                for event in fresh.values()
            ],
        )
        skipped = sum(event.effect == "skipped" for event in fresh.values())
        for name, amount in (
            ("applied", len(fresh) - skipped),
            ("skipped", skipped),
            ("duplicate", len(events) - len(fresh)),
        ):
            if amount:
                self._session.run("add_applied_total", amount, name)
        return set(fresh)

    def get(self, event_id: str) -> AppliedEvent | None:
        """Return what became of an event, or None."""
        row = self._session.sa.execute(
            select(table).where(table.c.event_id == event_id)
        ).one_or_none()
        if row is None:
            return None
        return AppliedEvent(
            event_id=row.event_id,
            partition=row.partition,
            position=row.position,
            profile_id=row.profile_id,
            effect=row.effect,
            reason=row.reason,
            received_at=row.received_at,
        )

    def existing(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were applied before."""
        return {row[0] for row in self._session.rows_in("existing_events", event_ids)}

    def counts(self) -> dict[str, int]:
        """Return the running totals `applied`, `skipped`, `duplicate`."""
        return {row.name: row.amount for row in self._session.sa.execute(select(applied_totals))}

    def prune(self, before_ms: int) -> int:
        """Forget events received before."""
        return self._session.sa.execute(
            delete(table).where(table.c.received_at < before_ms)
        ).rowcount
