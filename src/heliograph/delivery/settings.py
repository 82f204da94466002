"""How deliveries are claimed, sent and tried again: the `[delivery]` table of `heliograph.toml`."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class RetrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a failed delivery is tried again: exponential backoff with full jitter.

    The nth retry comes after a random part (at least a tenth) of `min(cap_s, first_s * factor ** n)`
    seconds, or after the destination's own `Retry-After` when that is longer.
    """

    first_s: Positive = 5.0
    factor: Annotated[float, msgspec.Meta(ge=1)] = 3.0
    cap_s: Positive = 3600.0
    horizon_s: Positive = 86_400.0
    """Counted from the first attempt; the first failure after it makes a dead letter."""
    min_retries: Annotated[int, msgspec.Meta(ge=0)] = 8
    """Never dead before so many retries, so that time in which the hub or the destination was stopped
    does not use up the horizon."""


class CircuitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a destination that does not answer is left alone; see pace/circuit.py."""

    failures: Count = 16
    """Requests in a row without an answer that open the circuit."""
    first_s: Positive = 1.0
    """How long nothing is sent at first."""
    cap_s: Positive = 5.0
    """Longest time without a probe."""
    probes: Count = 4
    """Requests in flight while it is tried whether the destination answers again."""


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about the courier that may be tuned; the defaults fit one machine."""

    retry: RetrySettings = RetrySettings()
    circuit: CircuitSettings = CircuitSettings()
    request_timeout_s: Positive | None = None
    """Upper bound for the destinations' own timeouts."""
    proxy_from_environment: bool = False
    """Send through the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""
    ca_file: str | None = None
    """Certificates (PEM) that are trusted beside the system's, e.g. of a company's own authority."""
    poll_s: Positive = 0.2
    """How often idle destinations are looked at, all in one read."""
    catalog_poll_s: Positive = 0.25
    """How often configuration and destination states are looked at."""
    sweep_s: Positive = 5.0
    """How often the store is looked at without a sign of work: a clock may have been set."""
    prefetch: Count = 128
    """Deliveries read beyond those in flight, at most, per destination."""
    budget_wait_s: Positive = 3.0
    """Longest wait for the budget with a delivery in hand; who must wait longer gives it back."""
    lease_margin_s: Positive = 10.0
    """Added to a request's timeout and `budget_wait_s`; half as much again is how long the silence of a
    courier is borne before its destinations pass to another one."""
    group_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    """How long a result waits for others to share its transaction."""
    order_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 0.05
    """The same while deliveries queue behind others of their key and nothing else of their destination is
    due; it does not wait at all once nothing of it is under way."""
    group_max: Count = 400
    """So many results do not wait any longer."""
    store_retry_s: Positive = 0.5
    """Pause after the store could not be written."""
    shutdown_grace_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """How long requests in flight may take to finish when the courier stops."""
    utilisation: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.99
    """Part of a documented limit that is used; the rest covers jitter of the network."""
