"""The journal on one SQLite file: one durable transaction per appended batch.

On disk: `heads` (one row per partition, raised by every append), `records`, `requests`, `totals` and
`marks`, see schema.py. An append is six steps, whatever its size up to 128 rows: begin, read the heads,
insert requests, insert records, write heads and totals, commit. Nothing is checkpointed inside an
append; `checkpoint.py` does that beside it. What is read back is in journal_reads.py.
"""

import json
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from heliograph.backends.sqlite.checkpoint import Checkpointer
from heliograph.backends.sqlite.database import Anchor, connect, immediate
from heliograph.backends.sqlite.driver import RawConnection, translated
from heliograph.backends.sqlite.journal_reads import JournalReads
from heliograph.backends.sqlite.migrate import migrate, require_newest
from heliograph.backends.sqlite.statements import insert_rows, load
from heliograph.errors import StoreUnavailable
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.model.request import StoredRequest
from heliograph.storage.journal import Bounds, Entry, Journal, JournalCounts, Record, RequestQuery

SQL: Final = load("journal")
MARK_EVERY: Final = 256
"""Positions between two marks; `position_at` reads at most about this many records."""
TRIM_ROWS: Final = 2_000
"""Rows forgotten per transaction, so that appends wait for milliseconds at most."""
TRIM_BYTES: Final = 4 << 20
"""Bytes of bodies forgotten per transaction, for the same reason."""
PROBE_BYTES: Final = 64 << 10
"""What a probe writes at least: a commit of some dozen requests."""
PROBE_MOST_BYTES: Final = 4 << 20
"""What it writes at most, after a large append that failed; then the file is so much larger for good."""
PAGE: Final = 4096

_encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder().encode


