"""The journal: the log of events, append-only, 16 partitions by key.

It holds events and nothing else, so that it can be a log of another make (Kafka) as well as a file. The raw
requests are in `storage.events.requests`; the gateway's way into both is `storage.events.intake`.

Guarantees every implementation MUST keep (checked by `heliograph.testing.journal.suite`):

1. `append` returns after everything in the batch is durable (fsync), or raises and nothing of it is stored.
   It may be read at once, and a `wait` for it ends, also in another process.
2. A record's partition is `partition_of(key)`; positions in a partition strictly rise from 1, gaps allowed.
3. A reader that asks "after position p" never misses a record that becomes visible later: records
   become visible in the order of their positions.
   A record that is not what was appended any more (a flipped bit) is given with its `fault`.
4. What was read once is read again, the same bytes in the same order, until it is trimmed.
5. Opening again after `kill -9` at any moment shows exactly the appended batches, each whole.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from heliograph.storage.identity import JournalIdentity


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event as handed to the journal."""

    key: str
    """Decides the partition; order is promised per key only."""
    id: str
    """Event id."""
    at: int
    """Received at, UTC epoch milliseconds."""
    value: bytes
    """`encode_event(event)`."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event as read back."""

    partition: int
    position: int
    record: Record
    fault: str | None = None
    """Why the record cannot be trusted: it is not what was appended. None: it is, as far as is known."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a partition holds: `first` retained and `last` durable position; empty: first = last + 1."""

    first: int
    last: int


class JournalCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Running totals since the journal was made, kept in the append's transaction."""

    events: int
    """Records appended, `derived` ones too."""
    derived: int = 0
    """Of these, records that belong to no request: what a remap corrected."""


class Journal(Protocol):
    """Append-only log of events. Thread-safe for readers; appends are serialised inside."""

    @property
    def partitions(self) -> int:
        """Number of partitions, fixed when the journal was made."""
        ...

    def identity(self) -> JournalIdentity:
        """Return who this journal is, and which store reads it.

        Raises:
            StoreUnavailable: it cannot be read, or is another one than was opened.
        """
        ...

    def adopt(self, store: str) -> JournalIdentity:
        """Belong to a store, unless it belongs to one already; returns who it is then."""
        ...

    def renew(self, store: str) -> JournalIdentity:
        """Begin a new incarnation, read by this store: what others have read may not continue here."""
        ...

    def append(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        """Write records that belong to no request in one durable transaction.

        Returns:
            (partition, position) of each record, in the order given.

        Raises:
            StoreUnavailable: disk full, file locked or lost; nothing was written.
        """
        ...

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return at most `limit` entries with position > `after`, in order.

        Raises:
            StoreCorrupt: entries after `after` were trimmed (`after + 1 < first`), never a silent skip.
            StoreUnavailable: the journal cannot be read now.
        """
        ...

    def read_many(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Return at most `limit` entries behind positions of several partitions, in the order they arrived.

        Of each partition these are the next ones without a gap, and something is returned when there is
        something. One that is far behind has a share of the limit: it holds up none, and none holds it up.

        Args:
            after: partition -> position; who goes on names all that it reads, also those that are read up.
            limit: of all together; at least as many as partitions, for the shares.

        Raises:
            StoreCorrupt: entries behind one of the positions were trimmed.
            StoreUnavailable: the journal cannot be read now.
        """
        ...

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry, or None when it was trimmed or never existed."""
        ...

    def ids(self, partition: int, after: int, limit: int) -> list[tuple[int, str]]:
        """Return (position, event id) of at most `limit` entries with position > `after`, in order.

        What was trimmed is left out.
        """
        ...

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these (partition, position) places; absent ones are left out."""
        ...

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        ...

    def heads(self) -> tuple[Bounds, ...]:
        """Return the bounds of every partition, by its number, in one view."""
        ...

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position whose record and all before it were received before `at_ms`.

        Reading after it starts a replay from that time; 0 (or first - 1) when all are younger.
        """
        ...

    def wait(self, after: Mapping[int, int], *, timeout_s: float) -> bool:
        """Wait until a partition holds a record behind the position given for it.

        Returns within milliseconds of an append, by this or another process on the same machine, and
        costs next to nothing while there is none.

        Args:
            after: partition -> position; the others are not looked at.
            timeout_s: how long to wait at most.

        Returns:
            True when there is such a record; False when the time is up or `wake` was called.

        Raises:
            StoreUnavailable: the journal cannot be read now.
        """
        ...

    def wake(self) -> None:
        """End the waits of this object that are under way, or else the next one; from any thread."""
        ...

    def trim(self, partition: int, before: int) -> None:
        """Forget entries with position < `before`; retention."""
        ...

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        ...

    def close(self) -> None:
        """Release files and threads; safe to call twice."""
        ...
