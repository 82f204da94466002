"""How deliveries look to people and programs; see `views` for what holds for all nouns."""

from typing import Literal

import msgspec

from heliograph.model.delivery import Attempt, Delivery, DeliveryState, Origin
from heliograph.model.event import Event

WaitCause = Literal[
    "behind",
    "held",
    "paused",
    "misconfigured",
    "disabled",
    "removed",
    "later",
    "circuit",
    "budget",
    "in_flight",
    "no_worker",
    "due",
]


class WaitView(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a delivery was not sent yet."""

    cause: WaitCause
    """`behind`: an earlier one of the same person; `held`: the person is not known; `later`: it was tried and
    is tried again; the state of the destination; `circuit`: the destination does not answer; `budget`: what
    may be sent a minute; `in_flight`: an answer is awaited; `no_worker`; `due`: none of these."""
    text: str
    """For a person."""
    since: int | None = None
    until: int | None = None
    """When it ends by itself; null when that is not known."""
    behind: str | None = None
    """Id of the delivery that goes first."""


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the event that is cut, left out or written otherwise in the requests."""

    code: str
    """One of those listed in the reference of destinations."""
    where: str
    """JSON path in the event as the blueprint leaves it."""
    message: str


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """The intent to send one event to one destination, and how far it came."""

    delivery_id: str
    destination: str
    """`<workspace>/<name>`."""
    state: DeliveryState
    reason: str | None
    """Why it is in its state."""
    pipeline: str
    blueprint: str | None
    key: str
    profile_id: str
    event_id: str
    partition: int
    position: int
    seq: int
    due_at: int
    created_at: int
    first_attempt_at: int | None
    finished_at: int | None
    attempts_made: int
    retries: int
    steps_done: int
    replays: int
    origin: Origin
    priority: int
    event: Event | None = None
    """Null in a list, in a trace (where it stands above), and when it cannot be read."""
    attempts: list[Attempt] | None = None
    """Oldest first, secrets masked; null in a list."""
    waits: list[WaitView] | None = None
    """Why it was not sent yet, what must end first at first; null in a list and when it has ended."""
    findings: list[FindingView] | None = None
    """What of the event the requests do not say, by the destination's settings of today; null in a list and
    when no plan can be made."""
    fault: str | None = None
    """Why its event cannot be read."""


def delivery_view(
    delivery: Delivery,
    *,
    event: Event | None = None,
    attempts: list[Attempt] | None = None,
    waits: list[WaitView] | None = None,
    findings: list[FindingView] | None = None,
    fault: str | None = None,
) -> DeliveryView:
    """Return the view of a delivery, with what there is room for."""
    fields = {
        name: getattr(delivery, name)
        for name in DeliveryView.__struct_fields__
        if name not in ("attempts_made", "event", "attempts", "waits", "findings", "fault")
    }
    return DeliveryView(
        **fields,
        attempts_made=delivery.attempts,
        event=event,
        attempts=attempts,
        waits=waits,
        findings=findings,
        fault=fault,
    )


class TryView(msgspec.Struct, frozen=True, kw_only=True):
    """What came of trying deliveries now."""

    hurried: int
    """Deliveries that waited for a later try and are due now."""
    notes: list[str]
    """What stands in the way of those that were named, and of destinations."""


class ReplayView(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did."""

    replayed: int
    """Dead letters that are open again; they keep delivery id and idempotency key."""
