"""Forgetting a group of readers that is gone for good, and acknowledging what one has missed."""

from typing import Final

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.errors import InputError
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.readers import gap_view, gaps_of, open_gaps, readers_of
from heliograph.operations.names import not_found
from heliograph.operations.views import GapView, ReaderView
from heliograph.storage.reading.readers import Acknowledgement
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.readers")
LONGEST_REASON: Final = 500
"""Characters of a reason."""


def forget_reader(caller: Caller, hub: Hub, name: str) -> ReaderView:
    """Forget a group with its cursors: retention goes on without it. Returns what it was.

    If it comes back it begins at the oldest event that the journal still has.

    Raises:
        InputError: `lookup.not_found`; `reader.needed` for the engine; `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    caller.require_whole_hub("the list of readers")
    if name == GROUP:
        raise InputError(
            "reader.needed",
            "without the engine nothing is applied or delivered; it cannot be forgotten",
            status=409,
            where="name",
            found=name,
        )
    with hub.data.store.transaction() as tx:
        view = next((one for one in readers_of(hub, tx) if one.name == name), None)
        if view is None or not tx.readers.forget(name):
            raise not_found("reader group", name)
    return view


def acknowledge_gaps(
    caller: Caller, hub: Hub, group: str, *, reason: str, events: int | None = None
) -> list[GapView]:
    """Note that a person has looked at what a group missed, and leaves it as it is. Returns those gaps.

    What is missed after it is not covered.

    Args:
        caller: who asks; kept with the gaps.
        hub: opened for writing the store.
        group: of readers.
        reason: for those who come later; 1 to 500 characters.
        events: how many events they have seen missing; None: as many as there are now.

    Raises:
        InputError: `lookup.not_found`; `reader.no_gap`: nothing is open, or another number of events is
            missing; `reader.no_reason`; `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    caller.require_whole_hub("the list of readers")
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise InputError(
            "reader.no_reason",
            "an acknowledgement says why the gap stays as it is",
            where="reason",
            found=f"{len(reason)} characters",
            allowed=f"1 to {LONGEST_REASON} characters",
        )
    said = Acknowledgement(at=hub.clock.now_ms(), who=caller.who, reason=reason)
    with hub.data.store.transaction() as tx:
        gaps_of(tx, group)  # refuses a group that is not there
        found = open_gaps(tx, group)
        missed = sum(gap.events for gap in found)
        if not found or (events is not None and events != missed):
            raise InputError(
                "reader.no_gap",
                "there is no gap that nobody has acknowledged"
                if not found
                else "other events are missing than was said; look again",
                status=409,
                where="group" if not found else "events",
                found=group if not found else f"{events:,}",
                allowed=None if not found else f"{missed:,}",
                hint=f"See `heliograph readers gaps {group}`.",
            )
        tx.readers.acknowledge_gaps(group, said)
    log.warning("gaps acknowledged", group=group, events=missed, by=caller.who, reason=reason)
    return [gap_view(msgspec.structs.replace(gap, acknowledged=said)) for gap in found]
