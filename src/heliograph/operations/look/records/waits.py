"""Why a delivery was not sent yet: what it waits for, as a person would say it.

Several reasons may hold at once, such as an earlier delivery of the same person and a paused destination; the
one that has to end first comes first. What the store shows is said whether the hub runs or not; circuits,
budgets and requests in flight are known while a worker runs.
"""

from functools import cached_property

from heliograph.delivery.lane.lane import LaneStats
from heliograph.model.delivery import UNDELIVERED, Delivery
from heliograph.operations.delivery_views import WaitView
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.lanes import Lanes, lanes_of
from heliograph.operations.look.records.documents import lines_of
from heliograph.operations.moments import moment, span
from heliograph.operations.views import DestinationLine
from heliograph.storage.store import Reader
from heliograph.storage.work.deliveries import DeliveryQuery


class Waits:
    """Reasons of deliveries in one view of the store; looks at what they need once.

    Args:
        hub: whose workers are asked.
        reader: the view.
    """

    def __init__(self, hub: Hub, reader: Reader) -> None:
        self._hub = hub
        self._reader = reader
        self._now_ms = hub.clock.now_ms()

    def of(self, delivery: Delivery) -> list[WaitView] | None:
        """Return why it waits, the reason that must end first at first; None when it has ended."""
        if delivery.state not in UNDELIVERED:
            return None
        found: list[WaitView] = []
        if delivery.state == "held":
            found.append(_held(delivery))
        head = self._before(delivery) if delivery.state == "queued" else delivery
        if head is None:
            return [*found, *self.of_destination(delivery.destination)]
        if head is not delivery:
            found.append(self._behind(delivery, head))
        stopped = self.of_destination(head.destination)
        if stopped or head.state == "held":
            return found + stopped
        later = self._later(head, who="" if head is delivery else "that one is ")
        if later is not None:
            return [*found, later, *self._circuit(head)]
        return [*found, *self._now(head)]

    @cached_property
    def _lines(self) -> dict[str, DestinationLine]:
        return lines_of(self._reader)

    @cached_property
    def _lanes(self) -> Lanes | None:
        return lanes_of(self._hub)

    @cached_property
    def _since(self) -> dict[str, int]:
        return {name: state.since for name, state in self._reader.destinations.get_all().items()}

    def _before(self, delivery: Delivery) -> Delivery | None:
        """Return the one of its line that is next."""
        query = DeliveryQuery(
            destination=delivery.destination, key=delivery.key, states=("waiting",), limit=1
        )
        return next(iter(self._reader.deliveries.find(query)), None)

    def _behind(self, delivery: Delivery, head: Delivery) -> WaitView:
        query = DeliveryQuery(
            destination=delivery.destination,
            key=delivery.key,
            states=("queued",),
            before_seq=delivery.seq,
            limit=1_001,
        )
        between = len(self._reader.deliveries.find(query))
        more = f" and {between if between <= 1_000 else 'more than 1,000'} more" if between else ""
        return WaitView(
            cause="behind",
            text=f"behind {head.delivery_id}{more}: what concerns one person goes to a destination in order",
            since=delivery.created_at,
            behind=head.delivery_id,
        )

    def of_destination(self, name: str) -> list[WaitView]:
        """Return why nothing is sent to a destination `<workspace>/<name>` now, and since when."""
        line = self._lines.get(name)
        if line is None or line.state == "active":
            return []
        since = self._since.get(name) if line.state in ("paused", "misconfigured") else None
        when = f" since {moment(since)}" if since is not None else ""
        short = name.partition("/")[2]
        todo = {
            "paused": f"`heliograph destination resume {short}` sends again",
            "misconfigured": f"mend and apply it, or `heliograph destination resume {short}`",
        }.get(line.state, "")
        why = f": {line.reason.rstrip('.')}" if line.reason else ""
        return [
            WaitView(
                cause=line.state,
                text=f"{name} is {line.state}{when}{why}{f'; {todo}' if todo else ''}",
                since=since,
            )
        ]

    def _later(self, delivery: Delivery, *, who: str) -> WaitView | None:
        if delivery.due_at <= self._now_ms:
            return None
        tries = f", after {_counted(delivery.attempts, 'request')}" if delivery.attempts else ""
        why = f": {delivery.reason.rstrip('.')}" if delivery.reason else ""
        return WaitView(
            cause="later",
            text=f"{who}tried again at {moment(delivery.due_at)}, in {span(delivery.due_at - self._now_ms)}"
            f"{tries}{why}; `heliograph deliveries try {delivery.delivery_id}` tries it now",
            since=delivery.first_attempt_at,
            until=delivery.due_at,
        )

    def _circuit(self, delivery: Delivery) -> list[WaitView]:
        lane = self._lanes.known.get(delivery.destination) if self._lanes is not None else None
        if lane is None or lane.circuit == "closed":
            return []
        return [
            WaitView(
                cause="circuit",
                text=f"{delivery.destination} does not answer: only a request now and then is tried until "
                "it does (its circuit is open)",
            )
        ]

    def _now(self, delivery: Delivery) -> list[WaitView]:
        """Say why one that is due has not ended."""
        if self._lanes is None:
            return [
                WaitView(cause="no_worker", text="no worker runs; `heliograph up` starts the hub")
            ]
        lane = self._lanes.known.get(delivery.destination)
        if lane is None and self._lanes.silent:
            role, why = next(iter(self._lanes.silent.items()))
            return [_due(delivery, f"what the {role} does with it is not known: {why}")]
        if lane is None:
            return [_due(delivery, "no worker has this destination in hand yet")]
        return self._sending(delivery, lane) or [_due(delivery, "it is sent next")]

    def _sending(self, delivery: Delivery, lane: LaneStats) -> list[WaitView]:
        name = delivery.destination
        found = self._circuit(delivery)
        counts = self._lines[name].deliveries
        waiting = counts.get("waiting", 0)
        if lane.in_flight_s > 0:
            began = self._now_ms - round(lane.in_flight_s * 1000)
            first = f", the first of {lane.in_hand} in hand," if lane.in_hand > 1 else ""
            found.append(
                WaitView(
                    cause="in_flight",
                    text=f"a request to {name}{first} is in flight since {moment(began)} "
                    f"({span(self._now_ms - began)}); its answer is awaited",
                    since=began,
                )
            )
        if lane.budget.paused_for_s > 0:
            pause_ms = round(lane.budget.paused_for_s * 1000)
            found.append(
                WaitView(
                    cause="budget",
                    text=f"{name} asked for a pause: nothing is sent for another {span(pause_ms)}",
                    until=self._now_ms + pause_ms,
                )
            )
        elif lane.budget.allowed_per_minute is not None and waiting > lane.in_hand:
            whole_ms = round(waiting / lane.budget.allowed_per_minute * 60_000)
            found.append(
                WaitView(
                    cause="budget",
                    text=f"the budget of {name} lets {lane.budget.allowed_per_minute:,.0f} requests a "
                    f"minute through, and {waiting:,} deliveries wait: {span(whole_ms)} at most",
                    until=self._now_ms + whole_ms,
                )
            )
        return found


def _held(delivery: Delivery) -> WaitView:
    why = delivery.reason or "the destination takes only known customers"
    return WaitView(
        cause="held",
        text=f"{why}; it is sent when an event joins this person to a customer id, or "
        "`heliograph profiles merge` does",
        since=delivery.created_at,
    )


def _due(delivery: Delivery, why: str) -> WaitView:
    return WaitView(
        cause="due", text=f"due since {moment(delivery.due_at)}; {why}", since=delivery.due_at
    )


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many or one + 's'}"
