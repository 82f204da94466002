"""What every journal must keep of records: places, order, reading, trimming, times."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from heliograph.errors import StoreCorrupt
from heliograph.model.ids import partition_of
from heliograph.storage.events.journal import Bounds, JournalCounts, Record
from heliograph.testing.journal.fixtures import JournalFixtures, JournalOpener, WholeJournal
from heliograph.testing.journal.model import journal_machine
from heliograph.testing.samples import make_record


class RecordsConformance(JournalFixtures):
    """Records by place, key and time; mixed into `JournalConformance`."""

    def test_a_new_journal_is_empty(self, journal: WholeJournal) -> None:
        for partition in range(journal.partitions):
            assert journal.bounds(partition) == Bounds(first=1, last=0)
            assert journal.read(partition, 0, 10) == []
            assert journal.position_at(partition, 10**15) == 0
        assert journal.counts() == JournalCounts(events=0)

    def test_append_returns_the_place_of_each_record_in_the_order_given(
        self, journal: WholeJournal
    ) -> None:
        records = [make_record(n, key=f"user-{n % 40}") for n in range(300)]
        places = journal.append(records)
        assert len(places) == 300
        for record, (partition, position) in zip(records, places, strict=True):
            assert partition == partition_of(record.key)
            entry = journal.entry(partition, position)
            assert entry is not None
            assert entry.record == record

    def test_positions_rise_from_one_and_keep_the_order_of_a_key(
        self, journal: WholeJournal
    ) -> None:
        for batch in range(5):
            journal.append([make_record(batch * 10 + n, key="one") for n in range(10)])
        entries = journal.read(partition_of("one"), 0, 1000)
        assert [entry.record.id for entry in entries] == [f"evt_{n}" for n in range(50)]
        positions = [entry.position for entry in entries]
        assert positions[0] == 1
        assert positions == sorted(set(positions))
        assert journal.bounds(partition_of("one")).last == positions[-1]

    def test_read_starts_after_the_position_and_stops_at_the_limit(
        self, journal: WholeJournal
    ) -> None:
        journal.append([make_record(n, key="one") for n in range(20)])
        partition = partition_of("one")
        everything = journal.read(partition, 0, 100)
        assert journal.read(partition, everything[4].position, 3) == everything[5:8]
        assert journal.read(partition, everything[-1].position, 3) == []
        assert journal.read(partition, 0, 0) == []

    def test_several_partitions_are_read_in_the_order_of_arrival(
        self, journal: WholeJournal
    ) -> None:
        keys = ["one", "two", "three"]
        first, second, third = (partition_of(key) for key in keys)
        places = journal.append([make_record(n, key=keys[n % 3]) for n in range(30)])
        everything = journal.read_many({third: 0, first: 0, second: 0}, 100)
        assert [(e.partition, e.position) for e in everything] == places
        assert [e.record.id for e in everything] == [f"evt_{n}" for n in range(30)]
        some = journal.read_many({first: 8, second: 10, third: 9}, 100)
        assert [e.record.id for e in some] == ["evt_24", "evt_27", "evt_29"]
        assert journal.read_many({first: 10, second: 10}, 100) == []
        assert journal.read_many({first: 0}, 4) == journal.read(first, 0, 4)
        assert journal.read_many({}, 100) == []

    def test_a_partition_that_is_far_behind_holds_up_none_and_none_holds_it_up(
        self, journal: WholeJournal
    ) -> None:
        journal.append([make_record(n, key="one") for n in range(9_000)])
        journal.append([make_record(n, key="two") for n in range(9_000, 18_000)])
        after = {partition_of("one"): 0, partition_of("two"): 0}
        read = journal.read_many(after, 100)
        assert len(read) == 100
        assert {entry.record.key for entry in read} == {"one", "two"}

    def test_a_reader_of_several_partitions_misses_nothing_and_reads_nothing_twice(
        self, journal: WholeJournal
    ) -> None:
        """Whatever its pages, and while more is appended: all of it, each partition in order."""
        after = dict.fromkeys(range(journal.partitions), 0)
        wanted: list[Record] = []
        found: list[Record] = []
        for turn in range(40):
            batch = [
                make_record(60 * turn + n, key=f"user-{(turn + n) * n % 50}") for n in range(turn)
            ]
            wanted += batch
            journal.append(batch)
            for entry in journal.read_many(after, 17):
                assert entry.position == after[entry.partition] + 1
                after[entry.partition] = entry.position
                found.append(entry.record)
        while read := journal.read_many(after, 100):
            after |= {entry.partition: entry.position for entry in read}
            found += [entry.record for entry in read]
        assert sorted(found, key=lambda one: one.at) == wanted

    def test_what_was_read_is_read_again(self, journal: WholeJournal) -> None:
        journal.append([make_record(n, key="one") for n in range(5)])
        partition = partition_of("one")
        first = journal.read(partition, 0, 100)
        journal.append([make_record(n, key="one") for n in range(5, 9)])
        assert journal.read(partition, 0, 5) == first

    def test_bytes_and_odd_keys_come_back_unchanged(self, journal: WholeJournal) -> None:
        values = [b"", b"\x00\xff\x00", bytes(range(256)), "žluťoučký 😀".encode(), b"x" * 900_000]
        keys = ["", "ключ", "a b/c?d%00", "\x01", "🦄" * 50]
        records = [
            Record(key=key, id=f"evt_{n}", at=n, value=value)
            for n, (key, value) in enumerate(zip(keys, values, strict=True))
        ]
        for record, place in zip(records, journal.append(records), strict=True):
            entry = journal.entry(*place)
            assert entry is not None
            assert entry.record == record

    def test_an_entry_that_never_existed_is_none(self, journal: WholeJournal) -> None:
        journal.append([make_record(1, key="one")])
        assert journal.entry(partition_of("one"), 2) is None
        assert journal.entry(partition_of("one"), 0) is None

    def test_an_empty_append_does_nothing(self, journal: WholeJournal) -> None:
        assert journal.append([]) == []
        assert journal.counts() == JournalCounts(events=0)

    def test_trimmed_entries_are_gone_and_reading_over_them_is_an_error(
        self, journal: WholeJournal
    ) -> None:
        partition = partition_of("one")
        journal.append([make_record(n, key="one") for n in range(10)])
        journal.trim(partition, 6)
        assert journal.bounds(partition) == Bounds(first=6, last=10)
        assert journal.entry(partition, 5) is None
        assert [e.position for e in journal.read(partition, 5, 100)] == [6, 7, 8, 9, 10]
        with pytest.raises(StoreCorrupt):
            journal.read(partition, 4, 100)
        with pytest.raises(StoreCorrupt):
            journal.read_many({partition: 4, partition_of("two"): 0}, 100)
        assert journal.read_many({partition: 5}, 100) == journal.read(partition, 5, 100)
        journal.trim(partition, 3)
        assert journal.bounds(partition).first == 6

    def test_a_wholly_trimmed_partition_goes_on_counting(self, journal: WholeJournal) -> None:
        partition = partition_of("one")
        journal.append([make_record(n, key="one") for n in range(4)])
        journal.trim(partition, 1_000)
        assert journal.bounds(partition) == Bounds(first=5, last=4)
        assert journal.append([make_record(9, key="one")]) == [(partition, 5)]

    def test_position_at_is_before_the_first_record_of_that_time(
        self, journal: WholeJournal
    ) -> None:
        partition = partition_of("one")
        times = [10, 20, 20, 15, 30, 40]
        journal.append([make_record(n, key="one", at=at) for n, at in enumerate(times)])
        assert journal.position_at(partition, 10) == 0
        assert journal.position_at(partition, 11) == 1
        assert journal.position_at(partition, 20) == 1
        assert journal.position_at(partition, 21) == 4
        assert journal.position_at(partition, 41) == 6

    def test_position_at_is_right_in_a_long_partition(self, journal: WholeJournal) -> None:
        partition = partition_of("one")
        for start in range(0, 2_000, 500):
            journal.append([make_record(n, key="one", at=n) for n in range(start, start + 500)])
        for at in (1, 255, 256, 257, 1000, 1999, 2000, 5000):
            assert journal.position_at(partition, at) == min(at, 2_000)
        journal.trim(partition, 1_500)
        assert journal.position_at(partition, 3) == 1_499
        assert journal.position_at(partition, 1_700) == 1_700

    def test_position_at_minds_records_received_out_of_order(self, journal: WholeJournal) -> None:
        """One early record of a late time holds the place back, however far behind it one looks."""
        partition = partition_of("one")
        times = [5_000 if n == 100 else n for n in range(1_000)]
        journal.append([make_record(n, key="one", at=at) for n, at in enumerate(times)])
        assert journal.position_at(partition, 100) == 100
        assert journal.position_at(partition, 101) == 100
        assert journal.position_at(partition, 900) == 100
        assert journal.position_at(partition, 5_001) == 1_000

    def test_ids_are_those_of_what_is_read(self, journal: WholeJournal) -> None:
        journal.append([make_record(n, key="one") for n in range(30)])
        one = partition_of("one")
        whole = [(entry.position, entry.record.id) for entry in journal.read(one, 0, 30)]
        assert journal.ids(one, 0, 100) == whole
        assert journal.ids(one, 4, 3) == whole[4:7]
        journal.trim(one, 11)
        assert journal.ids(one, 0, 5) == whole[10:15]

    def test_a_journal_says_who_it_is(self, open: JournalOpener) -> None:
        first = open()
        new = first.identity()
        assert new.store is None
        assert first.adopt("s1") == msgspec.structs.replace(new, store="s1")
        assert first.adopt("s2") == first.identity() == msgspec.structs.replace(new, store="s1")
        renewed = first.renew("s2")
        assert (renewed.journal, renewed.store) == (new.journal, "s2")
        assert renewed.incarnation != new.incarnation
        if self.durable:
            assert open().identity() == renewed

    def test_entries_gives_what_is_at_these_places(self, journal: WholeJournal) -> None:
        records = [make_record(n, key=f"k{n % 9}") for n in range(1_500)]
        places = journal.append(records)
        gone = journal.bounds(partition_of("k0")).first
        journal.trim(partition_of("k0"), gone + 1)
        found = journal.entries([*places, (0, 99_999)])
        assert found.keys() == set(places) - {(partition_of("k0"), gone)}
        assert all(found[p].record == r for r, p in zip(records, places, strict=True) if p in found)
        assert journal.entries([]) == {}

    def test_a_random_life_agrees_with_lists(self, fresh: JournalOpener) -> None:
        """Appends, reads, trims and time look-ups in any order answer as plain lists would."""
        run_state_machine_as_test(
            journal_machine(fresh),
            settings=settings(max_examples=20, stateful_step_count=25, deadline=None),
        )
