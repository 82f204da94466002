"""Events out of the journal for people: the newest ones, and one by its id."""

import msgspec

from heliograph.model.event import Event, decode_event
from heliograph.operations.look.standing import standing
from heliograph.storage.applied import AppliedEvent
from heliograph.storage.data import Data
from heliograph.storage.journal import Entry, Journal
from heliograph.storage.store import Reader

SCAN_LIMIT = 20_000
"""Entries per partition that a search with filters looks at, from the newest back."""
_PAGE = 500


class PlacedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its place in the journal."""

    partition: int
    position: int
    event: Event


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to list, newest first."""

    limit: int = 20
    workspace: str | None = None
    name: str | None = None
    source_id: str | None = None
    person: str | None = None
    """A customer id or an anonymous id."""
    generations: bool = False
    """Also those that a remap replaced, and what only takes one back."""

    def fits(self, event: Event) -> bool:
        """Tell whether an event is among those asked for."""
        return (
            self.workspace in (None, event.workspace)
            and (self.name is None or (event.event or event.type) == self.name)
            and (self.source_id is None or event.source_id == self.source_id)
            and (self.person is None or self.person in (event.customer_id, event.anonymous_id))
        )


def recent_events(data: Data, query: EventQuery) -> list[PlacedEvent]:
    """Return matching events, the last received first, at most `query.limit`.

    Looks at the newest `SCAN_LIMIT` entries of each partition at most.

    Raises:
        StoreUnavailable: the journal cannot be read.
    """
    found: list[PlacedEvent] = []
    with data.store.read() as reader:
        for partition in range(data.journal.partitions):
            found += _newest(data.journal, reader, partition, query)
    found.sort(key=lambda placed: (placed.event.received_at, placed.event.event_id), reverse=True)
    return found[: query.limit]


class FoundEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event and what became of it."""

    placed: PlacedEvent
    applied: AppliedEvent | None
    """None: not applied yet."""
    superseded_by: str | None
    """Id of the generation that replaced it."""


def find_event(data: Data, event_id: str) -> FoundEvent | None:
    """Return an event and what became of it, or None when there is none (any more).

    An event that was not applied yet is looked for between the engine's cursor and the journal's end.
    """
    with data.store.read() as reader:
        applied = reader.applied.get(event_id)
        positions = reader.cursors.positions("engine")
        newer = reader.applied.superseded_by([event_id]).get(event_id)
    if applied is not None:
        entry = data.journal.entry(applied.partition, applied.position)
        if entry is None:
            return None
        return FoundEvent(placed=_placed(entry), applied=applied, superseded_by=newer)
    for partition in range(data.journal.partitions):
        bounds = data.journal.bounds(partition)
        after = max(positions.get(partition, 0), bounds.first - 1)
        while page := data.journal.read(partition, after, _PAGE):
            for entry in page:
                if entry.record.id == event_id:
                    return FoundEvent(placed=_placed(entry), applied=None, superseded_by=newer)
            after = page[-1].position
    return None


def _newest(
    journal: Journal, reader: Reader, partition: int, query: EventQuery
) -> list[PlacedEvent]:
    bounds = journal.bounds(partition)
    found: list[PlacedEvent] = []
    end = bounds.last
    oldest = max(bounds.first, bounds.last - SCAN_LIMIT + 1)
    size = max(query.limit, 20)
    while end >= oldest and len(found) < query.limit:
        begin = max(oldest, end - size + 1)
        page = journal.read(partition, begin - 1, end - begin + 1)
        placed = [_placed(entry) for entry in reversed(page) if entry.position <= end]
        fitting = [each for each in placed if query.fits(each.event)]
        if not query.generations:
            fitting = standing(fitting, reader, event_of=lambda each: each.event)
        found += fitting
        end, size = begin - 1, min(size * 2, 2_000)
    return found[: query.limit]


def _placed(entry: Entry) -> PlacedEvent:
    event = decode_event(entry.record.value)
    return PlacedEvent(partition=entry.partition, position=entry.position, event=event)
