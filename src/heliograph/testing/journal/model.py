"""A journal as plain lists, and a state machine that leads a real one and the lists through one life."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from heliograph.errors import StoreCorrupt
from heliograph.model.ids import partition_of
from heliograph.storage.events.journal import Bounds, Record
from heliograph.testing.journal.fixtures import WholeJournal
from heliograph.testing.samples import make_record, make_request

KEYS = ["", "a", "b", "c", "ä", "user-1", "user-2", "user-3"]
USED = sorted({partition_of(key) for key in KEYS})


class JournalMachine(RuleBasedStateMachine):
    """Leads a journal and lists through one life; `fresh` is set by `journal_machine`."""

    fresh: Callable[[], WholeJournal]

    def __init__(self) -> None:
        super().__init__()
        self.journal: WholeJournal = self.fresh()
        self.records: dict[int, list[Record]] = {p: [] for p in range(16)}
        self.first = dict.fromkeys(range(16), 1)
        self.made = 0
        self.requests = 0

    @rule(
        keys=st.lists(st.sampled_from(KEYS), max_size=6),
        at=st.integers(0, 50),
        requests=st.integers(0, 2),
    )
    def append(self, keys: list[str], at: int, requests: int) -> None:
        batch = [make_record(self.made + n, key=key, at=at) for n, key in enumerate(keys)]
        self.made += len(keys)
        raw = [make_request(self.requests + n) for n in range(requests)]
        self.requests += requests
        expected: list[tuple[int, int]] = []
        for record in batch:
            partition = partition_of(record.key)
            self.records[partition].append(record)
            expected.append((partition, len(self.records[partition])))
        assert self.journal.take(raw, batch) == expected

    @rule(partition=st.sampled_from(USED), after=st.integers(0, 20), limit=st.integers(0, 8))
    def read(self, partition: int, after: int, limit: int) -> None:
        if after + 1 < self.first[partition]:
            try:
                self.journal.read(partition, after, limit)
            except StoreCorrupt:
                return
            raise AssertionError("read over trimmed entries without an error")
        entries = self.journal.read(partition, after, limit)
        assert [e.record for e in entries] == self.records[partition][after : after + limit]
        assert [e.position for e in entries] == [after + 1 + n for n in range(len(entries))]

    @rule(
        after=st.dictionaries(st.sampled_from(USED), st.integers(0, 20), min_size=1),
        limit=st.integers(1, 40),
    )
    def read_many(self, after: dict[int, int], limit: int) -> None:
        if any(position + 1 < self.first[partition] for partition, position in after.items()):
            try:
                self.journal.read_many(after, limit)
            except StoreCorrupt:
                return
            raise AssertionError("read over trimmed entries without an error")
        entries = self.journal.read_many(after, limit)
        there = sum(len(self.records[p][position:]) for p, position in after.items())
        assert min(there, 1) <= len(entries) <= min(there, limit)
        numbers = [int(entry.record.id.removeprefix("evt_")) for entry in entries]
        assert numbers == sorted(numbers)
        for partition, position in after.items():
            mine = [entry for entry in entries if entry.partition == partition]
            assert [e.record for e in mine] == self.records[partition][position:][: len(mine)]
            assert [e.position for e in mine] == [position + 1 + n for n in range(len(mine))]

    @rule(partition=st.sampled_from(USED), before=st.integers(0, 20))
    def trim(self, partition: int, before: int) -> None:
        self.journal.trim(partition, before)
        end = len(self.records[partition]) + 1
        self.first[partition] = max(self.first[partition], min(before, end))

    @rule(partition=st.sampled_from(USED), at=st.integers(0, 51))
    def position_at(self, partition: int, at: int) -> None:
        position = self.first[partition] - 1
        for record in self.records[partition][position:]:
            if record.at >= at:
                break
            position += 1
        assert self.journal.position_at(partition, at) == position

    @invariant()
    def bounds_and_counts_agree(self) -> None:
        for partition in USED:
            assert self.journal.bounds(partition) == Bounds(
                first=self.first[partition], last=len(self.records[partition])
            )
        assert self.journal.heads()[USED[0]] == self.journal.bounds(USED[0])
        assert self.journal.counts().events == sum(map(len, self.records.values()))
        assert self.journal.requests.counts().requests == self.requests

    def teardown(self) -> None:
        self.journal.close()


def journal_machine(fresh: Callable[[], WholeJournal]) -> type[JournalMachine]:
    """Return the machine for one kind of journal; every run begins with a fresh one."""
    return type("JournalMachine", (JournalMachine,), {"fresh": staticmethod(fresh)})
