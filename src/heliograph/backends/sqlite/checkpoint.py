"""Checkpoints of the journal beside its appends, and a bound on its WAL file.

A checkpoint copies pages from the WAL into the database and fsyncs it: milliseconds that no append
should wait for. A thread with a connection of its own does it passively whenever about `every_pages`
were appended; a passive checkpoint blocks neither readers nor writers.

Under steady load a passive checkpoint never quite catches up, so the WAL never starts over. When it has
grown to `most_pages`, the rest (few pages, right after a passive one) is copied while appends wait.
"""

import threading
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.database import connect
from heliograph.backends.sqlite.driver import RawError
from heliograph.errors import StoreUnavailable

EVERY_PAGES: Final = 1_000
"""About 4 MiB."""
MOST_PAGES: Final = 8_000
"""About 32 MiB."""


class Checkpointer:
    """A daemon thread that keeps the WAL of one file short.

    Args:
        path: the database file.
        appends: the lock held during every append of this process.
        every_pages: how many appended pages wake the thread.
        most_pages: WAL length at which appends wait for the rest.
    """

    def __init__(
        self,
        path: Path,
        appends: threading.Lock,
        *,
        every_pages: int = EVERY_PAGES,
        most_pages: int = MOST_PAGES,
    ) -> None:
        self._path = path
        self._appends = appends
        self._every_pages = every_pages
        self._most_pages = most_pages
        self._pending = 0
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"{path.name}-wal", daemon=True)
        self._thread.start()

    def appended(self, *, pages: int) -> None:
        """Note that about so many pages went into the WAL; cheap, called after every append."""
        self._pending += pages
        if self._pending >= self._every_pages:
            self._pending = 0
            self._wake.set()

    def close(self) -> None:
        """Stop the thread and wait for it; safe to call twice."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            connection = connect(self._path, read_only=False)
        except StoreUnavailable:
            return
        try:
            while True:
                self._wake.wait()
                self._wake.clear()
                if self._closing:
                    return
                try:
                    _, length, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if length >= self._most_pages:
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                        with self._appends:
                            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                except RawError:
                    # A full or lost disk: appends report it themselves; the next wake tries again.
                    continue
        finally:
            connection.close()
