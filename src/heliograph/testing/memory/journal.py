"""The journal as lists: the plainest thing that keeps its guarantees, but for durability."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex

import msgspec

from heliograph.errors import StoreCorrupt, StoreUnavailable
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.model.request import StoredRequest
from heliograph.storage.events.journal import Bounds, Entry, JournalCounts, Record
from heliograph.storage.identity import JournalIdentity
from heliograph.testing.memory.requests import MemoryRequests


class MemoryJournal:
    """See `storage.events.journal.Journal` and `storage.events.intake.Intake`.

    `fail_with` makes appends and probes raise it, while it is set.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._first = [1] * PARTITIONS
        self._identity = JournalIdentity(journal=token_hex(8), incarnation=token_hex(8), store=None)
        self._entries: list[list[Entry]] = [[] for _ in range(PARTITIONS)]
        self._numbers: dict[tuple[int, int], int] = {}
        """Place -> how many arrived before it."""
        self._changed = threading.Condition(self._lock)
        self._derived = 0
        self._waiting = 0
        self._wakes = 0
        self._wake_next = False
        self._closed = False
        self.requests = MemoryRequests()
        """The archive beside it."""
        self.fail_with: StoreUnavailable | None = None

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return PARTITIONS

    def identity(self) -> JournalIdentity:
        """Return who this journal is."""
        return self._identity

    def adopt(self, store: str) -> JournalIdentity:
        """Belong to a store, unless to one already."""
        if self._identity.store is None:
            self._identity = msgspec.structs.replace(self._identity, store=store)
        return self._identity

    def renew(self, store: str) -> JournalIdentity:
        """Begin a new incarnation."""
        self._identity = msgspec.structs.replace(
            self._identity, store=store, incarnation=token_hex(8)
        )
        return self._identity

    def take(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Keep requests and records; all or nothing."""
        with self._changed:
            self.probe()
            self.requests.keep(requests)
            return self._place(records)

    def append(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        """Keep records that belong to no request."""
        with self._changed:
            self.probe()
            self._derived += len(records)
            return self._place(records)

    def _place(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        for record in records:
            partition = partition_of(record.key)
            position = self.bounds(partition).last + 1
            self._entries[partition].append(
                Entry(partition=partition, position=position, record=record)
            )
            places.append((partition, position))
            self._numbers[partition, position] = len(self._numbers)
        self._changed.notify_all()
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

    def read_many(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Return entries behind these positions, as they arrived."""
        with self._lock:
            pages = {p: self.read(p, position, limit) for p, position in after.items()}
            share = max(limit // len(pages), 1) if pages else 0
            found = [entry for page in pages.values() for entry in page[:share]][:limit]
            return sorted(found, key=lambda entry: self._numbers[entry.partition, entry.position])

    def ids(self, partition: int, after: int, limit: int) -> list[tuple[int, str]]:
        """Return (position, id) of entries after a position."""
        with self._lock:
            entries = [e for e in self._entries[partition] if e.position > after]
            return [(entry.position, entry.record.id) for entry in entries[:limit]]

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

    def heads(self) -> tuple[Bounds, ...]:
        """Return the bounds of all partitions."""
        with self._lock:
            return tuple(self.bounds(partition) for partition in range(PARTITIONS))

    def wait(self, after: Mapping[int, int], *, timeout_s: float) -> bool:
        """Wait for a record behind one of these positions, the time, or `wake`."""

        def arrived() -> bool:
            return any(self.bounds(p).last > position for p, position in after.items())

        with self._changed:
            if self._wake_next:
                self._wake_next = False
                return False
            wakes = self._wakes
            self._waiting += 1
            try:
                self._changed.wait_for(
                    lambda: self._wakes > wakes or self._closed or arrived(), timeout_s
                )
            finally:
                self._waiting -= 1
            return self._wakes == wakes and arrived()

    def wake(self) -> None:
        """End the waits under way, or else the next one."""
        with self._changed:
            self._wakes += 1
            self._wake_next = not self._waiting
            self._changed.notify_all()

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

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        with self._lock:
            events = sum(bounds.last for bounds in self.heads())
            return JournalCounts(events=events, derived=self._derived)

    def probe(self) -> None:
        """Raise what an append would raise."""
        if self.fail_with is not None:
            raise self.fail_with
        if self._closed:
            raise StoreUnavailable("store.unavailable", "the journal is closed", where="journal")

    def close(self) -> None:
        """Refuse further appends and end all waits; safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def open_memory_journal(place: Path) -> MemoryJournal:
    """Return a new journal; the place means nothing."""
    del place
    return MemoryJournal()
