"""How the engine reads and commits: the `[engine]` table of `heliograph.toml`."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about the engine that may be tuned; the defaults fit one machine."""

    lease_ttl_ms: Annotated[int, msgspec.Meta(ge=100)] = 10_000
    """How long claimed partitions stay an engine's own without a sign of life; renewed in a third of it.
    After a `kill -9` another engine, or the same one started again, goes on after this time at most."""
    batch_events: Count = 500
    """Events in one transaction, at most, over all partitions."""
    idle_min_s: Positive = 0.005
    """First wait when nothing is new; doubles up to `idle_max_s`."""
    idle_max_s: Positive = 0.05
    retry_s: Positive = 0.5
    """Wait after the journal or the store did not answer."""
    stalled_retry_s: Positive = 30.0
    """How often a partition that cannot be read (trimmed beyond the cursor) is tried again."""
