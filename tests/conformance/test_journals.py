"""Every journal passes one suite, and the suite finds a journal that does not deserve to."""

import threading
from collections.abc import Callable, Sequence

import pytest

from heliograph.backends.sqlite.journal.journal import SqliteJournal
from heliograph.model.ids import PARTITIONS, partition_of
from heliograph.storage.events.journal import Bounds, Entry, Record
from heliograph.testing.journal.fixtures import WholeJournal
from heliograph.testing.journal.suite import JournalConformance
from heliograph.testing.memory import MemoryJournal

_: tuple[type[WholeJournal], type[WholeJournal]] = (SqliteJournal, MemoryJournal)


class TestSqliteJournal(JournalConformance):
    opener = "heliograph.backends.sqlite:open_journal"


class TestMemoryJournal(JournalConformance):
    opener = "heliograph.testing.memory.journal:open_memory_journal"
    durable = False
    shared = False


class SequenceJournal(MemoryJournal):
    """Takes positions from a sequence first and shows the records later, as `bigserial` columns do.

    Every tenth append is shown only after a reader has read past its positions (or nobody else is left to
    append), which a database with concurrent transactions does by chance.
    """

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._next = [1] * PARTITIONS
        self._visible: list[dict[int, Entry]] = [{} for _ in range(PARTITIONS)]
        self._read_up_to = [0] * PARTITIONS
        self._appends = 0

    def append(self, records: Sequence[Record]) -> list[tuple[int, int]]:
        entries: list[Entry] = []
        with self._changed:
            self._appends += 1
            slow = self._appends % 10 == 0
            for record in records:
                partition = partition_of(record.key)
                entries.append(
                    Entry(partition=partition, position=self._next[partition], record=record)
                )
                self._next[partition] += 1
            if slow:
                self._changed.wait_for(
                    lambda: any(self._read_up_to[e.partition] > e.position for e in entries),
                    timeout=0.2,
                )
            for entry in entries:
                self._visible[entry.partition][entry.position] = entry
        return [(entry.partition, entry.position) for entry in entries]

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        with self._changed:
            found = [e for p, e in sorted(self._visible[partition].items()) if p > after][:limit]
            if found:
                self._read_up_to[partition] = found[-1].position
                self._changed.notify_all()
            return found

    def bounds(self, partition: int) -> Bounds:
        with self._changed:
            return Bounds(first=1, last=max(self._visible[partition], default=0))


def test_the_suite_refuses_positions_from_a_sequence() -> None:
    """A reader that tails such a journal misses records, and the suite says so."""
    journal = SequenceJournal()
    suite = TestMemoryJournal()
    opened: Callable[[], WholeJournal] = lambda: journal  # noqa: E731
    with pytest.raises(AssertionError, match="the reader missed"):
        suite.test_a_tailing_reader_misses_nothing_while_four_append(opened)
