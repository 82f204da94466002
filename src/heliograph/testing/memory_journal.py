"""The journal as lists: the plainest thing that keeps its guarantees, but for durability."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from heliograph.errors import StoreCorrupt, StoreUnavailable
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.model.request import StoredRequest
from heliograph.storage.journal import Bounds, Entry, JournalCounts, Record, RequestQuery


class MemoryJournal:
    """See `storage.journal.Journal`. `fail_with` makes appends and probes raise it, while it is set."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._first = [1] * PARTITIONS
        self._entries: list[list[Entry]] = [[] for _ in range(PARTITIONS)]
        self._requests: dict[str, StoredRequest] = {}
        self._counts = JournalCounts(requests=0, items=0, events=0, rejected=0, refused_requests=0)
        self._closed = False
        self.fail_with: StoreUnavailable | None = None

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return PARTITIONS

    def append(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Keep requests and records; all or nothing."""
        with self._lock:
            self.probe()
            places: list[tuple[int, int]] = []
            for record in records:
                partition = partition_of(record.key)
                position = self.bounds(partition).last + 1
                self._entries[partition].append(
                    Entry(partition=partition, position=position, record=record)
                )
                places.append((partition, position))
            self._requests |= {request.request_id: request for request in requests}
            old = self._counts
            events = sum(r.events for r in requests)
            derived = max(0, len(records) - events)
            self._counts = JournalCounts(
                requests=old.requests + len(requests),
                items=old.items + sum(r.items for r in requests),
                events=old.events + events + derived,
                rejected=old.rejected + sum(len(r.rejected) for r in requests),
                refused_requests=old.refused_requests + sum(r.state == "refused" for r in requests),
                derived=old.derived + derived,
                trimmed_requests=old.trimmed_requests,
            )
            return places

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return entries after a position, in order."""
        with self._lock:
            first = self._first[partition]
            if after + 1 < first:
                raise StoreCorrupt(
                    "store.corrupt",
                    f"entries of partition {partition} after position {after} were trimmed",
                    where="journal",
                    found=f"first retained position {first}",
                )
            return self._entries[partition][after + 1 - first :][:limit]

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry or None."""
        with self._lock:
            index = position - self._first[partition]
            entries = self._entries[partition]
            return entries[index] if 0 <= index < len(entries) else None

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        found = {place: self.entry(*place) for place in places}
        return {place: entry for place, entry in found.items() if entry is not None}

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last position."""
        with self._lock:
            first = self._first[partition]
            return Bounds(first=first, last=first + len(self._entries[partition]) - 1)

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position with it and all before received before `at_ms`."""
        with self._lock:
            position = self._first[partition] - 1
            for entry in self._entries[partition]:
                if entry.record.at >= at_ms:
                    break
                position = entry.position
            return position

    def trim(self, partition: int, before: int) -> None:
        """Forget entries with position < `before`."""
        with self._lock:
            goal = min(before, self.bounds(partition).last + 1)
            drop = goal - self._first[partition]
            if drop > 0:
                self._entries[partition] = self._entries[partition][drop:]
                self._first[partition] = goal

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request with its body, or None."""
        with self._lock:
            return self._requests.get(request_id)

    def requests(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        found = [
            request
            for request in self.scan_requests(
                workspace=query.workspace,
                source_id=query.source_id,
                since_ms=query.since_ms,
                until_ms=query.until_ms,
            )
            if not query.states or request.state in query.states
        ]
        if query.before_id is not None:
            everything = list(
                self.scan_requests(
                    workspace=query.workspace, source_id=None, since_ms=None, until_ms=None
                )
            )
            ids = [request.request_id for request in everything]
            older = set(ids[: ids.index(query.before_id)]) if query.before_id in ids else set[str]()
            found = [request for request in found if request.request_id in older]
        listed = [msgspec.structs.replace(r, body=b"", message_id=None) for r in reversed(found)]
        return listed[: query.limit]

    def scan_requests(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first."""
        with self._lock:
            everything = sorted(self._requests.values(), key=lambda r: r.received_at)
        for request in everything:
            if (
                workspace in (None, request.workspace)
                and source_id in (None, request.source_id)
                and (since_ms is None or request.received_at >= since_ms)
                and (until_ms is None or request.received_at < until_ms)
            ):
                yield request

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source."""
        scan = self.scan_requests(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )
        return dict(sorted(Counter(r.mapper for r in scan if r.mapper is not None).items()))

    def trim_requests(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before; returns how many."""
        with self._lock:
            scan = self.scan_requests(
                workspace=None, source_id=None, since_ms=None, until_ms=before_ms
            )
            gone = [request.request_id for request in scan][:limit]
            for request_id in gone:
                del self._requests[request_id]
            trimmed = self._counts.trimmed_requests + len(gone)
            self._counts = msgspec.structs.replace(self._counts, trimmed_requests=trimmed)
            return len(gone)

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        return self._counts

    def probe(self) -> None:
        """Raise what an append would raise."""
        if self.fail_with is not None:
            raise self.fail_with
        if self._closed:
            raise StoreUnavailable("store.unavailable", "the journal is closed", where="journal")

    def close(self) -> None:
        """Refuse further appends; safe to call twice."""
        self._closed = True


def open_memory_journal(place: Path) -> MemoryJournal:
    """Return a new journal; the place means nothing."""
    del place
    return MemoryJournal()
