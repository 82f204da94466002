"""The whole life of one thing: request → items → events → profile → deliveries → attempts.

Start from any id: a request, an event (or the sender's message id), or a delivery. A request is followed
to its events by their ids, which follow from its own or its message's; later generations, which a remap
wrote, are among them. Those that the engine has not come to are looked for in the journal around the
time the request was received.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from heliograph.engine.loop import GROUP
from heliograph.model.delivery import Attempt, Delivery
from heliograph.model.event import Event, decode_event
from heliograph.model.request import StoredRequest
from heliograph.profiles.fold import Person
from heliograph.profiles.lookup import load_person
from heliograph.remap.request_events import applied_of
from heliograph.storage.applied import AppliedEvent
from heliograph.storage.data import Data
from heliograph.storage.deliveries import DeliveryQuery
from heliograph.storage.journal import Entry, Journal
from heliograph.storage.store import Reader

READ_ROWS = 500
COMMIT_SLACK_MS = 5_000
"""How much later than a request another one may have been received and still stand before it."""
LAG_ROWS = 10_000
"""How many events beyond the engine's cursor are looked through, per partition, for one not applied yet."""
EventState = Literal["pending", "applied", "skipped", "duplicate"]


class DeliveryLife(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with all its tries, oldest first, secrets masked."""

    delivery: Delivery
    attempts: list[Attempt]


class EventLife(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event."""

    event_id: str
    partition: int
    position: int
    event: Event | None
    """None: its bytes were trimmed from the journal, or cannot be read."""
    state: EventState
    """`pending`: the engine has not come to it yet; `duplicate`: another place in the journal had this id
    before and is the one that counts."""
    reason: str | None
    """Why it was skipped."""
    profile_id: str | None
    person: Person | None
    """As known now."""
    deliveries: list[DeliveryLife]
    superseded_by: str | None = None
    """Id of the generation that a remap put in its place."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known under one id."""

    id: str
    request: StoredRequest | None
    """With its rejected items; None when it was trimmed, or the id is none of a request."""
    events: list[EventLife]
    """In the order of the request's items."""


def trace(id_: str, data: Data) -> Trace | None:
    """Return the life of a request, event, message or delivery; None when the id is unknown.

    Raises:
        StoreUnavailable: the journal or the store cannot be read now.
    """
    journal = data.journal
    with data.store.read() as reader:
        request = data.requests.get(id_)
        if request is not None:
            return _of_request(id_, request, journal, reader)
        delivery = reader.deliveries.get(id_)
        event_id = id_ if delivery is None else delivery.event_id
        applied = reader.applied.get(event_id)
        if applied is not None:
            entry = journal.entry(applied.partition, applied.position)
            life = _life(event_id, applied, entry, applied.partition, applied.position, reader)
        else:
            found = _in_lag(event_id, journal, reader)
            if found is None:
                return None
            life = _life(event_id, None, found, found.partition, found.position, reader)
        source = life.event
        return Trace(
            id=id_,
            request=data.requests.get(source.request_id) if source else None,
            events=[life],
        )


def _of_request(id_: str, request: StoredRequest, journal: Journal, reader: Reader) -> Trace:
    lives: dict[str, EventLife] = {}
    for event_id, applied in applied_of([request], reader).items():
        entry = journal.entry(applied.partition, applied.position)
        life = _life(event_id, applied, entry, applied.partition, applied.position, reader)
        if life.event is None or life.event.request_id == request.request_id:
            lives[event_id] = life
    wanted = request.events - sum(
        life.event is None or life.event.remap is None for life in lives.values()
    )
    if wanted > 0:
        for entry in _entries_of(request, journal):
            event_id = entry.record.id
            if event_id not in lives:
                wanted -= 1
                applied = reader.applied.get(event_id)
                lives[event_id] = _life(
                    event_id, applied, entry, entry.partition, entry.position, reader
                )
            if not wanted:
                break
    events = sorted(lives.values(), key=_item_and_generation)
    return Trace(id=id_, request=request, events=events)


def _item_and_generation(life: EventLife) -> tuple[int, int]:
    return (life.event.item_index, life.event.generation) if life.event else (0, 0)


def _entries_of(request: StoredRequest, journal: Journal) -> Iterator[Entry]:
    """Yield the entries of a request, from the time it was received on."""
    for partition in range(journal.partitions):
        after = journal.position_at(partition, request.received_at)
        while batch := journal.read(partition, after=after, limit=READ_ROWS):
            for entry in batch:
                event = _decoded(entry)
                if event is not None and event.request_id == request.request_id:
                    yield entry
            after = batch[-1].position
            if batch[-1].record.at > request.received_at + COMMIT_SLACK_MS:
                break


def _in_lag(event_id: str, journal: Journal, reader: Reader) -> Entry | None:
    positions = reader.cursors.positions(GROUP)
    for partition in range(journal.partitions):
        after = max(positions.get(partition, 0), journal.bounds(partition).first - 1)
        last = after + LAG_ROWS
        while after < last and (batch := journal.read(partition, after=after, limit=READ_ROWS)):
            for entry in batch:
                if entry.record.id == event_id:
                    return entry
            after = batch[-1].position
    return None


def _life(
    event_id: str,
    applied: AppliedEvent | None,
    entry: Entry | None,
    partition: int,
    position: int,
    reader: Reader,
) -> EventLife:
    state: EventState = "pending"
    if applied is not None:
        here = (applied.partition, applied.position) == (partition, position)
        state = applied.effect if here else "duplicate"
    profile_id = applied.profile_id if applied and applied.profile_id else None
    query = DeliveryQuery(event_id=event_id, limit=1000)
    return EventLife(
        event_id=event_id,
        partition=partition,
        position=position,
        event=_decoded(entry) if entry else None,
        state=state,
        reason=applied.reason if applied else None,
        profile_id=profile_id,
        person=load_person(reader, profile_id) if profile_id else None,
        deliveries=[
            DeliveryLife(
                delivery=delivery, attempts=reader.deliveries.attempts(delivery.delivery_id)
            )
            for delivery in reversed(reader.deliveries.find(query))
        ],
        superseded_by=reader.applied.superseded_by([event_id]).get(event_id),
    )


def _decoded(entry: Entry) -> Event | None:
    try:
        return decode_event(entry.record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
