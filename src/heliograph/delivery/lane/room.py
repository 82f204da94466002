"""How much a lane may read ahead now. Pure but for the clock of its outlet.

Of what is live as much as the budget lets through within a moment, and at most so many more than fit into
flight; of replays and campaigns a tenth of a second only, because a live delivery cannot pass what has left
the line already.
"""

from typing import Final, NamedTuple

from heliograph.delivery.lane.ready import Ready
from heliograph.delivery.target.outlet import Outlet

READ_AT_LEAST: Final = 32
"""Fewer than this are not read at once, unless less than that is in hand."""
READ_WAIT_S: Final = 0.02
OTHERS_AHEAD_S: Final = 0.1
"""So much of the budget, in seconds, is read ahead of what is not live."""
UNWRITTEN_GROUPS: Final = 4
"""So many groups of results may wait for the store before nothing new is sent."""


class Room(NamedTuple):
    """There is room."""

    limit: int
    """How many to read."""
    live: int
    """How many live ones of them at most; 0: do not look for any."""
    others: int
    """The same for each other class."""


class Wait(NamedTuple):
    """There is none yet."""

    seconds: float | None
    """None: until woken."""


def room_for(
    outlet: Outlet, ready: Ready, *, in_flight: int, in_hand: int, live: bool, others: bool
) -> Room | Wait:
    """Return how many to read now, or how long to wait until there is room.

    Args:
        outlet: of the lane.
        ready: what was read and not begun.
        in_flight: how many turns are under way.
        in_hand: those, what is ready, and results that are not written.
        live: whether more live ones may be due.
        others: whether more of another class may be.
    """
    settings = outlet.settings
    if outlet.closed.is_set() or not (live or others):
        return Wait(None)
    busy = len(ready) + in_flight
    room = outlet.target.concurrency + settings.prefetch - busy
    if in_hand - busy > UNWRITTEN_GROUPS * settings.group_max:
        return Wait(settings.store_retry_s)
    if room <= 0 or len(ready) > settings.prefetch // 2:
        return Wait(None)
    now = outlet.clock.monotonic_s()
    allowed = outlet.circuit.allowed(now=now)
    if allowed is not None:
        room = min(room, allowed - busy)
        if room <= 0:
            return Wait(outlet.circuit.wait_s(now=now) or None)
    ahead_s = settings.budget_wait_s / 2
    sendable = outlet.budget.forecast(ahead_s, now=now)
    if sendable is None:
        if room < READ_AT_LEAST and len(ready) >= READ_AT_LEAST:
            return Wait(READ_WAIT_S)
        return Room(room, room, room)
    soon = outlet.budget.forecast(OTHERS_AHEAD_S, now=now) or 0
    if ready.live:
        # Live ones wait for a budget that they have used up: it is their turns that others get a share of.
        soon = max(soon, 1 + ready.live // 8)
    of_others = min(room, soon - ready.others) if others else 0
    if of_others < READ_AT_LEAST and ready.others > soon // 2:
        of_others = 0
    of_live = min(room, sendable - ready.live)
    if of_live < READ_AT_LEAST and ready.live >= READ_AT_LEAST:
        of_live = 0
    if of_others > 0 or (live and of_live > 0):
        return Room(room, max(of_live, 0), max(of_others, 0))
    # What is in hand is served first; without any, the next token is what there is to wait for.
    reserve_s = ahead_s if live else OTHERS_AHEAD_S
    return Wait(max(outlet.budget.next_in_s(now=now) - reserve_s, READ_WAIT_S))
