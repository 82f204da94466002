"""Saying that the machine's clock is right, after it jumped."""

from heliograph.model.clock_steps import ClockRecord, accepted
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.clock import state_of
from heliograph.operations.views import ClockState
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.clock")


def accept(caller: Caller, hub: Hub) -> ClockState:
    """Let retention go by what the clock shows now.

    Args:
        caller: who asks.
        hub: opened for writing the store.

    Raises:
        StoreUnavailable: nothing was changed.
        InputError: `caller.refused`.
    """
    caller.require("act")
    caller.require_whole_hub("the clock")
    now = hub.sightings()
    with hub.data.store.transaction() as tx:
        before = tx.clock.get() or ClockRecord(seen=now, trusted_ms=now.wall_ms)
        record = accepted(before, now)
        tx.clock.put(record)
    log.info("clock accepted", by=caller.who, trusted_before=before.trusted_ms, now=now.wall_ms)
    return state_of(record, now)
