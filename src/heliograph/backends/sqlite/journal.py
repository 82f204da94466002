"""The journal on one SQLite file: one durable transaction per group of requests and their events.

On disk: `heads` (one row per partition, raised by every append), `records`, `requests`, `totals` and
`marks`, see schema.py. An append is six steps, whatever its size up to 128 rows: begin, read the heads,
insert requests, insert records, write heads and totals, commit. Nothing is checkpointed inside an
append; `checkpoint.py` does that beside it. Then those who wait for it are woken (`bell.py`). What is
read back is in journal_reads.py, the raw requests in requests.py.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.bell import Bell
from heliograph.backends.sqlite.checksum import checksum
from heliograph.backends.sqlite.journal_reads import JournalReads
from heliograph.backends.sqlite.journal_writer import JournalWriter
from heliograph.backends.sqlite.migrate import migrate, require_newest
from heliograph.backends.sqlite.pool import Pool
from heliograph.backends.sqlite.requests import TRIM_ROWS, SqliteRequests, request_row
from heliograph.backends.sqlite.statements import insert_rows, load
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.model.request import StoredRequest
from heliograph.storage.identity import JournalIdentity
from heliograph.storage.journal import Bounds, Entry, JournalCounts, Record

SQL: Final = load("journal")
MARK_EVERY: Final = 256
"""Positions between two marks; `position_at` reads at most about this many records."""


class SqliteJournal:
    """See `storage.journal.Journal` and `storage.intake.Intake`. Make it with `open_journal`."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._readers = Pool(path, writes=False)
        self._writer = JournalWriter(path, read_only=read_only)
        self._reads = JournalReads(path, self._readers)
        self._bell = Bell(path)
        self.requests = SqliteRequests(path, self._readers, self._writer)
        """The archive of raw requests, in the same file."""

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return PARTITIONS

    def identity(self) -> JournalIdentity:
        """Return who this journal is."""
        return self._reads.identity()

    def adopt(self, store: str) -> JournalIdentity:
        """Belong to a store, unless to one already."""
        with self._writer.transaction() as writer:
            writer.execute(SQL["adopt"], (store,))
        return self.identity()

    def renew(self, store: str) -> JournalIdentity:
        """Begin a new incarnation, read by this store."""
        with self._writer.transaction() as writer:
            writer.execute(SQL["renew"], (store,))
        return self.identity()

    def take(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Write requests and the records made from them in one durable transaction."""
        return self._append(requests, records, derived=0)

    def append(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        """Write records that belong to no request in one durable transaction."""
        return self._append((), records, derived=len(records))

    def _append(
        self, requests: Sequence[StoredRequest], records: Sequence[Record], *, derived: int
    ) -> list[tuple[int, int]]:
        if not requests and not records:
            return []
        request_rows = [request_row(request) for request in requests]
        added = (*_totals_of(requests), len(records), derived)
        written = sum(len(r.value) for r in records) + sum(len(r.body) for r in requests)
        with self._writer.append(written) as writer:
            heads: list[list[int]] = json.loads(writer.execute(SQL["heads"]).fetchone()[0])
            places, rows, touched, marks = _place(heads, records)
            if request_rows:
                insert_rows(writer, SQL["insert_requests"], request_rows)
            writer.execute(SQL["add_totals"], added)
            if rows:
                insert_rows(writer, SQL["insert_records"], rows)
                insert_rows(writer, SQL["put_heads"], touched)
            if marks:
                insert_rows(writer, SQL["insert_marks"], marks)
        if records:
            self._bell.ring()
        return places

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return entries after a position, in order; see `Journal.read`."""
        return self._reads.read(partition, after, limit)

    def ids(self, partition: int, after: int, limit: int) -> list[tuple[int, str]]:
        """Return (position, id) of entries after a position."""
        return self._reads.ids(partition, after, limit)

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry, or None when it was trimmed or never existed."""
        return self._reads.entry(partition, position)

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        return self._reads.entries(places)

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        return self._reads.bounds(partition)

    def heads(self) -> tuple[Bounds, ...]:
        """Return the bounds of all partitions in one view."""
        return self._reads.heads()

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the place to read after for a replay from `at_ms`; see `Journal.position_at`."""
        return self._reads.position_at(partition, at_ms)

    def wait(self, after: Mapping[int, int], *, timeout_s: float) -> bool:
        """Wait for a record behind one of these positions; see `Journal.wait`."""

        def arrived() -> bool:
            lasts = self._reads.lasts()
            return any(lasts[partition] > position for partition, position in after.items())

        return self._bell.wait(arrived, timeout_s=timeout_s)

    def wake(self) -> None:
        """End the waits of this object, or else the next one."""
        self._bell.wake()

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        return self._reads.counts()

    def trim(self, partition: int, before: int) -> None:
        """Forget entries with position < `before`, some thousand per transaction."""
        while True:
            with self._writer.transaction() as writer:
                first, last = writer.execute(SQL["bounds"], (partition,)).fetchone()
                goal = min(before, last + 1, first + TRIM_ROWS)
                if goal <= first:
                    return
                writer.execute(SQL["trim_records"], (partition, goal))
                writer.execute(SQL["trim_marks"], (partition, goal))
                writer.execute(SQL["put_first"], (goal, partition))

    def probe(self) -> None:
        """Write durably as much as a group, so that readers see nothing of it; see `Intake.probe`."""
        self._writer.probe()

    def close(self) -> None:
        """Close files and threads; safe to call twice."""
        self._bell.close()
        self._writer.close()
        self._readers.close()


def open_journal(path: Path, *, read_only: bool = False) -> SqliteJournal:
    """Return the journal in `path`, made and migrated when it is not `read_only`.

    Args:
        path: the file, usually `journal.db` in the data folder.
        read_only: for the processes that only read; what writes raises `StoreUnavailable`.

    Raises:
        StoreUnavailable: the file cannot be opened or, for a reader, is not there yet.
        ConfigError: `config.unsupported`: the file comes from a newer release.
    """
    if read_only:
        require_newest(path, "journal")
    else:
        migrate(path, "journal")
    return SqliteJournal(path, read_only=read_only)


def _totals_of(requests: Sequence[StoredRequest]) -> tuple[int, ...]:
    return (
        len(requests),
        sum(request.items for request in requests),
        sum(request.rejected_count for request in requests),
        sum(request.state == "refused" for request in requests),
    )


Rows = list[tuple[object, ...]]


def _place(
    heads: list[list[int]], records: Sequence[Record]
) -> tuple[list[tuple[int, int]], Rows, Rows, Rows]:
    """Return places, record rows, changed head rows and new marks; `heads` is [last, max_at] each."""
    places: list[tuple[int, int]] = []
    rows: Rows = []
    marks: Rows = []
    before = [last for last, _ in heads]
    for record in records:
        partition = partition_of(record.key, len(heads))
        head = heads[partition]
        head[0] += 1
        head[1] = max(head[1], record.at)
        position = head[0]
        places.append((partition, position))
        crc = checksum(record)
        rows.append((partition, position, record.id, record.key, record.at, record.value, crc))
        if position % MARK_EVERY == 0:
            marks.append((partition, head[1], position))
    touched: Rows = [
        (partition, 1, last, max_at)
        for partition, (last, max_at) in enumerate(heads)
        if last != before[partition]
    ]
    return places, rows, touched, marks
