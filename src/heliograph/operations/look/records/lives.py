"""What became of events: state, person, deliveries with their attempts."""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.engine.routing.route import Routes, event_name
from heliograph.engine.settings import GROUP
from heliograph.model.documents.catalog import build_catalog
from heliograph.operations.delivery_views import DeliveryView, delivery_view
from heliograph.operations.look.records.told import Told
from heliograph.operations.look.records.waits import Waits
from heliograph.operations.views import EventState, EventView
from heliograph.profiles.lookup import load_person
from heliograph.storage.events.journal import Entry
from heliograph.storage.events.stored_events import Undecodable, read_entry
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Reader
from heliograph.storage.work.deliveries import DeliveryQuery

MOST_DELIVERIES: Final = 1_000
"""Shown of one event."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event is in the journal, or was before it was trimmed."""

    event_id: str
    partition: int
    position: int
    entry: Entry | None
    """None: it was trimmed."""


def place_of(entry: Entry) -> Place:
    """Return the place of an entry that is there."""
    return Place(
        event_id=entry.record.id, partition=entry.partition, position=entry.position, entry=entry
    )


def listed(entries: Sequence[Entry], reader: Reader) -> list[EventView]:
    """Return events with their states, as a list shows them; two queries."""
    ids = [entry.record.id for entry in entries]
    applied = reader.applied.get_many(ids)
    newer = reader.applied.superseded_by(ids)
    return [
        _view(place_of(entry), applied.get(entry.record.id), newer.get(entry.record.id))
        for entry in entries
    ]


def whole(place: Place, reader: Reader, waits: Waits, told: Told) -> EventView:
    """Return an event with its state, the person as known now, and its deliveries with their attempts.

    Args:
        place: of the event.
        reader: a view of the store.
        waits: says why deliveries wait, in the same view.
        told: says what their plans found, in the same view.
    """
    id_ = place.event_id
    applied = reader.applied.get(id_)
    view = _view(place, applied, reader.applied.superseded_by([id_]).get(id_))
    made = _deliveries(id_, reader, waits, told)
    return msgspec.structs.replace(
        view,
        person=load_person(reader, view.profile_id) if view.profile_id else None,
        deliveries=made,
        halted=None if made else why_no_delivery(view, reader),
    )


def _view(place: Place, applied: AppliedEvent | None, superseded_by: str | None) -> EventView:
    found = read_entry(place.entry) if place.entry else None
    state: EventState = "pending"
    if applied is not None:
        here = (applied.partition, applied.position) == (place.partition, place.position)
        state = applied.effect if here else "duplicate"
    received = place.entry.record.at if place.entry else applied and applied.received_at
    return EventView(
        event_id=place.event_id,
        partition=place.partition,
        position=place.position,
        received_at=received,
        event=None if isinstance(found, Undecodable) else found,
        fault=found.reason if isinstance(found, Undecodable) else None,
        state=state,
        reason=applied.reason if applied else None,
        profile_id=(applied.profile_id or None) if applied else None,
        superseded_by=superseded_by,
    )


def why_no_delivery(view: EventView, reader: Reader) -> str | None:
    """Say why an event has no delivery, as far as can be told now; None when its state says it all."""
    if view.state == "pending":
        read = reader.cursors.positions(GROUP).get(view.partition, 0)
        before = max(0, view.position - read - 1)
        line = "it is the next" if not before else f"{before:,} stand before it"
        return f"the worker has not applied it yet; in partition {view.partition} {line}"
    event = view.event
    if view.state != "applied" or event is None or event.retracted:
        return None
    tenant = build_catalog(reader.configuration.all(), None).get(event.workspace)
    pipelines = tenant.pipelines.values() if tenant else ()
    name = event_name(event)
    if Routes(event.workspace, pipelines).ways(event.source_id, name):
        return (
            "it has no delivery: pipelines take such events now and did not when it was applied, or its "
            "deliveries are past their retention"
        )
    if not any(one.enabled for one in pipelines):
        return f"it has no delivery: workspace {event.workspace} has no enabled pipeline"
    return (
        f"it has no delivery: no pipeline of {event.workspace} takes {name!r} from source "
        f"{event.source_id}; `heliograph pipeline list` shows what each takes"
    )


def _deliveries(event_id: str, reader: Reader, waits: Waits, told: Told) -> list[DeliveryView]:
    found = reader.deliveries.find(DeliveryQuery(event_id=event_id, limit=MOST_DELIVERIES))
    return [
        delivery_view(
            each,
            attempts=reader.deliveries.attempts(each.delivery_id),
            waits=waits.of(each),
            findings=told.of(each),
        )
        for each in reversed(found)
    ]
