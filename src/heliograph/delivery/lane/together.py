"""What a slot takes next: one delivery, or as many as its destination takes in one request."""

from heliograph.delivery.lane.ready import Ready
from heliograph.delivery.rows.hand import Hand
from heliograph.delivery.target.outlet import Outlet
from heliograph.delivery.turn.turn import TurnRunner
from heliograph.destinations.base import RequestPlan

Taken = tuple[Hand, TurnRunner, RequestPlan | None]
"""The request is there when several go together."""


def take_together(ready: Ready, outlet: Outlet) -> list[Taken]:
    """Take at least one of what is ready, and what may go with it.

    At most one delivery of a key is in hand at a time, so what goes together needs no order.
    """
    hand, since = ready.take()
    first = TurnRunner(hand, outlet, since=since)
    limits = outlet.target.capabilities.bundle
    request = first.bundling() if limits is not None and ready else None
    taken: list[Taken] = [(hand, first, request)]
    if limits is None or request is None:
        return taken
    size = len(request.body)
    while ready and len(taken) < limits.items:
        hand, since = ready.peek()
        runner = TurnRunner(hand, outlet, since=since)
        more = runner.bundling()
        if more is None or more.bundle != request.bundle:
            break
        size += len(more.body)
        if size > limits.bytes:
            break
        ready.take()
        taken.append((hand, runner, more))
    return taken
