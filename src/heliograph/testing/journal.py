"""What every journal must keep, as tests; see the numbered guarantees of `storage.journal`.

```python
class TestSqliteJournal(JournalConformance):
    opener = "heliograph.backends.sqlite:open_journal"
```

`opener` names a function that takes a `Path` and returns the journal in that place, made when new; a
child process imports it by that name. A journal that keeps nothing when it is closed sets `durable`
to False, one that only one process may append to sets `shared` to False.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from heliograph.errors import StoreCorrupt
from heliograph.model.ids import partition_of
from heliograph.model.request import RejectedItem
from heliograph.storage.journal import Bounds, Journal, Record, RequestQuery
from heliograph.testing.journal_model import journal_machine
from heliograph.testing.samples import make_record, make_request, opener_named


def read_all(journal: Journal, *, page: int = 100) -> list[Record]:
    """Return every retained record, partition after partition."""
    records: list[Record] = []
    for partition in range(journal.partitions):
        after = journal.bounds(partition).first - 1
        while entries := journal.read(partition, after, page):
            records.extend(entry.record for entry in entries)
            after = entries[-1].position
    return records


class JournalConformance:
    """Subclass it in a test file and name the opener."""

    opener: ClassVar[str]
    durable: ClassVar[bool] = True
    shared: ClassVar[bool] = True

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the journal of this test is."""
        return tmp_path / "journal.db"

    @pytest.fixture
    def open(self, place: Path) -> Generator[Callable[[], Journal]]:
        """A function that opens the same place again; what it opened is closed after the test."""
        opened: list[Journal] = []

        def again() -> Journal:
            opened.append(opener_named(self.opener)(place))
            return opened[-1]

        yield again
        for journal in opened:
            journal.close()

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Callable[[], Journal]:
        """A function that makes a new, empty journal each time; who calls it closes it."""
        count = iter(range(1_000_000))

        def new() -> Journal:
            return opener_named(self.opener)(tmp_path / f"fresh-{next(count)}.db")

        return new

    @pytest.fixture
    def journal(self, open: Callable[[], Journal]) -> Journal:
        """A new journal."""
        return open()

    def test_a_new_journal_is_empty(self, journal: Journal) -> None:
        for partition in range(journal.partitions):
            assert journal.bounds(partition) == Bounds(first=1, last=0)
            assert journal.read(partition, 0, 10) == []
            assert journal.position_at(partition, 10**15) == 0
        assert journal.counts().requests == 0

    def test_append_returns_the_place_of_each_record_in_the_order_given(
        self, journal: Journal
    ) -> None:
        records = [make_record(n, key=f"user-{n % 40}") for n in range(300)]
        places = journal.append([], records)
        assert len(places) == 300
        for record, (partition, position) in zip(records, places, strict=True):
            assert partition == partition_of(record.key)
            entry = journal.entry(partition, position)
            assert entry is not None
            assert entry.record == record

    def test_positions_rise_from_one_and_keep_the_order_of_a_key(self, journal: Journal) -> None:
        for batch in range(5):
            journal.append([], [make_record(batch * 10 + n, key="one") for n in range(10)])
        entries = journal.read(partition_of("one"), 0, 1000)
        assert [entry.record.id for entry in entries] == [f"evt_{n}" for n in range(50)]
        positions = [entry.position for entry in entries]
        assert positions[0] == 1
        assert positions == sorted(set(positions))
        assert journal.bounds(partition_of("one")).last == positions[-1]

    def test_read_starts_after_the_position_and_stops_at_the_limit(self, journal: Journal) -> None:
        journal.append([], [make_record(n, key="one") for n in range(20)])
        partition = partition_of("one")
        everything = journal.read(partition, 0, 100)
        assert journal.read(partition, everything[4].position, 3) == everything[5:8]
        assert journal.read(partition, everything[-1].position, 3) == []
        assert journal.read(partition, 0, 0) == []

    def test_what_was_read_is_read_again(self, journal: Journal) -> None:
        journal.append([], [make_record(n, key="one") for n in range(5)])
        partition = partition_of("one")
        first = journal.read(partition, 0, 100)
        journal.append([], [make_record(n, key="one") for n in range(5, 9)])
        assert journal.read(partition, 0, 5) == first

    def test_bytes_and_odd_keys_come_back_unchanged(self, journal: Journal) -> None:
        values = [b"", b"\x00\xff\x00", bytes(range(256)), "žluťoučký 😀".encode(), b"x" * 900_000]
        keys = ["", "ключ", "a b/c?d%00", "\x01", "🦄" * 50]
        records = [
            Record(key=key, id=f"evt_{n}", at=n, value=value)
            for n, (key, value) in enumerate(zip(keys, values, strict=True))
        ]
        for record, place in zip(records, journal.append([], records), strict=True):
            entry = journal.entry(*place)
            assert entry is not None
            assert entry.record == record

    def test_an_entry_that_never_existed_is_none(self, journal: Journal) -> None:
        journal.append([], [make_record(1, key="one")])
        assert journal.entry(partition_of("one"), 2) is None
        assert journal.entry(partition_of("one"), 0) is None

    def test_an_empty_append_does_nothing(self, journal: Journal) -> None:
        assert journal.append([], []) == []
        assert journal.counts().requests == 0

    def test_trimmed_entries_are_gone_and_reading_over_them_is_an_error(
        self, journal: Journal
    ) -> None:
        partition = partition_of("one")
        journal.append([], [make_record(n, key="one") for n in range(10)])
        journal.trim(partition, 6)
        assert journal.bounds(partition) == Bounds(first=6, last=10)
        assert journal.entry(partition, 5) is None
        assert [e.position for e in journal.read(partition, 5, 100)] == [6, 7, 8, 9, 10]
        with pytest.raises(StoreCorrupt):
            journal.read(partition, 4, 100)
        journal.trim(partition, 3)
        assert journal.bounds(partition).first == 6

    def test_a_wholly_trimmed_partition_goes_on_counting(self, journal: Journal) -> None:
        partition = partition_of("one")
        journal.append([], [make_record(n, key="one") for n in range(4)])
        journal.trim(partition, 1_000)
        assert journal.bounds(partition) == Bounds(first=5, last=4)
        assert journal.append([], [make_record(9, key="one")]) == [(partition, 5)]

    def test_position_at_is_before_the_first_record_of_that_time(self, journal: Journal) -> None:
        partition = partition_of("one")
        times = [10, 20, 20, 15, 30, 40]
        journal.append([], [make_record(n, key="one", at=at) for n, at in enumerate(times)])
        assert journal.position_at(partition, 10) == 0
        assert journal.position_at(partition, 11) == 1
        assert journal.position_at(partition, 20) == 1
        assert journal.position_at(partition, 21) == 4
        assert journal.position_at(partition, 41) == 6

    def test_position_at_is_right_in_a_long_partition(self, journal: Journal) -> None:
        partition = partition_of("one")
        for start in range(0, 2_000, 500):
            journal.append([], [make_record(n, key="one", at=n) for n in range(start, start + 500)])
        for at in (1, 255, 256, 257, 1000, 1999, 2000, 5000):
            assert journal.position_at(partition, at) == min(at, 2_000)
        journal.trim(partition, 1_500)
        assert journal.position_at(partition, 3) == 1_499
        assert journal.position_at(partition, 1_700) == 1_700

    def test_position_at_minds_records_received_out_of_order(self, journal: Journal) -> None:
        """One early record of a late time holds the place back, however far behind it one looks."""
        partition = partition_of("one")
        times = [5_000 if n == 100 else n for n in range(1_000)]
        journal.append([], [make_record(n, key="one", at=at) for n, at in enumerate(times)])
        assert journal.position_at(partition, 100) == 100
        assert journal.position_at(partition, 101) == 100
        assert journal.position_at(partition, 900) == 100
        assert journal.position_at(partition, 5_001) == 1_000

    def test_requests_and_records_are_stored_together_and_counted(self, journal: Journal) -> None:
        refused = RejectedItem(index=0, code="mapper.missing_field", message="no id", item={"a": 1})
        requests = [
            make_request(1, items=2, events=2, body=b"\x00raw", message_id="msg-1"),
            make_request(2, items=3, events=2, state="partial", rejected=(refused,)),
            make_request(3, items=1, events=0, state="refused", rejected=(refused,)),
        ]
        journal.append(requests, [make_record(n, key=f"k{n}") for n in range(4)])
        for request in requests:
            assert journal.request(request.request_id) == request
        assert journal.request("req_none") is None
        counts = journal.counts()
        assert (counts.requests, counts.items, counts.events) == (3, 6, 4)
        assert (counts.rejected, counts.refused_requests, counts.derived) == (2, 1, 0)

    def test_records_beyond_those_of_their_requests_are_counted_as_derived(
        self, journal: Journal
    ) -> None:
        journal.append([make_request(1)], [make_record(1, key="a")])
        journal.append([], [make_record(n, key=f"k{n}") for n in range(2, 5)])
        journal.append([make_request(2)], [make_record(n, key="a") for n in (5, 6)])
        counts = journal.counts()
        assert (counts.items, counts.events, counts.derived) == (2, 6, 4)
        assert sum(journal.bounds(p).last for p in range(journal.partitions)) == counts.events

    def test_entries_gives_what_is_at_these_places(self, journal: Journal) -> None:
        records = [make_record(n, key=f"k{n % 9}") for n in range(1_500)]
        places = journal.append([], records)
        gone = journal.bounds(partition_of("k0")).first
        journal.trim(partition_of("k0"), gone + 1)
        found = journal.entries([*places, (0, 99_999)])
        assert found.keys() == set(places) - {(partition_of("k0"), gone)}
        assert all(found[p].record == r for r, p in zip(records, places, strict=True) if p in found)
        assert journal.entries([]) == {}

    def test_requests_are_listed_newest_first_without_bodies(self, journal: Journal) -> None:
        requests = [
            make_request(
                n,
                workspace="wa" if n % 2 else "wb",
                source_id="crm" if n % 3 else "form",
                state="refused" if n % 5 == 0 else "accepted",
                body=b"raw",
            )
            for n in range(1, 31)
        ]
        journal.append(requests, [])

        def ids(query: RequestQuery) -> list[int]:
            found = journal.requests(query)
            assert all(request.body == b"" for request in found)
            return [request.received_at for request in found]

        assert ids(RequestQuery(limit=3)) == [30, 29, 28]
        assert ids(RequestQuery(before_id=requests[27].request_id, limit=2)) == [27, 26]
        assert ids(RequestQuery(workspace="wa", limit=2)) == [29, 27]
        assert ids(RequestQuery(source_id="form", limit=2)) == [30, 27]
        assert ids(RequestQuery(states=("refused",))) == [30, 25, 20, 15, 10, 5]
        assert ids(RequestQuery(states=("refused", "partial"), workspace="wb")) == [30, 20, 10]
        assert ids(RequestQuery(since_ms=5, until_ms=8)) == [7, 6, 5]
        assert ids(RequestQuery(before_id="req_none")) == []

    def test_a_scan_yields_requests_with_bodies_oldest_first(self, journal: Journal) -> None:
        requests = [
            make_request(n, source_id="crm" if n % 2 else "form", body=bytes([n]) * (n * 50))
            for n in range(1, 201)
        ]
        journal.append(requests, [])
        everything = journal.scan_requests(source_id=None, since_ms=None, until_ms=None)
        assert list(everything) == requests
        some = journal.scan_requests(source_id="crm", since_ms=50, until_ms=60)
        assert [request.received_at for request in some] == [51, 53, 55, 57, 59]

    def test_a_scan_may_be_left_open_while_others_append(self, journal: Journal) -> None:
        journal.append([make_request(n) for n in range(1, 101)], [])
        scan = iter(journal.scan_requests(source_id=None, since_ms=None, until_ms=None))
        next(scan)
        journal.append([make_request(101)], [])
        assert sum(1 for _ in scan) >= 99

    def test_trimmed_requests_are_gone_and_events_stay(self, journal: Journal) -> None:
        places = journal.append(
            [make_request(n) for n in range(1, 11)], [make_record(1, key="one")]
        )
        assert journal.trim_requests(6) == 5
        assert journal.trim_requests(6) == 0
        assert [r.received_at for r in journal.requests(RequestQuery())] == [10, 9, 8, 7, 6]
        assert journal.entry(*places[0]) is not None
        assert journal.counts().requests == 10

    def test_requests_are_trimmed_in_steps_the_oldest_first(self, journal: Journal) -> None:
        journal.append([make_request(n, body=b"x" * 3_000_000) for n in range(1, 4)], [])
        journal.append([make_request(n) for n in range(4, 11)], [])
        removed: list[int] = []
        while step := journal.trim_requests(9, limit=3):
            removed.append(step)
        assert sum(removed) == 8
        assert max(removed) <= 3
        assert [r.received_at for r in journal.requests(RequestQuery())] == [10, 9]
        counts = journal.counts()
        assert (counts.requests, counts.trimmed_requests) == (10, 8)

    def test_the_mappers_of_a_source_are_counted(self, journal: Journal) -> None:
        journal.append(
            [make_request(n, mapper="crm/a@1" if n % 3 else "crm/b@2") for n in range(1, 10)], []
        )
        journal.append([make_request(10, source_id="form", mapper="form/a@1")], [])

        def used(since_ms: int | None, until_ms: int | None) -> dict[str, int]:
            return journal.mappers_used(source_id="crm", since_ms=since_ms, until_ms=until_ms)

        assert used(None, None) == {"crm/a@1": 6, "crm/b@2": 3}
        assert used(4, 6) == {"crm/a@1": 2}
        assert used(20, None) == {}

    def test_probe_passes_and_changes_nothing_that_is_read(self, journal: Journal) -> None:
        journal.append([make_request(1)], [make_record(1, key="one")])
        before = (journal.counts(), read_all(journal))
        journal.probe()
        assert (journal.counts(), read_all(journal)) == before

    def test_close_may_be_called_twice(self, fresh: Callable[[], Journal]) -> None:
        journal = fresh()
        journal.close()
        journal.close()

    def test_what_was_appended_is_there_after_opening_again(
        self, open: Callable[[], Journal]
    ) -> None:
        self.needs("durable")
        first = open()
        first.append([make_request(1, body=b"x")], [make_record(n, key=f"k{n}") for n in range(50)])
        first.trim(partition_of("k1"), 2)
        kept = read_all(first)
        first.close()
        second = open()
        assert read_all(second) == kept
        assert second.request(make_request(1).request_id) == make_request(1, body=b"x")
        assert second.append([], [make_record(99, key="k1")])[0][1] > 1

    def test_a_random_life_agrees_with_lists(self, fresh: Callable[[], Journal]) -> None:
        """Appends, reads, trims and time look-ups in any order answer as plain lists would."""
        run_state_machine_as_test(
            journal_machine(fresh),
            settings=settings(max_examples=20, stateful_step_count=25, deadline=None),
        )

    def test_a_tailing_reader_misses_nothing_while_four_append(
        self, open: Callable[[], Journal]
    ) -> None:
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
    def _append_many(journal: Journal, writer: int) -> None:
        for first in range(0, 180, 3):
            # Eight keys a writer, so that writers meet in partitions.
            journal.append(
                [],
                [
                    Record(key=key, id=f"{key}-{number}", at=number, value=b"v")
                    for number in range(first, first + 3)
                    for key in (f"w{writer}k{number % 8}",)
                ],
            )

    def test_a_killed_appender_loses_nothing_acknowledged(
        self, place: Path, open: Callable[[], Journal]
    ) -> None:
        """After `kill -9` at any moment: what was acknowledged is stored, and every batch is whole."""
        self.needs("durable")
        random = Random(20260101)
        acknowledged: set[str] = set()
        for life in range(4):
            with subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "heliograph.testing.appender",
                    self.opener,
                    place,
                    f"{life}",
                ],
                stdout=subprocess.PIPE,
                text=True,
            ) as child:
                assert child.stdout is not None
                for _ in range(random.randrange(1, 120)):
                    line = child.stdout.readline()
                    assert line, "the appender ended by itself"
                    acknowledged.add(line.strip())
                child.kill()
                # What was said before the kill counts as acknowledged; a torn last line does not.
                acknowledged.update(line[:-1] for line in child.stdout if line.endswith("\n"))
        with closing(open()) as journal:
            stored: dict[str, int] = {}
            for record in read_all(journal):
                batch, _, size = record.id.rpartition("/")
                stored.setdefault(batch, int(size))
                stored[batch] -= 1
            requests = {
                request.path
                for request in journal.scan_requests(source_id=None, since_ms=None, until_ms=None)
            }
            assert acknowledged <= requests
            assert set(stored) == requests
            assert set(stored.values()) == {0}, "a batch is not whole"
            assert journal.counts().requests == len(requests)

    def needs(self, capability: str) -> None:
        """Skip the test when the journal does not have a capability by design."""
        if not getattr(self, capability):
            pytest.skip(f"capability: {type(self).__name__} is not {capability}")
