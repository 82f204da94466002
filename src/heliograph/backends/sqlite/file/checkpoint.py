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

from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.errors import StoreError

EVERY_PAGES: Final = 16_000
"""About 32 MiB: a page that changes often goes to the file once in each of them."""
MOST_PAGES: Final = 24_000
"""About 48 MiB."""
PATIENCE_MS: Final = 20
"""How long a restart waits for a reader in its way, and so appends for it; then the next wake tries."""


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
        self._connection: RawConnection | None = None
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

    def checkpoint(self) -> None:
        """Copy what can be copied now, and let a WAL that grew too long start over.

        Raises:
            StoreUnavailable: the disk is full or lost; the WAL keeps everything, a later call catches up.
        """
        with translated(self._path):
            if self._connection is None:
                self._connection = connect(self._path, read_only=False)
                self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            passive = "PRAGMA wal_checkpoint(PASSIVE)"
            _, length, _ = self._connection.execute(passive).fetchone()
            if length >= self._most_pages:
                # Once more, so that next to nothing is left to copy while appends wait.
                self._connection.execute(passive).fetchone()
                with self._appends:
                    self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closing:
                break
            try:
                self.checkpoint()
            except StoreError:
                # Appends meet the same disk and report it; the next wake tries again.
                continue
        if self._connection is not None:
            self._connection.close()
