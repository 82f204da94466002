"""Derived events on their way to the journal.

A stage's event is a row here in the transaction of the batch it was derived from. The relay appends it to
the journal and then removes the row. Killed in between, it appends the event once more; ids follow from
what an event was derived from, so the engine finds it applied and counts a duplicate.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import msgspec

from heliograph.storage.events.journal import Record


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One event that waits for the journal."""

    seq: int
    partition: int
    """The partition whose batch it was derived in; its engine relays it."""
    record: Record


class Outbox(Protocol):
    """Derived events, in the order in which they came about."""

    def put(self, partition: int, records: Sequence[Record]) -> None:
        """Add events derived in a partition."""
        ...

    def page(self, partitions: Collection[int], *, limit: int) -> list[Outgoing]:
        """Return the oldest rows of these partitions."""
        ...

    def drop(self, seqs: Iterable[int]) -> None:
        """Remove rows that are in the journal."""
        ...

    def count(self) -> int:
        """Return how many wait, of all partitions."""
        ...
