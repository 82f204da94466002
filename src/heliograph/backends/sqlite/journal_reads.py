"""What is read back from the journal's log of events, on a small pool of read-only connections."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.checksum import entry_of
from heliograph.backends.sqlite.database import Anchor
from heliograph.backends.sqlite.driver import RawConnection, translated
from heliograph.backends.sqlite.journal_state import read_state
from heliograph.backends.sqlite.packing.codec import Unreadable
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.backends.sqlite.pool import Pool
from heliograph.backends.sqlite.statements import load
from heliograph.errors import StoreCorrupt
from heliograph.storage.identity import JournalIdentity
from heliograph.storage.journal import Bounds, Entry, JournalCounts, Record

SQL: Final = load("journal")
ENTRIES_AT_ONCE: Final = 1_000


class JournalReads:
    """Queries of `SqliteJournal`; each sees one consistent state and blocks no append."""

    def __init__(self, path: Path, readers: Pool, dictionaries: Dictionaries) -> None:
        self._path = path
        self._readers = readers
        self._dictionaries = dictionaries
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
            first = read_state(connection).firsts[partition]
            rows = connection.execute(SQL["read"], (partition, after, limit)).fetchall()
            entries = [self._entry(connection, partition, *row) for row in rows]
        if after + 1 < first:
            raise StoreCorrupt(
                "store.corrupt",
                f"entries of partition {partition} after position {after} were trimmed",
                where=self._path.name,
                found=f"first retained position {first}",
                hint="Retention removed them meanwhile. A reader goes on behind them and notes the gap; a "
                "command can be given again.",
            )
        return entries

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
            return None if row is None else self._entry(connection, partition, position, *row)

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        found: dict[tuple[int, int], Entry] = {}
        for start in range(0, len(places), ENTRIES_AT_ONCE):
            wanted = json.dumps(places[start : start + ENTRIES_AT_ONCE])
            with self._single() as connection:
                rows = connection.execute(SQL["entries"], (wanted,)).fetchall()
                for partition, position, *row in rows:
                    found[partition, position] = self._entry(connection, partition, position, *row)
        return found

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        with self._single() as connection:
            return read_state(connection).bounds(partition)

    def heads(self) -> tuple[Bounds, ...]:
        """Return the bounds of all partitions."""
        with self._single() as connection:
            state = read_state(connection)
        return tuple(state.bounds(partition) for partition in range(len(state.lasts)))

    def lasts(self) -> list[int]:
        """Return the last position of each partition; what a wait looks at."""
        with self._single() as connection:
            return read_state(connection).lasts

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position with it and all before received before `at_ms`."""
        with self._raw() as connection:
            bounds = read_state(connection).bounds(partition)
            mark = connection.execute(SQL["mark_before"], (partition, at_ms)).fetchone()
            start = bounds.first - 1 if mark is None else max(bounds.first - 1, int(mark[0]))
            found = connection.execute(SQL["first_since"], (partition, start, at_ms)).fetchone()
        return bounds.last if found is None else int(found[0]) - 1

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        with self._single() as connection:
            state = read_state(connection)
        return JournalCounts(events=state.events, derived=state.derived)

    def _entry(
        self,
        connection: RawConnection,
        partition: int,
        position: int,
        key: str,
        id_: str,
        at: int,
        packed: bytes,
        crc: int | None,
    ) -> Entry:
        fault = None
        try:
            value = self._dictionaries.unpack(connection, packed)
        except Unreadable as error:
            value, fault = b"", f"not unpacked: {error}"
        return entry_of(
            partition, position, Record(key=key, id=id_, at=at, value=value), crc, fault
        )
