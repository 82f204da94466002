"""Deliveries: what is to be sent, what was sent, what was given up, with every attempt."""

import msgspec

from heliograph.model.delivery import Delivery, DeliveryState
from heliograph.operations.caller import Caller
from heliograph.operations.delivery_views import DeliveryView, delivery_view
from heliograph.operations.hub import Hub
from heliograph.operations.look.records import events
from heliograph.operations.look.records.told import Told
from heliograph.operations.look.records.waits import Waits
from heliograph.operations.names import (
    FITS,
    Parts,
    belongs,
    full_destination,
    full_id,
    not_found,
)
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.persons import Named, members, require_named
from heliograph.storage.events.stored_events import Undecodable, read_stored
from heliograph.storage.store import Reader
from heliograph.storage.work.deliveries import DeliveryQuery

_NOUN = "delivery"


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries are wanted."""

    workspace: str | None = None
    destination: str | None = None
    """`<name>` or `<workspace>/<name>`."""
    event_id: str | None = None
    """Or a part of it."""
    person: str | None = None
    """As `persons.named` takes it; everything of the person, merges resolved."""
    states: tuple[DeliveryState, ...] = ()
    """Empty means all."""


def list_deliveries(
    caller: Caller, hub: Hub, wanted: DeliveryFilter, page: Page
) -> Listed[DeliveryView]:
    """Return deliveries, newest first, without their events and attempts.

    Raises:
        HeliographError: `lookup.not_found` and `lookup.ambiguous` for the destination, `caller.refused`,
            `page.invalid`.
        StoreUnavailable: the store cannot be read.
    """
    caller.require("look")
    key = page.key(_NOUN)
    with hub.data.store.read() as reader:
        wish = wish_of(caller, hub, reader, wanted)
        query = msgspec.structs.replace(
            wish.query,
            before_seq=int(key[0]) if key else None,
            limit=page.limit + 1,
        )
        found = reader.deliveries.find(query)
    more = len(found) > page.limit
    shown = [delivery_view(delivery) for delivery in found[: page.limit]]
    return Listed(items=shown, next=cursor(_NOUN, shown[-1].seq) if more else None, note=wish.note)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter means."""

    query: DeliveryQuery
    """Of any number of deliveries."""
    note: str | None
    """What the one who asked should know: the identifier is spelled otherwise."""


def wish_of(caller: Caller, hub: Hub, reader: Reader, wanted: DeliveryFilter) -> Wish:
    """Return the query that means what is wanted, within what the caller sees.

    Raises:
        HeliographError: `lookup.not_found` and `lookup.ambiguous`, for destination, event and person.
    """
    workspace = caller.within(wanted.workspace)
    destination = (
        full_destination(caller, reader, wanted.destination, wanted.workspace)
        if wanted.destination
        else None
    )
    event_id = (
        events.full_event_id(hub.data.journal, reader, wanted.event_id, workspace)
        if wanted.event_id
        else None
    )
    person = require_named(caller, reader, wanted.person, workspace) if wanted.person else Named()
    return Wish(
        query=DeliveryQuery(
            workspace=workspace,
            destination=destination,
            event_id=event_id,
            profile_ids=members(reader, person.profile_ids),
            states=wanted.states,
            limit=0,
        ),
        note=person.note,
    )


def show_delivery(caller: Caller, hub: Hub, said: str) -> DeliveryView:
    """Return a delivery with its event and every attempt; `said` is its id, or a part of it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        delivery = require_delivery(caller, reader, said)
        attempts = reader.deliveries.attempts(delivery.delivery_id)
        reasons = Waits(hub, reader).of(delivery)
        findings = Told(reader).of(delivery)
    event = read_stored(delivery.event, delivery.event_id)
    if isinstance(event, Undecodable):
        return delivery_view(delivery, attempts=attempts, waits=reasons, fault=event.reason)
    return delivery_view(delivery, event=event, attempts=attempts, waits=reasons, findings=findings)


def require_delivery(
    caller: Caller, reader: Reader, said: str, workspace: str | None = None
) -> Delivery:
    """Return the delivery of an id or a part of one, in what the caller sees.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`.
    """
    wanted = caller.within(workspace)
    found = reader.deliveries.get(said)
    if found is None:
        id_ = full_id(_NOUN, said, id_parts(reader, wanted))
        found = reader.deliveries.get(id_)
    if found is None or not belongs(found.destination, wanted):
        raise not_found(_NOUN, said)
    return found


def id_parts(reader: Reader, workspace: str | None) -> Parts:
    """Return how ids of deliveries are found by a part of them."""

    def found(**part: str) -> list[str]:
        query = DeliveryQuery(workspace=workspace, limit=FITS, **part)  # type: ignore[arg-type]
        return [delivery.delivery_id for delivery in reader.deliveries.find(query)]

    return Parts(
        starting_with=lambda said: found(id_prefix=said),
        ending_with=lambda said: found(id_suffix=said),
    )
