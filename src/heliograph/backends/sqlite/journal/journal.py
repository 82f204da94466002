"""The journal on one SQLite file: one durable transaction per group of requests and their events.

On disk: `state` (one row, changed by every append), `records`, `requests` and `marks`, see schema/. An
append is few steps, whatever its size up to 128 rows: begin, read the state, insert requests, insert
records, write the state, commit. Long values are packed (`packing`). Nothing is checkpointed inside an
append; `checkpoint.py` does that beside it. Then those who wait for it are woken (`bell.py`). What is
read back is in reads.py, the raw requests in requests.py.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.bell import Bell
from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.backends.sqlite.journal.checksum import checksum
from heliograph.backends.sqlite.journal.marks import MARK_EVERY, Mark, encode_mark
from heliograph.backends.sqlite.journal.reads import JournalReads
from heliograph.backends.sqlite.journal.requests import SqliteRequests, request_rows
from heliograph.backends.sqlite.journal.state import JournalState, read_state, write_state
from heliograph.backends.sqlite.journal.writer import JournalWriter
from heliograph.backends.sqlite.packing.dictionaries import LOOKED_AT, Dictionaries
from heliograph.backends.sqlite.schema.migrate import migrate, require_newest
from heliograph.backends.sqlite.statements import load, run_rows
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.model.request import StoredRequest
from heliograph.storage.events.journal import Bounds, Entry, JournalCounts, Record
from heliograph.storage.identity import JournalIdentity

SQL: Final = load("journal")
TRIM_MARKS: Final = 64
"""A transaction of a trim walks through so many marks at most, so that appends wait for milliseconds."""
Rows = list[tuple[object, ...]]


class SqliteJournal:
    """See `journal.Journal` and `intake.Intake` of `storage.events`. Make it with `open_journal`."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._readers = Pool(path, writes=False)
        self._writer = JournalWriter(path, read_only=read_only)
        self._dictionaries = Dictionaries()
        self._reads = JournalReads(path, self._readers, self._dictionaries)
        self._bell = Bell(path)
        self.requests = SqliteRequests(path, self._readers, self._writer, self._dictionaries)
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
        written = sum([len(r.value) for r in records]) + sum([len(r.body) for r in requests])
        with self._writer.append(written) as writer:
            state = read_state(writer)
            if requests:
                run_rows(
                    writer,
                    SQL["insert_requests"],
                    request_rows(writer, self._dictionaries, requests),
                )
                state.count(requests)
            first = state.next_seq
            places, marks = _place(state, records)
            if records:
                rows = self._record_rows(writer, first, places, records)
                run_rows(writer, SQL["insert_records"], rows)
            if marks:
                run_rows(writer, SQL["insert_marks"], marks)
            state.events += len(records)
            state.derived += derived
            write_state(writer, state)
        if records:
            self._bell.ring()
        return places

    def _record_rows(
        self,
        writer: RawConnection,
        first: int,
        places: Sequence[tuple[int, int]],
        records: Sequence[Record],
    ) -> Rows:
        packed = self._dictionaries.pack(
            writer,
            "records",
            [record.value for record in records],
            now_ms=max([record.at for record in records]),
        )
        return [
            (first + n, *places[n], record.id, record.key, record.at, packed[n], checksum(record))
            for n, record in enumerate(records)
        ]

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return entries after a position, in order; see `Journal.read`."""
        return self._reads.read(partition, after, limit)

    def read_many(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Return entries behind these positions, as they arrived; see `Journal.read_many`."""
        return self._reads.read_many(after, limit)

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
        """Forget entries with position < `before`, a bounded part of the file per transaction."""
        while True:
            with self._writer.transaction() as writer:
                state = read_state(writer)
                goal = min(before, state.lasts[partition] + 1)
                if goal <= state.firsts[partition]:
                    self._trimmed(writer, state)
                    return
                start, end, goal = self._reads.span(writer, state, partition, goal, TRIM_MARKS)
                writer.execute(SQL["trim_records"], (start, end, partition, goal))
                state.firsts[partition] = goal
                write_state(writer, state)

    def _trimmed(self, writer: RawConnection, state: JournalState) -> None:
        """Forget marks before everything that is left, and dictionaries that nothing left was packed with."""
        number = self._reads.first_needed(writer, state)
        writer.execute(SQL["trim_marks"], (number,))
        oldest = writer.execute(SQL["oldest_values"], (LOOKED_AT,))
        self._dictionaries.drop_unused(writer, "records", oldest.fetchall())

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


def _place(state: JournalState, records: Sequence[Record]) -> tuple[list[tuple[int, int]], Rows]:
    """Return the places of records, and new marks; raises the state's heads."""
    lasts = state.lasts
    places: list[tuple[int, int]] = []
    marks: Rows = []
    for record in records:
        if state.since_mark == 0:
            state.marks += 1
            mark = Mark(seq=state.next_seq, latest=state.latest, lasts=lasts)
            marks.append((state.marks, encode_mark(mark)))
        state.since_mark = (state.since_mark + 1) % MARK_EVERY
        partition = partition_of(record.key, len(lasts))
        lasts[partition] = position = lasts[partition] + 1
        state.latest = max(state.latest, record.at)
        state.next_seq += 1
        places.append((partition, position))
    return places, marks
