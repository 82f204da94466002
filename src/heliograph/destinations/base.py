"""What a destination is: a settings type, a pure `plan`, a pure `classify`, and what it can do.

A destination never sleeps, retries, logs or touches network, disk or clock; sending, budgets and
retries live once in `heliograph.delivery`. Each one is a folder with the same files (DESIGN section 5).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from heliograph.model.delivery import Hold, Outcome
from heliograph.model.event import Event
from heliograph.model.json import Json
from heliograph.model.secret import Secret

S = TypeVar("S")
LEAST_IN_FLIGHT: Final = 16
MOST_IN_FLIGHT: Final = 256


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who the event is about, merges resolved at the moment of planning."""

    profile_id: str
    """Canonical profile id."""
    customer_id: str | None = None
    """The person's known customer id, also when the event itself was anonymous."""
    anonymous_ids: tuple[str, ...] = ()
    traits: dict[str, Json] = {}
    """All profile attributes; an event's own traits are on the event."""


class PlanContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plan may depend on besides the event."""

    delivery_id: str
    """Idempotency key: the same for every attempt and for replays."""
    person: Person


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender signs at the moment of sending: a signature holds the time, and a plan has none.

    `http.signed(request, at_ms)` adds the headers `webhook-timestamp` and `webhook-signature`.
    """

    secret: Secret
    scheme: Literal["standard-webhooks"] = "standard-webhooks"


class RequestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request. Requests of a plan are sent in order, each after the one before was delivered."""

    method: str
    url: str
    headers: dict[str, str] = {}
    """Holds real credentials; mask with `secret_headers` before showing."""
    body: bytes = b""
    secret_headers: frozenset[str] = frozenset({"authorization"})
    """Lower-case names whose values are masked in attempts, logs and `destination plan`."""
    secret_values: tuple[str, ...] = ()
    """Credentials that stand in the URL or the body, masked wherever they appear."""
    bucket: str = "requests"
    """Which of the destination's limits this request draws from."""
    cost: int = 1
    """Tokens drawn, for limits that count events."""
    label: str = ""
    """What it is for, shown in traces: `user`, `event`."""
    bundle: str = ""
    """Requests with the same text, not empty, may be sent as one (`Destination.combine`)."""
    signing: Signing | None = None
    """Pass every request through `http.signed` right before it is sent."""

    def __repr__(self) -> str:
        """Return method, label and size only: URL, headers and body may hold credentials."""
        return f"RequestPlan({self.method} {self.label or 'request'}, {len(self.body)} bytes)"


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What came back; header names lower-case; the body is cut at 64 KiB."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    repeated: bool = False
    """The request went out twice: a kept connection was closed before anything of an answer came."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A documented limit: `amount` per `per_s` seconds, drawn by requests of one bucket."""

    bucket: str
    amount: float
    per_s: float
    source: str
    """Where the vendor says so, with the date of the copy."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's bulk endpoint takes at once."""

    items: int
    """Deliveries in one request, at most."""
    bytes: int
    """Sum of their bodies, at most."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the delivery side and the linter need to know in advance."""

    limits: tuple[Limit, ...] = ()
    """What all requests of the destination share."""
    key_limits: tuple[Limit, ...] = ()
    """What the requests about one person share; the vendor answers 429 above it."""
    concurrency: int | None = None
    """Requests in flight at most; None: what `in_flight` says."""
    timeout_s: float = 30.0
    max_body_bytes: int | None = None
    bundle: Bundle | None = None
    """Several deliveries may go in one request; needs `combine` and `split`."""
    accepts_anonymous: bool = True
    idempotent: bool = True
    """Whether the vendor recognises a repeated idempotency key."""
    idempotent_for_s: float | None = None
    """How long it does; an attempt after that may duplicate the event. None = no end is documented."""

    @property
    def in_flight(self) -> int:
        """Requests in flight at most, unless the destination's document says otherwise.

        Enough to use the widest limit up when each answer takes a second, between 16 and 256: with fewer, a
        distant vendor's latency would be the limit and not its budget.
        """
        if self.concurrency is not None:
            return self.concurrency
        widest = max((limit.amount / limit.per_s for limit in self.limits), default=0.0)
        return min(max(LEAST_IN_FLIGHT, math.ceil(widest)), MOST_IN_FLIGHT)


class PlanWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something the vendor would silently trim or drop; shown by `plan` and by lint."""

    code: str
    message: str
    where: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent for one event; no requests and no hold means: nothing to send, delivered."""

    requests: tuple[RequestPlan, ...] = ()
    hold: Hold | None = None
    warnings: tuple[PlanWarning, ...] = ()


class Destination(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """A kind of target, registered in `registry.BUILT_IN` or by entry point `heliograph.destinations`."""

    name: str
    """The `type` of `destinations/*.toml`: `webengage`, `moengage`, `heap`, `webhook`."""
    title: str
    settings: type[S]
    """Frozen msgspec Struct; every field has title, description, example and a secret mark (see http.py)."""
    capabilities: Callable[[S], Capabilities]
    plan: Callable[[Event, PlanContext, S], Plan]
    """PURE. The event has gone through the blueprint.

    Raises DestinationError (`destination.invalid_event`) when the event can never be sent."""
    classify: Callable[[Response], Outcome]
    """PURE. Network failures never come here; the courier makes them `Retry`."""
    combine: Callable[[Sequence[RequestPlan]], RequestPlan] | None = None
    """PURE. One request in place of two or more of the same `RequestPlan.bundle`, in their order; its cost
    is the sum of theirs, unless the vendor counts requests."""
    split: Callable[[Response, int], list[Outcome] | None] | None = None
    """PURE. What the answer to a combined request means for each of its deliveries, in their order; None
    when the whole was refused for something in it or for its size: halves are sent instead."""
    probe: Callable[[S], RequestPlan | None]
    """PURE. A cheap request that checks the credentials; None when the vendor has none.

    Delivered and Reject mean that they were accepted (a probe may be refused for its content), Pause
    that they were not; anything else says nothing."""
    blueprints: Sequence[Any]
    """Presets (`heliograph.destinations.blueprint.rules.Blueprint`), the first is `default`."""
