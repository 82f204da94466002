"""What every journal must keep of waiting: a wait ends when there is something, and not before."""

import subprocess
import sys
import threading
from pathlib import Path

from heliograph.model.ids import partition_of
from heliograph.testing.journal.fixtures import JournalFixtures, JournalOpener, WholeJournal
from heliograph.testing.samples import make_record

ONE = partition_of("one")
LONG_S = 60.0
"""Longer than any of these tests may take: a wait that nothing ends makes its test fail."""


class WaitingConformance(JournalFixtures):
    """Waiting for records; mixed into `JournalConformance`."""

    def test_a_wait_ends_at_once_when_there_is_something(self, journal: WholeJournal) -> None:
        journal.append([make_record(n, key="one") for n in range(3)])
        assert journal.wait({ONE: 2}, timeout_s=LONG_S)
        assert journal.wait(dict.fromkeys(range(journal.partitions), 0), timeout_s=0)

    def test_a_wait_for_what_is_not_there_ends_with_the_time(self, journal: WholeJournal) -> None:
        journal.append([make_record(n, key="one") for n in range(3)])
        other = (ONE + 1) % journal.partitions
        assert not journal.wait({ONE: 3, other: 0}, timeout_s=0)
        assert not journal.wait({other: 0}, timeout_s=0.05)
        assert not journal.wait({}, timeout_s=0.05)

    def test_an_append_ends_the_waits_of_several(self, open: JournalOpener) -> None:
        first = open()
        waiters = [open() if self.shared else first for _ in range(3)]
        results: list[bool] = []

        def wait(journal: WholeJournal) -> None:
            results.append(journal.wait({ONE: 0}, timeout_s=LONG_S))

        threads = [threading.Thread(target=wait, args=(waiter,)) for waiter in waiters]
        for thread in threads:
            thread.start()
        first.append([make_record(1, key="one")])
        for thread in threads:
            thread.join()
        assert results == [True, True, True]

    def test_no_append_is_slept_through(self, open: JournalOpener) -> None:
        """A reader that waits between any two appends gets through them in no time."""
        first = open()
        reader = open() if self.shared else first
        read: list[int] = []

        def follow() -> None:
            position = 0
            while len(read) < 300:
                assert reader.wait({ONE: position}, timeout_s=LONG_S)
                for entry in reader.read(ONE, position, 100):
                    position = entry.position
                    read.append(position)

        follower = threading.Thread(target=follow)
        follower.start()
        for number in range(300):
            first.append([make_record(number, key="one")])
        follower.join(LONG_S)
        assert read == list(range(1, 301))

    def test_wake_ends_a_wait_or_the_next_one(self, journal: WholeJournal) -> None:
        journal.wake()
        assert not journal.wait({ONE: 0}, timeout_s=LONG_S)
        results: list[bool] = []
        waiting = threading.Thread(
            target=lambda: results.append(journal.wait({ONE: 0}, timeout_s=LONG_S))
        )
        waiting.start()
        journal.wake()
        waiting.join()
        assert results == [False]

    def test_closing_ends_a_wait(self, fresh: JournalOpener) -> None:
        journal = fresh()
        results: list[bool] = []
        waiting = threading.Thread(
            target=lambda: results.append(journal.wait({ONE: 0}, timeout_s=LONG_S))
        )
        waiting.start()
        journal.close()
        waiting.join()
        assert results == [False]

    def test_a_killed_waiter_is_no_hindrance(self, place: Path, open: JournalOpener) -> None:
        """Those that append and those that wait go on when one that waited was killed."""
        self.needs("durable")
        first = open()
        opener = f"from heliograph.testing.samples import opener_named as o; j = o({self.opener!r})"
        program = (
            f"from pathlib import Path; {opener}(Path(__import__('sys').argv[1]));"
            f"print('waits', flush=True); j.wait({{{ONE}: 1}}, timeout_s=600)"
        )
        for number in range(1, 4):
            with subprocess.Popen(
                [sys.executable, "-c", program, place], stdout=subprocess.PIPE, text=True
            ) as child:
                assert child.stdout is not None
                assert child.stdout.readline() == "waits\n"
                child.kill()
            first.append([make_record(number, key="one")])
            assert open().wait({ONE: number - 1}, timeout_s=LONG_S)
