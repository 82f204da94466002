"""A consistent copy of a file that others write meanwhile, and whether a file is whole."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.file.driver import translated
from heliograph.storage.folder import private

STEP_PAGES: Final = 2_000
"""About 8 MiB between two words of progress."""


def copy_database(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy what the source holds now; its writers go on, and what they write meanwhile is not in the copy.

    A read transaction is held for the length of the copy, so that SQLite need not begin anew whenever
    something is written; the WAL of the source grows meanwhile. The copy is one file without a WAL.

    Args:
        source: the database file.
        target: where the copy goes; must not be there.
        progress: told pages done and pages in all.

    Raises:
        StoreUnavailable: the source cannot be read or the target not written.
        StoreCorrupt: the source is damaged.
    """
    private.make_file(target)
    with (
        closing(connect(source, read_only=True)) as reading,
        closing(connect(target, read_only=False)) as writing,
    ):
        with translated(source):
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(
                writing,
                pages=STEP_PAGES,
                progress=lambda _, left, total: progress(total - left, total),
            )
            reading.execute("ROLLBACK")
        with translated(target):
            writing.execute("PRAGMA journal_mode = DELETE")


def begin_wal(path: Path) -> None:
    """Put a copy into the mode in which a hub works on it.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    with closing(connect(path, read_only=False)) as connection, translated(path):
        connection.execute("PRAGMA journal_mode = WAL")


def faults_of(path: Path) -> list[str]:
    """Return what is wrong with a database file: pages that contradict each other; [] for nothing.

    SQLite keeps no checksums: a bit that flips inside a value is found by whoever decodes it, not here.

    Raises:
        StoreUnavailable: it cannot be read.
        StoreCorrupt: it is no database.
    """
    with closing(connect(path, read_only=True)) as connection, translated(path):
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(20)")]
    return [] if found == ["ok"] else found
