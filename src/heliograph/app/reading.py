"""Events out of the journal for people: the newest ones, and one by its id."""

import msgspec

from heliograph.app.wiring import Data
from heliograph.model.event import Event, decode_event
from heliograph.storage.journal import Entry
from heliograph.storage.store import AppliedEvent

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
    name: str | None = None
    source_id: str | None = None
    person: str | None = None
    """A customer id or an anonymous id."""

    def fits(self, event: Event) -> bool:
        """Tell whether an event is among those asked for."""
        return (
            (self.name is None or (event.event or event.type) == self.name)
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
    for partition in range(data.journal.partitions):
        found += _newest(data, partition, query)
    found.sort(key=lambda placed: (placed.event.received_at, placed.event.event_id), reverse=True)
    return found[: query.limit]


def find_event(data: Data, event_id: str) -> tuple[PlacedEvent, AppliedEvent | None] | None:
    """Return an event and what became of it, or None when there is none (any more).

    An event that was not applied yet is looked for between the engine's cursor and the journal's end.
    """
    with data.store.read() as reader:
        applied = reader.applied.get(event_id)
        positions = reader.cursors.positions("engine")
    if applied is not None:
        entry = data.journal.entry(applied.partition, applied.position)
        return (_placed(entry), applied) if entry is not None else None
    for partition in range(data.journal.partitions):
        bounds = data.journal.bounds(partition)
        after = max(positions.get(partition, 0), bounds.first - 1)
        while page := data.journal.read(partition, after, _PAGE):
            for entry in page:
                if entry.record.id == event_id:
                    return _placed(entry), None
            after = page[-1].position
    return None


def _newest(data: Data, partition: int, query: EventQuery) -> list[PlacedEvent]:
    bounds = data.journal.bounds(partition)
    found: list[PlacedEvent] = []
    end = bounds.last
    oldest = max(bounds.first, bounds.last - SCAN_LIMIT + 1)
    size = max(query.limit, 20)
    while end >= oldest and len(found) < query.limit:
        begin = max(oldest, end - size + 1)
        page = data.journal.read(partition, begin - 1, end - begin + 1)
        placed = [_placed(entry) for entry in reversed(page) if entry.position <= end]
        found += [each for each in placed if query.fits(each.event)]
        end, size = begin - 1, min(size * 2, 2_000)
    return found[: query.limit]


def _placed(entry: Entry) -> PlacedEvent:
    event = decode_event(entry.record.value)
    return PlacedEvent(partition=entry.partition, position=entry.position, event=event)
