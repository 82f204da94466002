"""The journal: raw requests and the events made from them, append-only, 16 partitions by key.

Guarantees every implementation MUST keep (checked by `heliograph.testing.journal`):

1. `append` returns after everything in the batch is durable (fsync), or raises and nothing of it is stored.
2. A record's partition is `partition_of(key)`; positions in a partition strictly rise from 1, gaps allowed.
3. A reader that asks "after position p" never misses a record that becomes visible later: records
   become visible in the order of their positions.
4. What was read once is read again, the same bytes in the same order, until it is trimmed.
5. Opening again after `kill -9` at any moment shows exactly the appended batches, each whole.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from heliograph.model.request import StoredRequest


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One event as handed to the journal."""

    key: str
    """Decides the partition; order is promised per key only."""
    id: str
    """Event id."""
    at: int
    """Received at, UTC epoch milliseconds."""
    value: bytes
    """`encode_event(event)`."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event as read back."""

    partition: int
    position: int
    record: Record


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a partition holds: `first` retained and `last` durable position; empty: first = last + 1."""

    first: int
    last: int


class JournalCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Running totals since the journal was made, kept in the append transaction."""

    requests: int
    items: int
    events: int
    """Records appended, `derived` ones too."""
    rejected: int
    refused_requests: int
    derived: int = 0
    """Records that belong to no request appended with them: what a remap corrected."""
    trimmed_requests: int = 0
    """Requests whose retention has ended."""


class RequestQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests to list, newest first."""

    workspace: str | None = None
    source_id: str | None = None
    states: tuple[str, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    before_id: str | None = None
    """Only requests older than this request id (paging); with `workspace`, one of that workspace."""
    limit: int = 50


class Journal(Protocol):
    """Append-only log of requests and events. Thread-safe for readers; appends are serialised inside."""

    @property
    def partitions(self) -> int:
        """Number of partitions, fixed when the journal was made."""
        ...

    def append(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Write requests and records in one durable transaction.

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

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry, or None when it was trimmed or never existed."""
        ...

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these (partition, position) places; absent ones are left out."""
        ...

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        ...

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position whose record and all before it were received before `at_ms`.

        Reading after it starts a replay from that time; 0 (or first - 1) when all are younger.
        """
        ...

    def trim(self, partition: int, before: int) -> None:
        """Forget entries with position < `before`; retention."""
        ...

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request with its raw body, or None."""
        ...

    def requests(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first; without `body` and `message_id`."""
        ...

    def scan_requests(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first, in bounded memory; for remap and replay.

        Two workspaces may have sources of one name, so whoever names a source names its workspace too.
        """
        ...

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source it was used for."""
        ...

    def trim_requests(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before, the oldest first; events stay.

        With `limit`, at most so many (and only some megabytes) in one short transaction.

        Returns:
            How many were removed; with `limit`, 0 when none is left.
        """
        ...

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        ...

    def probe(self) -> None:
        """Do a durable write of the size of an append; readers see nothing of it.

        It takes as much room as the newest append when that failed, within reason, and 64 KiB at least: a
        few bytes fit on a disk on which no request does. The journal does not grow with every probe.

        Raises:
            StoreUnavailable: appends would fail now; the message says why.
        """
        ...

    def close(self) -> None:
        """Release files and threads; safe to call twice."""
        ...
