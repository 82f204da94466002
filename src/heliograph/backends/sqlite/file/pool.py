"""Open connections to one SQLite file, lent for the length of a block.

A transaction is three calls of the driver: begin, the work, commit. Readers hold a view of the file as it
was at their first query and block nobody; at most `READERS` of them are open at a time.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.database import BUSY_TIMEOUT_S, connect
from heliograph.backends.sqlite.file.driver import RawConnection, RawError
from heliograph.errors import StoreUnavailable

READERS: Final = 16
"""Read connections at most; a further reader waits for one."""


class Pool:
    """Lends connections and takes them back; a connection that cannot be brought to rest is closed.

    Args:
        path: the database file.
        writes: lend one connection that writes, else many that read.
        autocheckpoint_pages: see SQLite's `wal_autocheckpoint`; 0 for never.
    """

    def __init__(self, path: Path, *, writes: bool, autocheckpoint_pages: int = 0) -> None:
        self._path = path
        self._writes = writes
        self._autocheckpoint_pages = autocheckpoint_pages
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._room = threading.BoundedSemaphore(1 if writes else READERS)
        self._idle: list[RawConnection] = []
        self._closed = False

    @contextmanager
    def transaction(self) -> Generator[RawConnection]:
        """Lend a connection in a transaction; committed at the end of the block, else rolled back.

        Raises:
            StoreUnavailable: no connection came free in time.
        """
        with self.lent() as connection:
            connection.execute(self._begin)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def lent(self) -> Generator[RawConnection]:
        """Lend a connection without a transaction: a single statement sees one state by itself.

        Raises:
            StoreUnavailable: no connection came free in time.
        """
        if not self._room.acquire(timeout=BUSY_TIMEOUT_S):
            raise StoreUnavailable(
                "store.unavailable",
                "all connections are busy",
                where=self._path.name,
                hint="Another command that reads much may be under way; try again.",
            )
        try:
            connection = self._taken()
            try:
                yield connection
            finally:
                self._back(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close what is not lent, and the rest when it comes back; safe to call twice."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _taken(self) -> RawConnection:
        try:
            return self._idle.pop()
        except IndexError:
            return connect(
                self._path,
                read_only=not self._writes,
                autocheckpoint_pages=self._autocheckpoint_pages,
            )

    def _back(self, connection: RawConnection) -> None:
        if connection.in_transaction:
            try:
                connection.execute("ROLLBACK")
            except RawError:
                connection.close()
                return
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)