class SqliteJournal:
    """See `storage.journal.Journal`. Make it with `open_journal`."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer = None if read_only else connect(path, read_only=False)
        self._probe_bytes = PROBE_BYTES
        self._anchor = Anchor(path)
        self._reads = JournalReads(path)
        self._checkpointer = None if read_only else Checkpointer(path, self._lock)

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return PARTITIONS

    def append(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Write requests and records in one durable transaction; see `Journal.append`."""
        if not requests and not records:
            return []
        request_rows = [_request_row(request) for request in requests]
        added = _totals_of(requests, len(records))
        written = sum(len(r.value) for r in records) + sum(len(r.body) for r in requests)
        with self._measured(written), translated(self._path), self._lock:
            writer = self._open_writer()
            with immediate(writer):
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
        if self._checkpointer is not None:
            self._checkpointer.appended(pages=8 + 2 * written // PAGE)
        return places

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return entries after a position, in order; see `Journal.read`."""
        return self._reads.read(partition, after, limit)

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry, or None when it was trimmed or never existed."""
        return self._reads.entry(partition, position)

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        return self._reads.entries(places)

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        return self._reads.bounds(partition)

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the place to read after for a replay from `at_ms`; see `Journal.position_at`."""
        return self._reads.position_at(partition, at_ms)

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request with its raw body, or None."""
        return self._reads.request(request_id)

    def requests(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        return self._reads.requests(query)

    def scan_requests(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first, a page at a time; no lock is held between pages."""
        return self._reads.scan_requests(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source."""
        return self._reads.mappers_used(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        return self._reads.counts()

    def trim(self, partition: int, before: int) -> None:
        """Forget entries with position < `before`, some thousand per transaction."""
        with translated(self._path):
            while True:
                with self._lock:
                    writer = self._open_writer()
                    with immediate(writer):
                        first, last = writer.execute(SQL["bounds"], (partition,)).fetchone()
                        goal = min(before, last + 1, first + TRIM_ROWS)
                        if goal <= first:
                            return
                        writer.execute(SQL["trim_records"], (partition, goal))
                        writer.execute(SQL["trim_marks"], (partition, goal))
                        writer.execute(SQL["put_first"], (goal, partition))

    def trim_requests(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before, step by step, or one step of at most `limit`."""
        removed = 0
        with translated(self._path):
            while True:
                with self._lock:
                    writer = self._open_writer()
                    with immediate(writer):
                        rows = min(limit or TRIM_ROWS, TRIM_ROWS)
                        oldest = writer.execute(
                            SQL["oldest_requests"], (before_ms, rows)
                        ).fetchall()
                        gone = _first_bytes(oldest, TRIM_BYTES)
                        writer.execute(SQL["trim_requests"], (json.dumps(gone),))
                        writer.execute(SQL["count_trimmed"], (len(gone),))
                removed += len(gone)
                if limit is not None or not gone:
                    return removed

    def probe(self) -> None:
        """Rewrite one row, as large as the newest append when that failed; see `Journal.probe`.

        A write of a page would fit where an append does not: up to a quota, into the end of the WAL.
        """
        with translated(self._path), self._lock:
            writer = self._open_writer()
            size = self._probe_bytes
            with immediate(writer):
                writer.execute(SQL["probe"], (size,))
        if self._checkpointer is not None:
            # Probes grow the WAL like appends; checkpoints let it start over.
            self._checkpointer.appended(pages=2 + size // PAGE)

    def close(self) -> None:
        """Stop the checkpoint thread and close all connections; safe to call twice."""
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._reads.close()
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @contextmanager
    def _measured(self, written: int) -> Generator[None]:
        """Let probes write as much as an append that fails in the block, until one succeeds."""
        try:
            yield
        except StoreUnavailable:
            # An event takes about twice its bytes on disk, with its indexes and the raw request.
            self._probe_bytes = min(max(2 * written, PROBE_BYTES), PROBE_MOST_BYTES)
            raise
        self._probe_bytes = PROBE_BYTES

    def _open_writer(self) -> RawConnection:
        if self._writer is None:
            raise StoreUnavailable(
                "store.unavailable",
                "the journal is closed or was opened read-only",
                where=self._path.name,
            )
        self._anchor.check()
        return self._writer


def open_journal(path: Path, *, read_only: bool = False) -> Journal:
    """Return the journal in `path`, made and migrated when it is not `read_only`.

    Args:
        path: the file, usually `journal.db` in the data folder.
        read_only: for the processes that only read; `append` and `trim` raise `StoreUnavailable`.

    Raises:
        StoreUnavailable: the file cannot be opened or, for a reader, is not there yet.
        ConfigError: `config.unsupported`: the file comes from a newer release.
    """
    if read_only:
        require_newest(path, "journal")
    else:
        migrate(path, "journal")
    return SqliteJournal(path, read_only=read_only)


def _request_row(request: StoredRequest) -> tuple[object, ...]:
    return (
        request.request_id,
        request.workspace,
        request.source_id,
        request.received_at,
        request.state,
        request.items,
        request.events,
        request.mapper,
        request.path,
        _encode(request.headers),
        _encode(request.rejected),
        request.body,
        request.message_id,
    )


def _totals_of(requests: Sequence[StoredRequest], records: int) -> tuple[int, ...]:
    events = sum(request.events for request in requests)
    derived = max(0, records - events)
    return (
        len(requests),
        sum(request.items for request in requests),
        events + derived,
        sum(len(request.rejected) for request in requests),
        sum(request.state == "refused" for request in requests),
        derived,
    )


def _first_bytes(rows: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Return the first of (seq, bytes) rows that hold `most` bytes together; one at least."""
    total = 0
    for count, (_, size) in enumerate(rows):
        total += size
        if total > most:
            return [seq for seq, _ in rows[: max(count, 1)]]
    return [seq for seq, _ in rows]


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
        rows.append((partition, position, record.id, record.key, record.at, record.value))
        if position % MARK_EVERY == 0:
            marks.append((partition, head[1], position))
    touched: Rows = [
        (partition, 1, last, max_at)
        for partition, (last, max_at) in enumerate(heads)
        if last != before[partition]
    ]
    return places, rows, touched, marks
