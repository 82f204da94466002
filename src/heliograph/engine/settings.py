"""How the engine reads and commits: the `[engine]` table of `heliograph.toml`."""

from typing import Annotated, Final

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]

GROUP: Final = "engine"
"""The engine among the readers of the journal; here, so that asking how far it is loads no engine."""


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about the engine that may be tuned; the defaults fit one machine."""

    lease_ttl_ms: Annotated[int, msgspec.Meta(ge=100)] = 10_000
    """How long claimed partitions stay an engine's own without a sign of life; renewed in a third of it.
    After a `kill -9` another engine, or the same one started again, goes on after this time at most."""
    batch_events: Count = 1_000
    """Events in one transaction, at most, over all partitions."""
    gather_s: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    """How long after a small batch the next one begins, and twice as long after a very small one: what comes
    meanwhile shares its transaction. An event that comes after a pause is applied at once."""
    gather_events: Count = 500
    """A batch of so many is not small: the next one begins at once."""
    idle_s: Positive = 1.0
    """Longest wait for something new before the engine looks around (configuration, leases, timers)."""
    timer_grace_ms: Annotated[int, msgspec.Meta(ge=0)] = 1_000
    """How much later than its time a timer fires, so that events under way then come first."""
    retry_s: Positive = 0.5
    """Wait after the journal or the store did not answer."""
    stalled_retry_s: Positive = 30.0
    """How often a partition that cannot be read is tried again."""
