"""Lent connections come back at rest, whatever happened in the block."""

from pathlib import Path

import pytest

from heliograph.backends.sqlite.file import pool as pool_module
from heliograph.backends.sqlite.file.core import core
from heliograph.backends.sqlite.file.database import PAGE_BYTES, make_file
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.errors import StoreUnavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    make_file(path)
    with Pool(path, writes=True).transaction() as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    return path


def numbers(path: Path) -> list[int]:
    with Pool(path, writes=False).lent() as connection:
        return [row[0] for row in connection.execute("SELECT n FROM t ORDER BY n")]


def test_a_block_that_raises_leaves_nothing_and_the_next_one_writes(path: Path):
    writers = Pool(path, writes=True)

    def fails() -> None:
        with writers.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with writers.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert numbers(path) == [2]


def test_a_view_does_not_see_what_is_committed_meanwhile(path: Path):
    writers = Pool(path, writes=True)
    count = "SELECT count(*) FROM t"
    with Pool(path, writes=False).transaction() as view:
        assert view.execute(count).fetchone() == (0,)
        with writers.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
        assert view.execute(count).fetchone() == (0,)
    assert numbers(path) == [1]


def test_a_connection_that_is_lent_out_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool_module, "BUSY_TIMEOUT_S", 0.01)
    writers = Pool(path, writes=True)
    with writers.lent(), pytest.raises(StoreUnavailable, match="busy"), writers.lent():
        pass
    with writers.lent() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_sqlalchemy_on_a_lent_connection_leaves_its_transaction_alone(path: Path):
    writers = Pool(path, writes=True)
    with writers.transaction() as connection:
        with core(connection) as view:
            view.exec_driver_sql("INSERT INTO t VALUES (7)")
        assert connection.in_transaction
    assert numbers(path) == [7]


def test_a_new_file_has_small_pages(path: Path):
    """Small commits write whole pages; see `PAGE_BYTES`."""
    with Pool(path, writes=False).lent() as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)
