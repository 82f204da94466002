"""A remap: stored requests mapped again, and what came of it."""

from typing import Literal

import msgspec

RemapState = Literal["running", "done"]


class RemapCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a remap found so far; events are counted once each."""

    requests: int = 0
    """Looked at."""
    unchanged: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    out_of_reach: int = 0
    """Requests whose events the journal holds no longer: they stay as they are."""
    unreadable: int = 0
    """Requests that the disk has changed since they were received: their events stay as they are."""


class Remap(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a mapper version over stored requests. Times are UTC epoch milliseconds."""

    remap_id: str
    workspace: str
    source_id: str
    mapper: str
    """`partner/config@version` that maps now."""
    received_under: tuple[str, ...]
    """Addresses of the mappers whose requests are mapped again."""
    since_ms: int | None
    """Requests received from here on; None: from the oldest one kept."""
    until_ms: int
    """Requests received before."""
    resend: bool
    """Corrected events make deliveries."""
    started_at: int
    state: RemapState = "running"
    finished_at: int | None = None
    counts: RemapCounts = RemapCounts()
    reached_ms: int | None = None
    """Time of receipt of the last request that is done; None before the first."""
    reached_id: str | None = None
    """That request."""
