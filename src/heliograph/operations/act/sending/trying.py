"""Deliveries that wait for a later try and are tried now, because a person says so."""

from collections.abc import Sequence

import msgspec

from heliograph.operations.caller import Caller
from heliograph.operations.delivery_views import TryView
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.deliveries import DeliveryFilter, require_delivery, wish_of
from heliograph.operations.look.records.waits import Waits
from heliograph.storage.store import Reader
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.trying")


def try_now(
    caller: Caller, hub: Hub, wanted: DeliveryFilter, *, ids: Sequence[str] = ()
) -> TryView:
    """Make deliveries that wait for a later try due now; what they have tried so far stays.

    For one that stands behind another of the same person that one is tried: order holds. A destination that
    is paused stays so, and one that does not answer is asked as carefully as before; `notes` say so.

    Args:
        caller: who asks.
        hub: opened for writing the store.
        wanted: which ones; everything the caller sees when nothing is named. States are ignored.
        ids: of deliveries, or parts of ids; then only those of them that are `wanted` as well.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `caller.refused`; nothing was changed.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    store = hub.data.store
    with store.read() as reader:
        wish = wish_of(caller, hub, reader, wanted)
        named = [require_delivery(caller, reader, id_, wanted.workspace) for id_ in ids]
        waits = Waits(hub, reader)
        heads = [
            next((one.behind for one in waits.of(each) or () if one.behind), each.delivery_id)
            for each in named
        ]
    query = msgspec.structs.replace(wish.query, states=(), delivery_ids=tuple(heads))
    with store.transaction() as tx:
        hurried = tx.deliveries.try_now(query, now_ms=hub.clock.now_ms())
    notes = [wish.note] if wish.note else []
    with store.read() as reader:
        for each in named:
            notes += _notes(hub, reader, each.delivery_id)
        notes += _stopped(hub, reader, wish.query.destination)
    log.info("deliveries tried now", deliveries=hurried, by=caller.who)
    return TryView(hurried=hurried, notes=list(dict.fromkeys(notes)))


def _notes(hub: Hub, reader: Reader, delivery_id: str) -> list[str]:
    """Return what stands in the way of a delivery that was named."""
    delivery = reader.deliveries.get(delivery_id)
    if delivery is None or delivery.state == "delivered":
        return [f"{delivery_id} is delivered."]
    if delivery.state == "dead":
        return [f"{delivery_id} was given up; `heliograph deliveries replay` sends it again."]
    reasons = Waits(hub, reader).of(delivery) or ()
    return [f"{delivery_id}: {one.text}." for one in reasons if one.cause not in ("due", "later")]


def _stopped(hub: Hub, reader: Reader, destination: str | None) -> list[str]:
    """Return what keeps a destination from being sent to, when one was named."""
    if destination is None:
        return []
    return [f"{one.text}." for one in Waits(hub, reader).of_destination(destination)]
