"""Files from before journal and store knew each other, and the moment at which they are introduced."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.journal.journal import SqliteJournal
from heliograph.storage.lineage import Mismatch, examine, pair
from heliograph.storage.store import Store
from heliograph.testing.old_files import migrate_to
from heliograph.testing.samples import make_record


def old_journal(folder: Path) -> None:
    """A journal as the release before kept it, with two events in partition 3."""
    migrate_to(folder / "journal.db", "journal", "journal_0003")
    connection = connect(folder / "journal.db", read_only=False)
    for position in (1, 2):
        connection.execute(
            "INSERT INTO records (partition, position, id, key, at, value) VALUES (3, ?, ?, 'k', 1, x'7b7d')",
            (position, f"evt_{position}"),
        )
    connection.execute("UPDATE heads SET last = 2, max_at = 1 WHERE partition = 3")
    connection.execute("UPDATE totals SET events = 2, items = 2, requests = 2")
    connection.close()


def old_store(folder: Path, *, position: int) -> None:
    """A store as the release before kept it, whose engine came so far in partition 3."""
    migrate_to(folder / "store.db", "store", "store_0002")
    connection = connect(folder / "store.db", read_only=False)
    connection.execute(
        "INSERT INTO cursors (reader, partition, position, epoch, owner, lease_until)"
        " VALUES ('engine', 3, ?, 1, NULL, 0)",
        (position,),
    )
    connection.close()


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqliteJournal, Store]]:
    journal, store = open_journal(folder / "journal.db"), open_store(folder / "store.db")
    try:
        pair(journal, store)
        yield journal, store
    finally:
        journal.close()
        store.close()


def found(folder: Path) -> Mismatch | None:
    with opened(folder) as (journal, store), store.read() as reader:
        return examine(journal, reader, group="engine")


def test_files_of_an_older_release_are_introduced_and_read_on(tmp_path: Path) -> None:
    old_journal(tmp_path)
    old_store(tmp_path, position=1)
    assert found(tmp_path) is None
    with opened(tmp_path) as (journal, store):
        entries = journal.read(3, 1, 10)
        assert [(entry.record.id, entry.fault) for entry in entries] == [("evt_2", None)]
        with store.read() as reader:
            assert reader.lineage.get().incarnation == journal.identity().incarnation
            assert journal.identity().store == reader.lineage.get().store


def test_an_older_journal_of_an_older_release_is_noticed(tmp_path: Path) -> None:
    old_journal(tmp_path)
    old_store(tmp_path, position=9)
    mismatch = found(tmp_path)
    assert mismatch is not None
    assert (mismatch.kind, mismatch.partitions) == ("journal.behind", (3,))


def test_a_new_store_beside_an_old_journal_is_taken_for_a_lost_one(tmp_path: Path) -> None:
    """It would send everything again."""
    old_journal(tmp_path)
    mismatch = found(tmp_path)
    assert mismatch is not None
    assert mismatch.kind == "journal.store_new"


def test_new_files_are_introduced_whatever_comes_in_before_the_worker(tmp_path: Path) -> None:
    assert found(tmp_path) is None
    with opened(tmp_path) as (journal, _):
        journal.append([make_record(1, key="one")])
    assert found(tmp_path) is None


def test_a_journal_that_lost_even_its_introduction_is_behind_not_strange(tmp_path: Path) -> None:
    """Its WAL is gone, in which it had adopted the store: to rebuild the store would be bad advice."""
    old_journal(tmp_path)
    old_store(tmp_path, position=2)
    assert found(tmp_path) is None
    connection = connect(tmp_path / "journal.db", read_only=False)
    connection.execute("UPDATE identity SET store = NULL")
    connection.close()
    assert found(tmp_path) is None
    with opened(tmp_path) as (journal, store), store.read() as reader:
        assert journal.identity().store == reader.lineage.get().store
    connection = connect(tmp_path / "store.db", read_only=False)
    connection.execute("UPDATE cursors SET position = 9 WHERE reader = 'engine'")
    connection.close()
    mismatch = found(tmp_path)
    assert mismatch is not None
    assert mismatch.kind == "journal.behind"
