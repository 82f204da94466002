"""Dead letters that a person sends again."""

from collections.abc import Sequence

import msgspec

from heliograph.operations.act.sending.deliveries import replay_dead_letters
from heliograph.operations.caller import Caller
from heliograph.operations.delivery_views import ReplayView
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.deliveries import DeliveryFilter, require_delivery, wish_of


def replay(
    caller: Caller,
    hub: Hub,
    wanted: DeliveryFilter,
    *,
    ids: Sequence[str] = (),
    newest_blueprint: bool = False,
) -> ReplayView:
    """Make dead letters open again, oldest first; they keep delivery id and idempotency key.

    Args:
        caller: who asks.
        hub: opened for writing the store.
        wanted: which ones; everything the caller sees when nothing is named. States are ignored.
        ids: of deliveries, or parts of ids; then only those of them that are `wanted` as well.
        newest_blueprint: with today's text of the blueprint, not the one each was made with.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `caller.refused`; nothing was changed.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    store = hub.data.store
    with store.read() as reader:
        found = [require_delivery(caller, reader, id_, wanted.workspace) for id_ in ids]
        query = msgspec.structs.replace(
            wish_of(caller, hub, reader, wanted).query,
            states=(),
            delivery_ids=tuple(delivery.delivery_id for delivery in found),
        )
    done = replay_dead_letters(
        store, query, clock=hub.clock, by=caller.who, newest_blueprint=newest_blueprint
    )
    return ReplayView(replayed=done.replayed)
