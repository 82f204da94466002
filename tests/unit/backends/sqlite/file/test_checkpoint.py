import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from heliograph.backends.sqlite.file.checkpoint import Checkpointer
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.file.driver import RawConnection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
def writer(path: Path) -> Generator[RawConnection]:
    connection = connect(path, read_only=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a)")
    yield connection
    connection.close()


@pytest.fixture
def checkpointer(path: Path, writer: RawConnection) -> Generator[Checkpointer]:
    checkpointer = Checkpointer(path, threading.Lock(), every_pages=100, most_pages=50)
    yield checkpointer
    checkpointer.close()


def write_pages(writer: RawConnection, pages: int) -> None:
    for _ in range(pages):
        writer.execute("INSERT INTO t VALUES (zeroblob(4000))")


def wal_pages(path: Path) -> int:
    return (Path(f"{path}-wal").stat().st_size - 32) // (4096 + 24)


def test_appends_checkpoint_nothing_themselves(path: Path, writer: RawConnection) -> None:
    write_pages(writer, 1_500)
    assert wal_pages(path) >= 1_500


def test_a_long_wal_starts_over(
    path: Path, writer: RawConnection, checkpointer: Checkpointer
) -> None:
    for _ in range(20):
        write_pages(writer, 60)
        checkpointer.checkpoint()
    assert wal_pages(path) < 1_200
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (1_200,)


def test_a_short_wal_is_left_to_grow(
    path: Path, writer: RawConnection, checkpointer: Checkpointer
) -> None:
    """Below the limit nothing waits: the WAL is copied, not restarted."""
    write_pages(writer, 10)
    checkpointer.checkpoint()
    before = wal_pages(path)
    assert 10 <= before < 50


def test_a_reader_in_the_way_delays_but_does_not_break(
    path: Path, writer: RawConnection, checkpointer: Checkpointer
) -> None:
    reader = connect(path, read_only=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()
    write_pages(writer, 60)
    checkpointer.checkpoint()
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
    reader.execute("COMMIT")
    reader.close()
    checkpointer.checkpoint()
    write_pages(writer, 1)
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (61,)


def test_enough_appends_wake_the_thread(
    checkpointer: Checkpointer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = threading.Event()
    monkeypatch.setattr(checkpointer, "checkpoint", ran.set)
    checkpointer.appended(pages=99)
    assert not ran.is_set()
    checkpointer.appended(pages=1)
    assert ran.wait(timeout=30)


def test_close_may_be_called_twice(checkpointer: Checkpointer) -> None:
    checkpointer.close()
    checkpointer.close()
