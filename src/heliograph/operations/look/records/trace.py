"""The whole life of one thing: request → items → events → profile → deliveries → attempts.

Start from any id, or from the beginning of one: a request, an event, the sender's message id, a delivery.
A request is followed to its events by their ids, which follow from its own or its message's; later
generations, which a remap wrote, are among them. Those that the engine has not come to are looked for in
the journal around the time the request was received.
"""

from collections.abc import Iterator

from heliograph.model.documents.catalog import build_catalog
from heliograph.model.ids import message_event_id
from heliograph.model.request import StoredRequest
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.records import deliveries, events, lives, requests
from heliograph.operations.names import ambiguous, belongs, full_id, not_found
from heliograph.operations.views import EventView, TraceView, request_view
from heliograph.remap.request_events import applied_of, stem_of
from heliograph.storage.events.journal import Entry
from heliograph.storage.events.stored_events import Undecodable, read_entry
from heliograph.storage.store import Reader

READ_ROWS = 500
COMMIT_SLACK_MS = 5_000
"""How much later than a request another one may have been received and still stand before it."""
_NOUN = "request or event"


def trace(caller: Caller, hub: Hub, said: str) -> TraceView:
    """Return the life of a request, event, message or delivery, by its id or the beginning of it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
        StoreUnavailable: the journal or the store cannot be read now.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        tracer = _Tracer(caller, hub, reader)
        found = tracer.by_id(said)
        if found is None:
            found = tracer.by_id(full_id(_NOUN, said, tracer.starting_with))
        if found is None:
            raise not_found(_NOUN, said)
        return found


class _Tracer:
    """One trace, in one view of the store."""

    def __init__(self, caller: Caller, hub: Hub, reader: Reader) -> None:
        self._caller = caller
        self._data = hub.data
        self._journal = hub.data.journal
        self._reader = reader

    def by_id(self, id_: str) -> TraceView | None:
        """Return what is known under a full id, or under a message id that one source has; else None."""
        request = requests.find_request(self._caller, self._data, id_)
        if request is not None:
            return self._of_request(id_, request)
        delivery = self._reader.deliveries.get(id_)
        if delivery is not None:
            if not belongs(delivery.destination, self._caller.workspace):
                return None
            return self._of_event(id_, delivery.event_id)
        return self._of_event(id_, id_) or self._of_message(id_)

    def starting_with(self, prefix: str) -> list[str]:
        """Return ids of requests, events and deliveries that begin so."""
        wanted = self._caller.workspace
        return [
            *requests.starting_with(self._caller, self._data, prefix),
            *deliveries.starting_with(self._reader, prefix, wanted),
            *events.starting_with(self._journal, self._reader, prefix),
        ]

    def _of_event(self, id_: str, event_id: str) -> TraceView | None:
        place = self._place(event_id)
        if place is None:
            return None
        life = lives.whole(place, self._reader)
        source = life.event
        if not self._caller.sees(source.workspace if source else ""):
            return None
        request = (
            requests.find_request(self._caller, self._data, source.request_id) if source else None
        )
        shown = request_view(request, whole=True) if request else None
        return TraceView(id=id_, request=shown, events=[life])

    def _of_message(self, message_id: str) -> TraceView | None:
        """Return the trace of the first event of a message that a source received under this id."""
        catalog = build_catalog(self._reader.configuration.all(), None)
        ids = [
            message_event_id(workspace, source, message_id, 0)
            for workspace, tenant in catalog.items()
            if self._caller.sees(workspace)
            for source in {*tenant.sources, *(partner for partner, _ in tenant.mappers)}
        ]
        found = sorted(self._reader.applied.existing(ids)) if ids else []
        if len(found) > 1:
            raise ambiguous(
                "message",
                message_id,
                found,
                what="several sources received a message of this id",
                hint="Name the event.",
            )
        return self._of_event(message_id, found[0]) if found else None

    def _place(self, event_id: str) -> lives.Place | None:
        applied = self._reader.applied.get(event_id)
        if applied is not None:
            return lives.Place(
                event_id=event_id,
                partition=applied.partition,
                position=applied.position,
                entry=self._journal.entry(applied.partition, applied.position),
            )
        entry = events.find_entry(self._journal, self._reader, event_id)
        return lives.place_of(entry) if entry else None

    def _of_request(self, id_: str, request: StoredRequest) -> TraceView:
        found: dict[str, EventView] = {}
        for event_id in applied_of([request], self._reader):
            place = self._place(event_id)
            assert place is not None, "it was applied"
            life = lives.whole(place, self._reader)
            if life.event is None or life.event.request_id == request.request_id:
                found[event_id] = life
        wanted = request.events - sum(
            life.event is None or life.event.remap is None for life in found.values()
        )
        if wanted > 0:
            for entry in self._entries_of(request):
                if entry.record.id not in found:
                    wanted -= 1
                    found[entry.record.id] = lives.whole(lives.place_of(entry), self._reader)
                if not wanted:
                    break
        ordered = sorted(found.values(), key=_item_and_generation)
        return TraceView(id=id_, request=request_view(request, whole=True), events=ordered)

    def _entries_of(self, request: StoredRequest) -> Iterator[Entry]:
        """Yield the entries of a request, from the time it was received on."""
        for partition in range(self._journal.partitions):
            after = self._journal.position_at(partition, request.received_at)
            while batch := self._journal.read(partition, after=after, limit=READ_ROWS):
                yield from (entry for entry in batch if _is_of(entry, request))
                after = batch[-1].position
                if batch[-1].record.at > request.received_at + COMMIT_SLACK_MS:
                    break


def _is_of(entry: Entry, request: StoredRequest) -> bool:
    """Tell whether an entry is of a request; of one that cannot be read its id must say it."""
    event = read_entry(entry)
    if isinstance(event, Undecodable):
        return entry.record.id.startswith(stem_of(request))
    return event.request_id == request.request_id


def _item_and_generation(life: EventView) -> tuple[int, int]:
    return (life.event.item_index, life.event.generation) if life.event else (0, 0)
