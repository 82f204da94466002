"""A full, locked or read-only disk: nothing is half written, and work goes on without a restart."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file import database
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.journal.journal import SqliteJournal
from heliograph.backends.sqlite.journal.writer import PROBE_BYTES
from heliograph.errors import InvariantBroken, StoreCorrupt, StoreUnavailable
from heliograph.storage.events.journal import Record
from heliograph.testing.journal.fixtures import WholeJournal, read_all
from heliograph.testing.running.small_disk import SmallDisk, small_disk
from heliograph.testing.samples import make_applied, make_record, make_request

MIB = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Generator[SmallDisk]:
    with small_disk(tmp_path / "small", size_mb=6) as disk:
        yield disk


def record(n: int, size: int) -> Record:
    """Return a record that takes as much room on the disk as it is long, whatever packs it."""
    value = hashlib.shake_128(b"%d" % n).digest(size)
    return Record(key=f"k{n % 5}", id=f"evt_{n}", at=n, value=value)


def fill(journal: WholeJournal) -> tuple[int, StoreUnavailable]:
    """Append until the disk is full; return how many batches were acknowledged, and the error."""
    for n in range(1_000):
        batch = [record(3 * n + i, 20_000) for i in range(3)]
        try:
            journal.take([make_request(n, items=3, events=3)], batch)
        except StoreUnavailable as error:
            return n, error
    raise AssertionError("the disk never became full")


def limit_pages(journal: SqliteJournal, pages: int) -> None:
    """Let SQLite report a full disk beyond so many pages."""
    assert journal._writer._connection is not None
    journal._writer._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()


def test_a_full_disk_refuses_clearly_and_recovers_by_itself(disk: SmallDisk) -> None:
    with closing(open_journal(disk.root / "journal.db")) as journal:
        disk.fill(2 * MIB)
        acknowledged, error = fill(journal)
        assert acknowledged > 0
        assert error.code == "store.unavailable"
        assert "full" in str(error)
        assert journal.requests.counts().requests == acknowledged
        assert len(read_all(journal)) == 3 * acknowledged
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                journal.append([record(9_999, 200_000)])
        disk.free()
        journal.probe()
        places = journal.take([make_request(7_777)], [record(7_777, 20_000)])
        assert journal.entry(*places[0]) is not None
    with closing(open_journal(disk.root / "journal.db")) as journal:
        assert journal.requests.counts().requests == acknowledged + 1
        assert len(read_all(journal)) == 3 * acknowledged + 1


def test_a_full_disk_rolls_a_transaction_of_the_store_back(disk: SmallDisk) -> None:
    with closing(open_store(disk.root / "store.db")) as store:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
        disk.fill()
        with pytest.raises(StoreUnavailable), store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in range(2, 20_000)])
        with store.read() as reader:
            assert reader.applied.counts()["applied"] == 1
        disk.free()
        with store.transaction() as tx:
            assert tx.applied.add([make_applied(2)]) == {"evt_2"}


def test_a_file_at_its_page_limit_refuses_clearly_and_recovers(tmp_path: Path) -> None:
    """The same without a mount: SQLite itself reports a full disk."""
    path = tmp_path / "journal.db"
    open_journal(path).close()
    journal = SqliteJournal(path, read_only=False)
    with closing(journal):
        limit_pages(journal, 400)
        acknowledged, error = fill(journal)
        assert acknowledged > 0
        assert "full" in str(error)
        assert journal.requests.counts().requests == acknowledged
        assert len(read_all(journal)) == 3 * acknowledged
        limit_pages(journal, 100_000)
        journal.take([make_request(7_777)], [record(7_777, 20_000)])
        assert journal.requests.counts().requests == acknowledged + 1


def test_a_probe_fails_where_the_last_append_did(tmp_path: Path) -> None:
    """What was too large for the disk is so for the probe, however much smaller writes still fit."""
    path = tmp_path / "journal.db"
    open_journal(path).close()
    with closing(SqliteJournal(path, read_only=False)) as journal:
        limit_pages(journal, 400)
        journal.probe()
        large = [record(n, 100_000) for n in range(10)]
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                journal.append(large)
            with pytest.raises(StoreUnavailable, match="full"):
                journal.probe()
        limit_pages(journal, 100_000)
        journal.probe()
        assert len(journal.append(large)) == 10


def test_probes_do_not_grow_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(open_journal(path)) as journal:
        journal.probe()
        checkpoint(path)
        first = path.stat().st_size
        assert first >= PROBE_BYTES
        for _ in range(3):
            journal.probe()
            checkpoint(path)
        assert path.stat().st_size == first


def checkpoint(path: Path) -> None:
    """Copy the WAL into the file and empty it."""
    with closing(connect(path, read_only=False)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def test_a_lock_held_too_long_is_unavailable_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    journal_path, store_path = tmp_path / "journal.db", tmp_path / "store.db"
    with closing(open_journal(journal_path)) as journal, closing(open_store(store_path)) as store:
        blockers = [connect(path, read_only=False) for path in (journal_path, store_path)]
        for blocker in blockers:
            blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="holds the file"):
            journal.append([make_record(1, key="a")])
        with pytest.raises(StoreUnavailable, match="holds the file"):
            journal.probe()
        with pytest.raises(StoreUnavailable), store.transaction():
            raise AssertionError("two writers at a time")
        assert read_all(journal) == []
        with store.read() as reader:
            assert reader.applied.counts()["applied"] == 0
        for blocker in blockers:
            blocker.execute("ROLLBACK")
            blocker.close()
        assert journal.append([make_record(1, key="a")])[0][1] == 1
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])


def test_a_damaged_file_is_corrupt_not_empty(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is no database at all, " * 200)
    with pytest.raises(StoreCorrupt):
        open_journal(path)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="data folder"):
        open_store(tmp_path / "file" / "store.db")


@pytest.mark.parametrize("act", ["remove", "replace"])
def test_a_file_that_is_gone_takes_no_more_writes(tmp_path: Path, act: str) -> None:
    """SQLite alone would go on and lose every commit."""
    journal_path, store_path = tmp_path / "journal.db", tmp_path / "store.db"
    with closing(open_journal(journal_path)) as journal, closing(open_store(store_path)) as store:
        for path in (journal_path, store_path):
            kept = path.rename(path.with_suffix(".away"))
            if act == "replace":
                path.write_bytes(kept.read_bytes())
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            journal.append([make_record(1, key="a")])
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            journal.probe()
        with pytest.raises(StoreUnavailable, match="removed or replaced"), store.transaction():
            raise AssertionError("a transaction began on a file that is gone")
        for path in (journal_path, store_path):
            path.with_suffix(".away").replace(path)
        journal.append([make_record(1, key="a")])
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])


def test_a_value_that_no_column_holds_fails_the_unit_of_work(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "journal.db")) as journal:
        for bad in (make_record(1, key="a", at=1 << 70), make_record(1, key="\ud800")):
            with pytest.raises(InvariantBroken):
                journal.append([make_record(0, key="b"), bad])
        assert read_all(journal) == []
