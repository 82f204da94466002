"""The one writing connection of a process to the journal's file: its lock, its checkpoints, its probe."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.checkpoint import Checkpointer
from heliograph.backends.sqlite.file.database import PAGE_BYTES, Anchor, connect, immediate
from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.backends.sqlite.statements import load
from heliograph.errors import StoreUnavailable

SQL: Final = load("journal")
PROBE_BYTES: Final = 64 << 10
"""What a probe writes at least: a commit of some dozen requests."""
PROBE_MOST_BYTES: Final = 4 << 20
"""What it writes at most, after a large append that failed; then the file is so much larger for good."""


class JournalWriter:
    """Serialises what this process writes to the journal's file.

    Args:
        path: the file.
        read_only: every transaction raises `StoreUnavailable`.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = None if read_only else connect(path, read_only=False)
        self._probe_bytes = PROBE_BYTES
        self._anchor = Anchor(path)
        self._checkpointer = None if read_only else Checkpointer(path, self._lock)

    @contextmanager
    def transaction(self) -> Generator[RawConnection]:
        """Run the block in one durable transaction.

        Raises:
            StoreUnavailable: nothing was written.
        """
        with translated(self._path), self._lock:
            connection = self._open()
            with immediate(connection):
                yield connection

    @contextmanager
    def append(self, written: int) -> Generator[RawConnection]:
        """Run the block in one durable transaction that adds about so many bytes of records and bodies."""
        try:
            with self.transaction() as connection:
                yield connection
        except StoreUnavailable:
            # An event takes about twice its bytes on disk, with its indexes and the raw request.
            self._probe_bytes = min(max(2 * written, PROBE_BYTES), PROBE_MOST_BYTES)
            raise
        self._probe_bytes = PROBE_BYTES
        if self._checkpointer is not None:
            self._checkpointer.appended(pages=8 + 2 * written // PAGE_BYTES)

    def probe(self) -> None:
        """Rewrite one row, as large as the newest append when that failed; see `Intake.probe`.

        A write of a page would fit where an append does not: up to a quota, into the end of the WAL.
        """
        size = self._probe_bytes
        with self.transaction() as connection:
            connection.execute(SQL["probe"], (size,))
        if self._checkpointer is not None:
            # Probes grow the WAL like appends; checkpoints let it start over.
            self._checkpointer.appended(pages=2 + size // PAGE_BYTES)

    def close(self) -> None:
        """Stop the checkpoint thread and close the connection; safe to call twice."""
        if self._checkpointer is not None:
            self._checkpointer.close()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> RawConnection:
        if self._connection is None:
            raise StoreUnavailable(
                "store.unavailable",
                "the journal is closed or was opened read-only",
                where=self._path.name,
            )
        self._anchor.check()
        return self._connection
