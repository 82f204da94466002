"""The whole life of one thing: request → items → events → profile → deliveries → attempts.

Start from any id, or from a part of one: a request, an event, the sender's message id, a delivery; or from a
person, by any identifier: then the events received last are shown, each with what became of it.
A request is followed to its events by their ids, which follow from its own or its message's; later
generations, which a remap wrote, are among them. Those that the engine has not come to are looked for in
the journal around the time the request was received.
"""

import heapq
from collections.abc import Iterator
from typing import Final

from heliograph.model.documents.catalog import build_catalog
from heliograph.model.ids import message_event_id, message_id_of_mapper
from heliograph.model.request import StoredRequest
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.records import deliveries, events, lives, people, requests
from heliograph.operations.look.records.told import Told
from heliograph.operations.look.records.waits import Waits
from heliograph.operations.names import (
    TOO_SHORT,
    Parts,
    ambiguous,
    belongs,
    id_by_part,
    may_be_part,
    not_found,
)
from heliograph.operations.persons import (
    Named,
    exactly_named,
    id_parts,
    identifiers,
    members,
    spelled_otherwise,
)
from heliograph.operations.views import EventView, TraceView, request_view
from heliograph.remap.request_events import applied_of, stems_of
from heliograph.storage.events.journal import Entry
from heliograph.storage.events.stored_events import Undecodable, read_entry
from heliograph.storage.store import Reader

READ_ROWS = 500
COMMIT_SLACK_MS = 5_000
"""How much later than a request another one may have been received and still stand before it."""
_NOUN = "request, event or person"
SHOWN_EVENTS: Final = 10
"""Of a person."""


def trace(caller: Caller, hub: Hub, said: str) -> TraceView:
    """Return the life of a request, event, message or delivery, by its id or a part of it, or of a person.

    What is the full id of something is taken for that; then come identifiers of persons, parts of ids, and
    e-mail addresses in another spelling.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
        StoreUnavailable: the journal or the store cannot be read now.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        tracer = _Tracer(caller, hub, reader)
        found = tracer.by_id(said)
        if found is None:
            found = tracer.of_person(exactly_named(caller, reader, said))
        if found is None:
            id_ = id_by_part(_NOUN, said, tracer.id_parts())
            found = tracer.by_id(id_) if id_ is not None else None
            if found is None and id_ is not None:
                found = tracer.of_person(exactly_named(caller, reader, id_))
        if found is None:
            found = tracer.of_person(spelled_otherwise(reader, said, caller.workspace))
        if found is None:
            short = "" if may_be_part(said) else f" {TOO_SHORT}"
            raise not_found(_NOUN, said, more=f"People: `heliograph profiles list`.{short}")
        return found


class _Tracer:
    """One trace, in one view of the store."""

    def __init__(self, caller: Caller, hub: Hub, reader: Reader) -> None:
        self._caller = caller
        self._data = hub.data
        self._journal = hub.data.journal
        self._reader = reader
        self._waits = Waits(hub, reader)
        self._told = Told(reader)

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

    def id_parts(self) -> Parts:
        """Return how ids of requests, events, deliveries and profiles are found by a part of them."""
        wanted = self._caller.workspace
        kinds = [
            requests.id_parts(self._caller, self._data),
            deliveries.id_parts(self._reader, wanted),
            events.id_parts(self._journal, self._reader, wanted),
            id_parts(self._reader, wanted),
        ]
        return Parts(
            starting_with=lambda said: [id_ for kind in kinds for id_ in kind.starting_with(said)],
            ending_with=lambda said: [id_ for kind in kinds for id_ in kind.ending_with(said)],
        )

    def of_person(self, found: Named) -> TraceView | None:
        """Return a person with the events received last, applied ones and those that are to be."""
        person = people.person_of(self._caller, self._reader, found) if found.profile_ids else None
        if person is None:
            return None
        mine = members(self._reader, (person.profile_id,))
        known = identifiers(self._reader, mine)
        total, newest = 0, list[tuple[int, int, str]]()
        for id_ in mine:
            for one in self._reader.applied.surviving(id_):
                total += 1
                heapq.heappush(newest, (one.received_at, one.position, one.event_id))
                if len(newest) > SHOWN_EVENTS:
                    heapq.heappop(newest)
        coming = {
            entry.record.id: (entry.record.at, entry.position, entry.record.id)
            for entry in events.not_applied(self._journal, self._reader)
            if _concerns(entry, person.workspace, known)
        }
        repeated = self._reader.applied.existing([*coming])
        newest += [one for id_, one in coming.items() if id_ not in repeated]
        total += len(coming) - len(repeated)
        shown = [id_ for _, _, id_ in sorted(newest, reverse=True)[:SHOWN_EVENTS]]
        places = [place for id_ in shown if (place := self._place(id_)) is not None]
        return TraceView(
            id=person.profile_id,
            request=None,
            events=[lives.whole(place, self._reader, self._waits, self._told) for place in places],
            person=person,
            further=total - len(shown),
            note=found.note,
        )

    def _of_event(self, id_: str, event_id: str) -> TraceView | None:
        place = self._place(event_id)
        if place is None:
            return None
        life = lives.whole(place, self._reader, self._waits, self._told)
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
            message_event_id(workspace, source, name, 0)
            for workspace, tenant in catalog.items()
            if self._caller.sees(workspace)
            for source in {*tenant.sources, *(partner for partner, _ in tenant.mappers)}
            for name in (
                message_id,
                *(
                    message_id_of_mapper(config, message_id)
                    for _, config in tenant.mappers
                    if config
                ),
            )
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
            life = lives.whole(place, self._reader, self._waits, self._told)
            if life.event is None or life.event.request_id == request.request_id:
                found[event_id] = life
        wanted = request.events - sum(
            life.event is None or life.event.remap is None for life in found.values()
        )
        if wanted > 0:
            for entry in self._entries_of(request):
                if entry.record.id not in found:
                    wanted -= 1
                    found[entry.record.id] = lives.whole(
                        lives.place_of(entry), self._reader, self._waits, self._told
                    )
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
        return entry.record.id.startswith(tuple(stems_of(request)))
    return event.request_id == request.request_id


def _concerns(entry: Entry, workspace: str, identifiers: frozenset[str]) -> bool:
    """Tell whether an entry is of a person; what cannot be read is of nobody."""
    event = read_entry(entry)
    if isinstance(event, Undecodable) or event.workspace != workspace:
        return False
    return event.customer_id in identifiers or event.anonymous_id in identifiers


def _item_and_generation(life: EventView) -> tuple[int, int]:
    return (life.event.item_index, life.event.generation) if life.event else (0, 0)
