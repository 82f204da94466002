"""Deliveries: the intent to send one event to one destination, its tries, and what a try may end in.

```mermaid
stateDiagram-v2
    [*] --> waiting: nothing open before it for (destination, key)
    [*] --> queued: an earlier delivery of the same (destination, key) is open
    queued --> waiting: the one before it is delivered or dead
    waiting --> held: the destination cannot take it yet (no known customer)
    held --> waiting: the person was identified, nothing open of its key
    held --> queued: the person was identified, another one of its key is open
    waiting --> queued: a merge, an earlier one of the person is in line
    waiting --> delivered
    waiting --> dead
    dead --> waiting: replay, nothing open before it
    dead --> queued: replay, an earlier one is open
```

Order holds per (destination, key): only one delivery of a key is `waiting` at a time. A held or dead one
does not block those behind it. One that is in flight is `waiting`: who sends to a destination is settled by a
lease on the destination, and what it has in hand is known to that courier alone (see `delivery.lane.lane`). A
merge gives what is open of the persons one key, in order; one that was in flight then may end although it
is `queued`.
"""

from typing import Final, Literal

import msgspec

DeliveryState = Literal["queued", "waiting", "held", "delivered", "dead"]
UNDELIVERED: Final[tuple[DeliveryState, ...]] = ("queued", "waiting", "held")
"""States of what is still to be sent: not delivered, and not given up either."""

TRANSITIONS: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("", "waiting"),
        ("", "queued"),
        ("queued", "waiting"),
        ("waiting", "held"),
        ("waiting", "queued"),
        ("held", "waiting"),
        ("held", "queued"),
        ("waiting", "delivered"),
        ("waiting", "dead"),
        ("dead", "waiting"),
        ("dead", "queued"),
    }
)
AFTER_A_TURN: Final[frozenset[str]] = frozenset({"waiting", "held", "delivered", "dead"})
"""What a courier may make of a delivery; `queued` is made by what comes before it in its line only."""

DestinationState = Literal["active", "paused", "misconfigured"]

Origin = Literal["pipeline", "replay", "campaign"]
"""What asked for a delivery: an event that came in, a person who sends a dead letter again, a campaign."""
PRIORITIES: Final[dict[Origin, int]] = {"pipeline": 0, "replay": 1, "campaign": 2}
"""The class of an origin in a destination's budget: 0 is live and goes first, the others share the rest."""


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """The destination took it."""


class Retry(msgspec.Struct, frozen=True, tag="retry"):
    """It may work later; spends the retry budget. `after_s` is the destination's own wish, if any."""

    reason: str
    after_s: float | None = None


class Throttle(msgspec.Struct, frozen=True, tag="throttle"):
    """Too fast (429): wait without spending the retry budget, and slow the whole destination."""

    reason: str
    after_s: float | None = None


class Reject(msgspec.Struct, frozen=True, tag="reject"):
    """It will never work as it is: dead letter."""

    reason: str


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Credentials or address are wrong: stop the destination, keep everything, tell a person."""

    reason: str


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """Not before the person is identified; said by `plan`, never by a response."""

    reason: str


Outcome = Delivered | Retry | Throttle | Reject | Pause | Hold


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the engine asks for: one event, one pipeline, one destination."""

    delivery_id: str
    destination: str
    """`<workspace>/<name>`: names are unique within a workspace only."""
    pipeline: str
    blueprint: str | None
    """Reference to the text of the blueprint, see `destinations.blueprint.pinning`.

    None sends the event unmapped.
    """
    key: str
    """Order is kept per (destination, key): the canonical profile id when the delivery was made."""
    profile_id: str
    """First profile id of the event; merges are looked up when the request is planned."""
    event_id: str
    partition: int
    position: int
    event: bytes
    """The encoded event."""
    origin: Origin = "pipeline"
    priority: int = 0
    """Its class in the destination's budget, see `PRIORITIES`."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as stored. Times are UTC epoch milliseconds."""

    seq: int
    """Rises with the order of enqueueing; order within a key follows it."""
    delivery_id: str
    destination: str
    pipeline: str
    blueprint: str | None
    key: str
    profile_id: str
    event_id: str
    partition: int
    position: int
    event: bytes
    state: DeliveryState
    due_at: int
    attempts: int
    """Attempts made; retries are counted in `retries`, throttles are not."""
    retries: int
    steps_done: int
    """Requests of the plan that were taken already; a new attempt starts behind them."""
    created_at: int
    first_attempt_at: int | None
    finished_at: int | None
    reason: str | None
    """Why it is in its state, for a person."""
    replays: int = 0
    origin: Origin = "pipeline"
    priority: int = 0


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one request of a delivery, with secrets masked."""

    delivery_id: str
    number: int
    """From 1, over the life of the delivery."""
    step: int
    """Index of the request in the plan."""
    at: int
    duration_ms: float
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    """None when no response came."""
    response_headers: dict[str, str]
    response_body: str
    verdict: str
    """Tag of the outcome: delivered, retry, throttle, reject, pause."""
    reason: str
    bundled: int = 1
    """How many deliveries went in the same request; what is shown is this one's part of it."""
    fault: str | None = None
    """What of it could not be read back, and why; None as it is written."""
