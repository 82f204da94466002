"""How far the worker is behind the journal, per partition and in all."""

import msgspec

from heliograph.storage.data import Data


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the journal that the engine has not applied yet."""

    events: int
    """At most this many; trimmed and unused positions count."""
    partitions: dict[int, int]
    """Partition -> events, for those that are behind."""
    oldest_at: int | None = None
    """When the oldest of them was received, UTC epoch milliseconds; None when there is none."""


def engine_lag(data: Data, group: str = "engine") -> Lag:
    """Return how far the named reader is behind.

    Raises:
        StoreUnavailable: journal or store cannot be read.
        StoreCorrupt: events that were not applied have been trimmed.
    """
    with data.store.read() as reader:
        positions = reader.cursors.positions(group)
    behind: dict[int, int] = {}
    oldest: list[int] = []
    for partition, bounds in enumerate(data.journal.heads()):
        position = max(positions.get(partition, 0), bounds.first - 1)
        if bounds.last > position:
            behind[partition] = bounds.last - position
            oldest.extend(entry.record.at for entry in data.journal.read(partition, position, 1))
    return Lag(events=sum(behind.values()), partitions=behind, oldest_at=min(oldest, default=None))
