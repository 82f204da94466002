"""What became of events, in memory."""

from collections.abc import Iterable, Mapping, Sequence

from heliograph.storage.reading.applied import AppliedEvent


class MemoryApplied:
    """See `storage.reading.applied.Applied`."""

    def __init__(self) -> None:
        self._events: dict[str, AppliedEvent] = {}
        self._numbers: dict[str, int] = {}
        self._superseded: dict[str, str] = {}
        self._repeated: dict[str, int] = {}
        """Event id -> position of its last repetition."""
        self._added = 0
        self._totals = {"applied": 0, "skipped": 0, "duplicate": 0}

    def add(self, events: Sequence[AppliedEvent]) -> set[str]:
        """Insert, and return the ids that were not there before."""
        fresh: set[str] = set()
        for event in events:
            known = self._events.get(event.event_id)
            if known is not None:
                self._totals["duplicate"] += 1
                if event.partition == known.partition:
                    self._repeated[event.event_id] = event.position
            else:
                self._added += 1
                self._events[event.event_id] = event
                self._numbers[event.event_id] = self._added
                self._totals[event.effect] += 1
                fresh.add(event.event_id)
        return fresh

    def get(self, event_id: str) -> AppliedEvent | None:
        """Return what became of an event, or None."""
        return self._events.get(event_id)

    def get_many(self, event_ids: Sequence[str]) -> dict[str, AppliedEvent]:
        """Return those of the events that were applied or skipped, by id."""
        return {i: self._events[i] for i in event_ids if i in self._events}

    def starting_with(self, prefixes: Sequence[str]) -> list[AppliedEvent]:
        """Return the events whose ids begin with one of the prefixes."""
        found = sorted(self._events.items())
        return [event for p in prefixes for i, event in found if i.startswith(p)]

    def ending_with(self, suffix: str, *, limit: int) -> list[str]:
        """Return ids of events that end so."""
        return [i for i in sorted(self._events) if i.endswith(suffix)][:limit]

    def existing(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were applied before."""
        return {event_id for event_id in event_ids if event_id in self._events}

    def counts(self) -> dict[str, int]:
        """Return the running totals."""
        return dict(self._totals)

    def supersede(self, pairs: Mapping[str, str]) -> None:
        """Remember old event id -> new event id; the first word about an old one stays."""
        self._superseded = {**pairs, **self._superseded}

    def superseded_by(self, event_ids: Iterable[str]) -> dict[str, str]:
        """Return old event id -> new event id, of those that are superseded."""
        return {i: self._superseded[i] for i in event_ids if i in self._superseded}

    def page(self, after: int, *, limit: int) -> tuple[list[AppliedEvent], int | None]:
        """Return some events in the order they were applied, and where to go on."""
        rows = list(self._events.values())[after : after + limit]
        return rows, after + limit if len(rows) == limit else None

    def surviving(self, profile_id: str) -> Iterable[AppliedEvent]:
        """Yield the surviving events of a first profile id, in the order they were applied."""
        return [e for e in self._survivors() if e.profile_id == profile_id]

    def first_with_other(self, other_profile_id: str) -> list[AppliedEvent]:
        """Return the surviving events with this anonymous identifier that were received first."""
        found = [e for e in self._survivors() if e.other_profile_id == other_profile_id]
        first = min((e.received_at for e in found), default=0)
        return [e for e in found if e.received_at == first]

    def prune_trimmed(
        self, firsts: Mapping[int, int], *, before_ms: int, after: int, limit: int
    ) -> tuple[int, int | None]:
        """Forget, of the next `limit` events, those the journal has trimmed."""
        page = [e for i, e in self._events.items() if self._numbers[i] > after][:limit]
        last = self._numbers[page[-1].event_id] if page else after
        gone = [
            e.event_id
            for e in page
            if max(e.position, self._repeated.get(e.event_id, 0)) < firsts.get(e.partition, 0)
        ]
        for event_id in gone:
            del self._events[event_id], self._numbers[event_id]
            self._superseded.pop(event_id, None)
            self._repeated.pop(event_id, None)
        ended = len(page) < limit or all(e.received_at >= before_ms for e in page)
        return len(gone), None if ended else last

    def _survivors(self) -> list[AppliedEvent]:
        return [
            event
            for event in self._events.values()
            if event.effect == "applied" and event.event_id not in self._superseded
        ]
