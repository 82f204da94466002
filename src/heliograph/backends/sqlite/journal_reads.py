"""What is read back from the journal's log of events, on a small pool of read-only connections."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.checksum import entry_of
from heliograph.backends.sqlite.database import Anchor
from heliograph.backends.sqlite.driver import RawConnection, translated
from heliograph.backends.sqlite.pool import Pool
from heliograph.backends.sqlite.statements import load
from heliograph.errors import StoreCorrupt
from heliograph.storage.identity import JournalIdentity
from heliograph.storage.journal import Bounds, Entry, JournalCounts, Record

SQL: Final = load("journal")
ENTRIES_AT_ONCE: Final = 1_000


class JournalReads:
    """Queries of `SqliteJournal`; each sees one consistent state and blocks no append."""

    def __init__(self, path: Path, readers: Pool) -> None:
        self._path = path
        self._readers = readers
        self._anchor = Anchor(path)

    @contextmanager
    def _raw(self) -> Generator[RawConnection]:
        with translated(self._path), self._readers.transaction() as connection:
            yield connection

    @contextmanager
    def _single(self) -> Generator[RawConnection]:
        """For one statement, which needs no transaction to see one state."""
        with translated(self._path), self._readers.lent() as connection:
            yield connection

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return at most `limit` entries with position > `after`; raises `StoreCorrupt` when trimmed."""
        with self._raw() as connection:
            first = connection.execute(SQL["bounds"], (partition,)).fetchone()[0]
            rows = connection.execute(SQL["read"], (partition, after, limit)).fetchall()
        if after + 1 < first:
            raise StoreCorrupt(
                "store.corrupt",
                f"entries of partition {partition} after position {after} were trimmed",
                where=self._path.name,
                found=f"first retained position {first}",
                hint="Retention removed them meanwhile. A reader goes on behind them and notes the gap; a "
                "command can be given again.",
            )
        return [
            entry_of(partition, position, Record(key=key, id=id_, at=at, value=value), crc)
            for position, key, id_, at, value, crc in rows
        ]

    def identity(self) -> JournalIdentity:
        """Return who the journal is."""
        self._anchor.check()
        with self._raw() as connection:
            journal, incarnation, store = connection.execute(SQL["identity"]).fetchone()
        return JournalIdentity(journal=journal, incarnation=incarnation, store=store)

    def ids(self, partition: int, after: int, limit: int) -> list[tuple[int, str]]:
        """Return (position, id) of entries after a position; the values are not read."""
        with self._raw() as connection:
            return connection.execute(SQL["ids"], (partition, after, limit)).fetchall()

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry or None."""
        with self._single() as connection:
            row = connection.execute(SQL["entry"], (partition, position)).fetchone()
        if row is None:
            return None
        key, id_, at, value, crc = row
        return entry_of(partition, position, Record(key=key, id=id_, at=at, value=value), crc)

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        found: dict[tuple[int, int], Entry] = {}
        for start in range(0, len(places), ENTRIES_AT_ONCE):
            wanted = json.dumps(places[start : start + ENTRIES_AT_ONCE])
            with self._single() as connection:
                rows = connection.execute(SQL["entries"], (wanted,)).fetchall()
            for partition, position, key, id_, at, value, crc in rows:
                record = Record(key=key, id=id_, at=at, value=value)
                found[partition, position] = entry_of(partition, position, record, crc)
        return found

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        with self._single() as connection:
            first, last = connection.execute(SQL["bounds"], (partition,)).fetchone()
        return Bounds(first=first, last=last)

    def heads(self) -> tuple[Bounds, ...]:
        """Return the bounds of all partitions."""
        with self._single() as connection:
            rows = connection.execute(SQL["all_bounds"]).fetchall()
        return tuple(Bounds(first=first, last=last) for first, last in rows)

    def lasts(self) -> list[int]:
        """Return the last position of each partition; what a wait looks at."""
        with self._single() as connection:
            return json.loads(connection.execute(SQL["lasts"]).fetchone()[0])

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position with it and all before received before `at_ms`."""
        with self._raw() as connection:
            first, last = connection.execute(SQL["bounds"], (partition,)).fetchone()
            mark = connection.execute(SQL["mark_before"], (partition, at_ms)).fetchone()
            start = first - 1 if mark is None else max(first - 1, int(mark[0]))
            found = connection.execute(SQL["first_since"], (partition, start, at_ms)).fetchone()
        return int(last) if found is None else int(found[0]) - 1

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        with self._single() as connection:
            events, derived = connection.execute(SQL["counts"]).fetchone()
        return JournalCounts(events=events, derived=derived)
