"""Deliveries: what is to be sent, what was sent, what was given up, with every attempt."""

import msgspec

from heliograph.model.delivery import Delivery, DeliveryState
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.names import belongs, full_destination, full_id, not_found
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.views import DeliveryView, delivery_view
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
        query = msgspec.structs.replace(
            query_of(caller, reader, wanted),
            before_seq=int(key[0]) if key else None,
            limit=page.limit + 1,
        )
        found = reader.deliveries.find(query)
    more = len(found) > page.limit
    shown = [delivery_view(delivery) for delivery in found[: page.limit]]
    return Listed(items=shown, next=cursor(_NOUN, shown[-1].seq) if more else None)


def query_of(caller: Caller, reader: Reader, wanted: DeliveryFilter) -> DeliveryQuery:
    """Return the query that means what is wanted, within what the caller sees; of any number."""
    destination = (
        full_destination(caller, reader, wanted.destination, wanted.workspace)
        if wanted.destination
        else None
    )
    return DeliveryQuery(
        workspace=caller.within(wanted.workspace),
        destination=destination,
        event_id=wanted.event_id,
        states=wanted.states,
        limit=0,
    )


def show_delivery(caller: Caller, hub: Hub, said: str) -> DeliveryView:
    """Return a delivery with its event and every attempt; `said` is its id, or the beginning of it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        delivery = require_delivery(caller, reader, said)
        attempts = reader.deliveries.attempts(delivery.delivery_id)
    event = read_stored(delivery.event, delivery.event_id)
    if isinstance(event, Undecodable):
        return delivery_view(delivery, attempts=attempts, fault=event.reason)
    return delivery_view(delivery, event=event, attempts=attempts)


def require_delivery(
    caller: Caller, reader: Reader, said: str, workspace: str | None = None
) -> Delivery:
    """Return the delivery of an id or its beginning, in what the caller sees.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`.
    """
    wanted = caller.within(workspace)
    found = reader.deliveries.get(said)
    if found is None:
        id_ = full_id(_NOUN, said, lambda prefix: starting_with(reader, prefix, wanted))
        found = reader.deliveries.get(id_)
    if found is None or not belongs(found.destination, wanted):
        raise not_found(_NOUN, said)
    return found


def starting_with(reader: Reader, prefix: str, workspace: str | None) -> list[str]:
    """Return at most two ids of deliveries that begin so."""
    query = DeliveryQuery(workspace=workspace, id_prefix=prefix, limit=2)
    return [delivery.delivery_id for delivery in reader.deliveries.find(query)]
