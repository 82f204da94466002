"""What every journal must keep through closing, killing and concurrent use."""

import threading
from contextlib import closing
from pathlib import Path
from random import Random

from heliograph.model.ids import partition_of
from heliograph.storage.events.journal import Record
from heliograph.testing.journal.fixtures import (
    JournalFixtures,
    JournalOpener,
    WholeJournal,
    read_all,
)
from heliograph.testing.samples import make_record, make_request


class DurabilityConformance(JournalFixtures):
    """Nothing is lost and nothing is seen too early; mixed into `JournalConformance`."""

    def test_probe_passes_and_changes_nothing_that_is_read(self, journal: WholeJournal) -> None:
        journal.take([make_request(1)], [make_record(1, key="one")])
        before = (journal.counts(), journal.requests.counts(), read_all(journal))
        journal.probe()
        assert (journal.counts(), journal.requests.counts(), read_all(journal)) == before

    def test_close_may_be_called_twice(self, fresh: JournalOpener) -> None:
        journal = fresh()
        journal.close()
        journal.close()

    def test_what_was_appended_is_there_after_opening_again(self, open: JournalOpener) -> None:
        self.needs("durable")
        first = open()
        first.take([make_request(1, body=b"x")], [make_record(n, key=f"k{n}") for n in range(50)])
        first.trim(partition_of("k1"), 2)
        kept = read_all(first)
        first.close()
        second = open()
        assert read_all(second) == kept
        assert second.requests.get(make_request(1).request_id) == make_request(1, body=b"x")
        assert second.append([make_record(99, key="k1")])[0][1] > 1

    def test_a_tailing_reader_misses_nothing_while_four_append(self, open: JournalOpener) -> None:
        """Records become visible in the order of their positions, whoever appends them."""
        first = open()
        journals = [first] + [open() if self.shared else first for _ in range(4)]
        writers = [
            threading.Thread(target=self._append_many, args=(journals[n + 1], n)) for n in range(4)
        ]
        for writer in writers:
            writer.start()
        cursors = [0] * first.partitions
        seen: list[str] = []
        ended = False
        while not ended:
            ended = not any(writer.is_alive() for writer in writers)
            for partition, after in enumerate(cursors):
                for entry in first.read(partition, after, 50):
                    seen.append(entry.record.id)
                    cursors[partition] = entry.position
            if ended and any(first.bounds(p).last > c for p, c in enumerate(cursors)):
                ended = False
        written = {record.id for record in read_all(first)}
        missed = written - set(seen)
        assert not missed, f"the reader missed {len(missed)} of {len(written)} records"
        assert len(seen) == len(written) == 4 * 60 * 3
        latest: dict[str, int] = {}
        for key, _, number in (name.partition("-") for name in seen):
            assert latest.get(key, -1) < int(number), "the order of a key was broken"
            latest[key] = int(number)

    @staticmethod
    def _append_many(journal: WholeJournal, writer: int) -> None:
        for first in range(0, 180, 3):
            # Eight keys a writer, so that writers meet in partitions.
            journal.append(
                [
                    Record(key=key, id=f"{key}-{number}", at=number, value=b"v")
                    for number in range(first, first + 3)
                    for key in (f"w{writer}k{number % 8}",)
                ],
            )

    def test_a_killed_appender_loses_nothing_acknowledged(
        self, place: Path, open: JournalOpener
    ) -> None:
        """After `kill -9` at any moment: what was acknowledged is stored, and every batch is whole."""
        self.needs("durable")
        random = Random(20260101)
        acknowledged: set[str] = set()
        for life in range(4):
            acknowledged.update(
                self.acknowledged_before_kill(
                    "heliograph.testing.journal.appender",
                    place,
                    life=life,
                    lines=random.randrange(1, 120),
                )
            )
        with closing(open()) as journal:
            stored: dict[str, int] = {}
            for record in read_all(journal):
                batch, _, size = record.id.rpartition("/")
                stored.setdefault(batch, int(size))
                stored[batch] -= 1
            requests = {
                request.path
                for request in journal.requests.scan(
                    workspace=None, source_id=None, since_ms=None, until_ms=None
                )
            }
            assert acknowledged <= requests
            assert set(stored) == requests
            assert set(stored.values()) == {0}, "a batch is not whole"
            assert journal.requests.counts().requests == len(requests)
