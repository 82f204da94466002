"""Which events were applied and which superseded: the dedupe table with its running totals."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.reading.applied import AppliedEvent

PAGE: Final = 500
"""Rows per query of `surviving`."""


class SqliteApplied:
    """See `storage.reading.applied.Applied`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: set[str] = set()
        """Ids that were looked for in this transaction, and not written since."""
        self._found: set[str] = set()
        """Those of them that are there."""

    def add(self, events: Sequence[AppliedEvent]) -> set[str]:
        """Insert, and return the ids that were not there before; counts the others as duplicates."""
        if not events:
            return set()
        known = self._known([event.event_id for event in events])
        fresh: dict[str, AppliedEvent] = {}
        for event in events:
            if event.event_id not in known:
                fresh.setdefault(event.event_id, event)
        self._session.run_rows(
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
                    event.other_profile_id,
                )
                for event in fresh.values()
            ],
        )
        for event in events:
            if event is not fresh.get(event.event_id):
                self._session.run(
                    "note_repetition", event.position, event.event_id, event.partition
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
        return self.get_many([event_id]).get(event_id)

    def get_many(self, event_ids: Sequence[str]) -> dict[str, AppliedEvent]:
        """Return those of the events that were applied or skipped, by id."""
        return {row[0]: _event(*row) for row in self._session.rows_in("get_applied", event_ids)}

    def starting_with(self, prefixes: Sequence[str]) -> list[AppliedEvent]:
        """Return the events whose ids begin with one of the prefixes."""
        return [_event(*row) for row in self._session.rows_in("applied_starting_with", prefixes)]

    def ending_with(self, suffix: str, *, limit: int) -> list[str]:
        """Return ids of events that end so."""
        return [row[0] for row in self._session.rows("applied_ending_with", suffix, limit)]

    def existing(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were applied before."""
        found = {row[0] for row in self._session.rows_in("existing_events", event_ids)}
        self._asked.update(event_ids)
        self._found |= found
        return found

    def _known(self, event_ids: Sequence[str]) -> set[str]:
        """Return the same as `existing`, from memory when this transaction has asked: it alone writes."""
        known = self._found if self._asked.issuperset(event_ids) else self.existing(event_ids)
        self._forget()
        return known

    def _forget(self) -> None:
        self._asked, self._found = set(), set()

    def counts(self) -> dict[str, int]:
        """Return the running totals `applied`, `skipped`, `duplicate`."""
        return dict(self._session.rows("applied_totals"))

    def supersede(self, pairs: Mapping[str, str]) -> None:
        """Remember old event id -> new event id; the first word about an old one stays."""
        self._session.run_rows("insert_supersessions", list(pairs.items()))

    def superseded_by(self, event_ids: Iterable[str]) -> dict[str, str]:
        """Return old event id -> new event id, of those that are superseded."""
        return dict(self._session.rows_in("superseded_by", event_ids))

    def page(self, after: int, *, limit: int) -> tuple[list[AppliedEvent], int | None]:
        """Return some events in the order they were applied, and where to go on."""
        rows = self._session.rows("whole_applied_page", after, limit)
        return [_event(*row[:-1]) for row in rows], rows[-1][-1] if len(rows) == limit else None

    def surviving(self, profile_id: str) -> Iterable[AppliedEvent]:
        """Yield the surviving events of a first profile id, a page at a time."""
        after = 0
        while rows := self._session.rows("surviving", profile_id, after, PAGE):
            for row in rows:
                yield _event(*row[:-1])
            after = rows[-1][-1]

    def first_with_other(self, other_profile_id: str) -> list[AppliedEvent]:
        """Return the surviving events with this anonymous identifier that were received first."""
        first = self._session.rows("first_time_with_other", other_profile_id)
        if not first:
            return []
        rows = self._session.rows("all_with_other", other_profile_id, first[0][0])
        return [_event(*row) for row in rows]

    def prune_trimmed(
        self, firsts: Mapping[int, int], *, before_ms: int, after: int, limit: int
    ) -> tuple[int, int | None]:
        """Forget, of the next `limit` events, those the journal has trimmed."""
        rows = self._session.rows("applied_page", after, limit)
        gone = [(seq, id_) for seq, id_, partition, at, _ in rows if at < firsts.get(partition, 0)]
        self._session.run_in("drop_applied", [seq for seq, _ in gone])
        self._forget()
        self._session.run_in("drop_supersessions", [event_id for _, event_id in gone])
        ended = len(rows) < limit or all(received_at >= before_ms for *_, received_at in rows)
        return len(gone), None if ended else rows[-1][0]


def _event(
    event_id: str,
    partition: int,
    position: int,
    profile_id: str,
    effect: str,
    reason: str | None,
    received_at: int,
    other_profile_id: str | None,
) -> AppliedEvent:
    return AppliedEvent(
        event_id=event_id,
        partition=partition,
        position=position,
        profile_id=profile_id,
        effect="applied" if effect == "applied" else "skipped",
        reason=reason,
        received_at=received_at,
        other_profile_id=other_profile_id,
    )
