"""The journal's file has no index of places: marks and remembered ends must lead to the same records."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from heliograph.backends.sqlite import open_journal
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.journal.journal import TRIM_MARKS, SqliteJournal
from heliograph.backends.sqlite.journal.marks import MARK_EVERY
from heliograph.errors import StoreCorrupt
from heliograph.model.ids import partition_of
from heliograph.storage.events.journal import Bounds, Record
from heliograph.testing.samples import make_record

RARE = partition_of("rare")
"""The partition of the key `rare`, to which no other key of `keys` belongs."""
COMMON = [key for key in (f"k{n}" for n in range(40)) if partition_of(key) != RARE]


def records() -> list[Record]:
    """Return 6,000 records: one in a thousand of the rare key, times that jump back now and then."""
    return [
        make_record(
            n,
            key="rare" if n % 1_000 == 700 else COMMON[n * n % len(COMMON)],
            at=10 * n - (3_000 if n % 97 == 0 else 0),
        )
        for n in range(6_000)
    ]


def lists(all_records: list[Record]) -> dict[int, list[Record]]:
    """Return the records of each partition in order."""
    found: dict[int, list[Record]] = {partition: [] for partition in range(16)}
    for record in all_records:
        found[partition_of(record.key)].append(record)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with closing(open_journal(path)) as journal:
        whole, start = records(), 0
        while start < len(whole):
            size = 1 + start * 7 % 600
            journal.append(whole[start : start + size])
            start += size
    return path


@pytest.fixture(params=["anew", "going on"])
def journal(path: Path, request: pytest.FixtureRequest) -> Iterator[SqliteJournal]:
    """The journal as one finds it who opens it, and as one who has read all of it in pages of 7."""
    with closing(open_journal(path)) as journal:
        if request.param == "going on":
            for partition in range(16):
                after = 0
                while page := journal.read(partition, after, 7):
                    after = page[-1].position
        yield journal


def count(path: Path, table: str) -> int:
    with closing(connect(path, read_only=True)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_every_place_is_found(journal: SqliteJournal, path: Path) -> None:
    assert count(path, "marks") == -(-6_000 // MARK_EVERY)
    for partition, wanted in lists(records()).items():
        assert journal.bounds(partition) == Bounds(first=1, last=len(wanted))
        for after in {0, 1, 5, len(wanted) // 2, max(len(wanted) - 1, 0), len(wanted)}:
            read = journal.read(partition, after, 50)
            assert [entry.record for entry in read] == wanted[after : after + 50]
            assert [id_ for _, id_ in journal.ids(partition, after, 50)] == [
                one.id for one in wanted[after : after + 50]
            ]
        places = [(partition, position) for position in range(len(wanted) + 2)]
        found = journal.entries(places)
        assert [found[place].record for place in places[1:-1]] == wanted
        assert len(found) == len(wanted)


@pytest.mark.parametrize("read_before", [0.0, 0.3, 0.97, 1.0])
def test_several_partitions_are_found_together(journal: SqliteJournal, read_before: float) -> None:
    """Whatever was read before of every other partition; the others from the beginning."""
    by_partition = lists(records())
    after = {
        partition: int(len(wanted) * read_before) if partition % 2 else 0
        for partition, wanted in by_partition.items()
    }
    for partition, position in after.items():
        del by_partition[partition][:position]
    found: dict[int, list[Record]] = {partition: [] for partition in range(16)}
    while page := journal.read_many(after, 333):
        assert len(page) <= 333
        for entry in page:
            assert entry.position == after[entry.partition] + 1
            after[entry.partition] = entry.position
            found[entry.partition].append(entry.record)
    assert found == by_partition


def test_times_are_found(journal: SqliteJournal) -> None:
    for partition, wanted in lists(records()).items():
        for at in (-5_000, 0, 7_000, 30_005, 59_000, 80_000):
            younger = [n for n, record in enumerate(wanted) if record.at >= at]
            assert journal.position_at(partition, at) == (younger[0] if younger else len(wanted))


def test_a_partition_is_trimmed_in_parts_and_the_others_stay(
    journal: SqliteJournal, path: Path
) -> None:
    by_partition = lists(records())
    busiest = max(by_partition, key=lambda partition: len(by_partition[partition]))
    assert TRIM_MARKS * MARK_EVERY // 16 < 6_000
    for partition, before in ((RARE, 4), (busiest, len(by_partition[busiest]) - 3)):
        journal.trim(partition, before)
        assert journal.bounds(partition).first == before
        read = journal.read(partition, before - 1, 100)
        assert [entry.record for entry in read] == by_partition[partition][before - 1 :][:100]
        assert journal.entry(partition, before - 1) is None
        with pytest.raises(StoreCorrupt):
            journal.read(partition, before - 2, 5)
    for partition in set(range(16)) - {RARE, busiest}:
        assert len(journal.read(partition, 0, 10_000)) == len(by_partition[partition])
    kept = 3 + 4 + sum(len(by_partition[p]) for p in set(range(16)) - {RARE, busiest})
    assert count(path, "records") == kept


def test_marks_go_with_what_they_led_to_and_the_journal_goes_on(
    journal: SqliteJournal, path: Path
) -> None:
    for partition in range(16):
        journal.trim(partition, 10_000)
    assert count(path, "records") == 0
    assert count(path, "marks") == 1
    more = [make_record(n, key="rare", at=n) for n in range(9_000, 9_600)]
    places = journal.append(more)
    assert places[0] == (RARE, 7)
    assert [entry.record for entry in journal.read(RARE, 6, 1_000)] == more
    assert [journal.entries(places)[place].record for place in places] == more
    assert journal.position_at(RARE, 9_100) == 106


def test_a_state_that_the_disk_changed_is_refused(path: Path) -> None:
    with closing(connect(path, read_only=False)) as connection:
        (body,) = connection.execute("SELECT body FROM state").fetchone()
        changed = body[:30] + bytes((body[30] ^ 1,)) + body[31:]
        connection.execute("UPDATE state SET body = ?", (changed,))
    with closing(open_journal(path)) as journal:
        with pytest.raises(StoreCorrupt, match="another checksum"):
            journal.append([make_record(1, key="k")])
        with pytest.raises(StoreCorrupt, match="another checksum"):
            journal.bounds(0)
