"""Connections to one SQLite file: how they are opened, pooled, begun and ended.

Every file is in WAL mode with `synchronous=FULL`: a commit returns after fsync. Writers begin with
`BEGIN IMMEDIATE`, so a transaction that started never fails half way for want of the lock. `fullfsync`
matters on macOS only, where a plain fsync leaves the data in the drive's cache. SQLite syncs the
folder itself after it made the WAL file; we sync it once more after we made the database.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.driver import RawConnection, dbapi, translated
from heliograph.errors import StoreUnavailable
from heliograph.storage.folder import private

BUSY_TIMEOUT_S: Final = 10.0
"""How long a writer waits for another process before it gives up."""
CACHED_STATEMENTS: Final = 512
PAGE_BYTES: Final = 2048
"""Of files that are made; older ones keep theirs (4096). A small commit writes one page of each index it
touches, so half the page is nearly half the bytes; below this, full load would pay for it in CPU."""
WAL_LIMIT_BYTES: Final = 64 << 20
"""A WAL file that grew beyond is cut back when it starts over."""


def connect(path: Path, *, read_only: bool, autocheckpoint_pages: int = 0) -> RawConnection:
    """Return a driver connection in autocommit mode, usable from any one thread at a time.

    Raises:
        StoreUnavailable: the file cannot be opened, or is missing and `read_only`.
    """
    mode = "ro" if read_only else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with translated(path):
        connection = dbapi.connect(
            uri,
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint = {autocheckpoint_pages}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    return connection


def make_file(path: Path) -> None:
    """Make sure the file exists, in WAL mode, and that its folder's entry is on disk.

    Raises:
        StoreUnavailable: the folder cannot be made or written.
    """
    if _made(path):
        return
    try:
        private.make_folder(path.parent)
        private.make_file(path)
        with _alone(path.parent):
            if not _made(path):
                _fill(path)
    except OSError as error:
        raise StoreUnavailable(
            "store.unavailable", f"the data folder cannot be made: {error}", where=str(path.parent)
        ) from error
    for folder in (path.parent, path.parent.parent):
        sync_folder(folder)


def _made(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep other processes and threads from making a file in the folder meanwhile.

    A change to WAL mode does not wait for another one; it fails as locked. The lock is on the folder: one on
    the file would take SQLite's own locks with it when it is let go.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _fill(path: Path) -> None:
    """Make an empty file a database in WAL mode."""
    connection = connect(path, read_only=False)
    try:
        with translated(path):
            # Before the first table: afterwards a file keeps its page size.
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


class Anchor:
    """Notices that a file was removed or replaced while it was open.

    SQLite would go on writing to the file that nobody can open any more, and every commit would be lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = self._look()

    def check(self) -> None:
        """Do nothing while the path still leads to the file; one `stat`, about a microsecond.

        Raises:
            StoreUnavailable: it does not.
        """
        if self._look() != self._identity:
            raise StoreUnavailable(
                "store.unavailable",
                "the file was removed or replaced while it was in use; nothing was written",
                where=self._path.name,
                hint="Put the file back, or restart the hub: it says whether it can go on with this one.",
            )

    def _look(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


def sync_folder(folder: Path) -> None:
    """Put the folder's entries on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def immediate(connection: RawConnection) -> Generator[None]:
    """Run the block in one durable write transaction of a driver connection.

    Whatever is raised inside, or by the commit itself, leaves the connection without a transaction.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
