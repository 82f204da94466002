"""What is read back from the journal's log of events, on a small pool of read-only connections."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from heliograph.backends.sqlite.file.database import Anchor
from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.backends.sqlite.journal.checksum import entry_of
from heliograph.backends.sqlite.journal.marks import Mark, Marks
from heliograph.backends.sqlite.journal.state import JournalState, read_state
from heliograph.backends.sqlite.packing.codec import Unreadable
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.backends.sqlite.statements import load
from heliograph.errors import StoreCorrupt
from heliograph.storage.events.journal import Bounds, Entry, JournalCounts, Record
from heliograph.storage.identity import JournalIdentity

SQL: Final = load("journal")
FAR: Final = 4_096
"""Records behind a remembered place, of all partitions, above which marks may know a nearer one."""
ENDS: Final = 256
"""Remembered places."""
NOWHERE: Final = 1 << 62
"""Above all positions: nothing of such a partition is wanted."""


class JournalReads:
    """Queries of `SqliteJournal`; each sees one consistent state and blocks no append."""

    def __init__(self, path: Path, readers: Pool, dictionaries: Dictionaries) -> None:
        self._path = path
        self._readers = readers
        self._dictionaries = dictionaries
        self._marks = Marks()
        self._ends: dict[tuple[int, int], int] = {}
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
            state = read_state(connection)
            rows = self._rows(connection, "read", state, partition, after, limit)
            entries = [self._entry(connection, partition, *row[1:]) for row in rows]
        self._refuse_trimmed(state, partition, after)
        return entries

    def read_many(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Return entries behind these positions, as they arrived; see `Journal.read_many`."""
        with self._raw() as connection:
            state = read_state(connection)
            for partition, position in after.items():
                self._refuse_trimmed(state, partition, position)
            rows = self._many_rows(connection, state, after, limit)
            return [self._entry(connection, *row[1:]) for row in rows]

    def _refuse_trimmed(self, state: JournalState, partition: int, after: int) -> None:
        first = state.firsts[partition]
        if after + 1 < first:
            raise StoreCorrupt(
                "store.corrupt",
                f"entries of partition {partition} after position {after} were trimmed",
                where=self._path.name,
                found=f"first retained position {first}",
                hint="Retention overtook this reader; reset its cursor to go on without them.",
            )

    def identity(self) -> JournalIdentity:
        """Return who the journal is."""
        self._anchor.check()
        with self._raw() as connection:
            journal, incarnation, store = connection.execute(SQL["identity"]).fetchone()
        return JournalIdentity(journal=journal, incarnation=incarnation, store=store)

    def ids(self, partition: int, after: int, limit: int) -> list[tuple[int, str]]:
        """Return (position, id) of entries after a position; the values are not read."""
        with self._raw() as connection:
            state = read_state(connection)
            after = max(after, state.firsts[partition] - 1)
            rows = self._rows(connection, "ids", state, partition, after, limit)
        return [(position, id_) for _, position, id_ in rows]

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry or None."""
        return self.entries([(partition, position)]).get((partition, position))

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        found: dict[tuple[int, int], Entry] = {}
        if not places:
            return found
        with self._raw() as connection:
            state = read_state(connection)
            windows: dict[tuple[int, int], list[tuple[int, int]]] = {}
            for partition, position in places:
                if state.firsts[partition] <= position <= state.lasts[partition]:
                    start, end = self._marks.window(connection, partition, position)
                    window = (start, state.next_seq if end is None else end)
                    windows.setdefault(window, []).append((partition, position))
            for window, wanted in windows.items():
                rows = connection.execute(SQL["entries"], (*window, json.dumps(wanted)))
                for partition, position, *row in rows.fetchall():
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
            state = read_state(connection)
            _, mark = self._marks.last(connection, lambda one: one.latest < at_ms)
            known = state.firsts[partition] - 1
            if mark is not None:
                known = max(known, mark.lasts[partition])
            if known >= state.lasts[partition]:
                return state.lasts[partition]
            start, _ = self._marks.window(connection, partition, known + 1)
            place = (start, partition, known, at_ms)
            found = connection.execute(SQL["first_since"], place).fetchone()
        return state.lasts[partition] if found is None else int(found[0]) - 1

    def span(
        self, connection: RawConnection, state: JournalState, partition: int, goal: int, most: int
    ) -> tuple[int, int, int]:
        """Return the part of the file to trim next: its first place, the one behind it, and up to where.

        Args:
            connection: in the transaction that trims.
            state: of the journal.
            partition: to trim.
            goal: position before which everything is to go.
            most: marks to walk through; then what is trimmed ends before the goal.
        """
        first = state.firsts[partition]
        number, mark = self._marks.last(connection, lambda one: one.lasts[partition] < first)
        start = mark.seq if mark else 0
        for further in range(number + 1, number + 1 + most):
            mark = self._marks.find(connection, further)
            if mark is None:
                return start, state.next_seq, goal
            if mark.lasts[partition] + 1 >= goal:
                return start, mark.seq, goal
        assert mark is not None
        return start, mark.seq, mark.lasts[partition] + 1

    def first_needed(self, connection: RawConnection, state: JournalState) -> int:
        """Return the number of the last mark before everything that is retained."""

        def passed(mark: Mark) -> bool:
            return all(last < first for last, first in zip(mark.lasts, state.firsts, strict=True))

        return self._marks.last(connection, passed)[0]

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

    def _rows(
        self,
        connection: RawConnection,
        name: str,
        state: JournalState,
        partition: int,
        after: int,
        limit: int,
    ) -> list[Any]:
        """Return rows (seq, position, …) behind a position, and remember where they ended.

        Who reads on begins there; who begins anew, or was away for long, finds the place by the marks.
        """
        last = state.lasts[partition]
        limit = min(limit, last - after)
        if limit <= 0:
            return []
        start = self._ends.get((partition, after))
        if start is None or state.next_seq - start > FAR:
            start = max(start or 0, self._marks.window(connection, partition, after + 1)[0])
        rows = connection.execute(SQL[name], (start, partition, after, limit)).fetchall()
        if rows:
            seq, position, *_ = rows[-1]
            self._end(partition, after, position, state.next_seq if position == last else seq + 1)
        return rows

    def _many_rows(
        self, connection: RawConnection, state: JournalState, after: Mapping[int, int], limit: int
    ) -> list[Any]:
        """Return rows (seq, partition, position, …) behind positions, and remember where they ended.

        Partitions about equally far are read in one walk; the others in walks of their own, the one that is
        furthest behind last: it gets what the others left.
        """
        starts: dict[int, int] = {}
        for partition, position in after.items():
            if position >= state.lasts[partition]:
                self._end(partition, position, position, state.next_seq)
                continue
            start = self._ends.get((partition, position))
            if start is None:
                start, _ = self._marks.window(connection, partition, position + 1)
            starts[partition] = start
        rows: list[Any] = []
        walks = _walks(starts)
        for number, walk in enumerate(walks):
            room = (limit - len(rows)) // (len(walks) - number)
            rows += self._walk(connection, state, {p: after[p] for p in walk}, starts, room)
        return sorted(rows, key=itemgetter(0)) if len(walks) > 1 else rows

    def _walk(
        self,
        connection: RawConnection,
        state: JournalState,
        after: Mapping[int, int],
        starts: Mapping[int, int],
        limit: int,
    ) -> list[Any]:
        if limit <= 0:
            return []
        behind = [after.get(partition, NOWHERE) for partition in range(len(state.lasts))]
        start = min(starts[partition] for partition in after)
        rows = connection.execute(SQL["read_many"], (start, limit, *behind)).fetchall()
        ended = rows[-1][0] + 1 if len(rows) == limit else state.next_seq
        reached = dict(after) | {partition: position for _, partition, position, *_ in rows}
        for partition, position in reached.items():
            self._end(partition, after[partition], position, max(starts[partition], ended))
        return rows

    def _end(self, partition: int, before: int, position: int, place: int) -> None:
        """Remember that what follows a position lies behind a place, instead of what was known `before`."""
        self._ends.pop((partition, before), None)
        if len(self._ends) >= ENDS:
            self._ends.clear()
        self._ends[partition, position] = place


def _walks(starts: Mapping[int, int]) -> list[list[int]]:
    """Return the partitions whose places are near each other together, the furthest first."""
    walks: list[list[int]] = []
    begin = -FAR
    for partition, start in sorted(starts.items(), key=lambda one: one[1]):
        if start - begin >= FAR:
            walks.append([])
            begin = start
        walks[-1].append(partition)
    return walks[::-1]
