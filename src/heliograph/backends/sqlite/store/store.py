"""The store on one SQLite file: one writing connection per process, a pool of reading ones.

Writers of this process wait for a lock, those of others for SQLite's own (`BEGIN IMMEDIATE`, up to
`BUSY_TIMEOUT_S`). Readers see the state at their first query and block nobody. Small checkpoints happen
inside commits (`AUTOCHECKPOINT_PAGES`); the store's writers are not in the path of an answer.
"""

import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from heliograph.backends.sqlite.file.database import Anchor, connect
from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.backends.sqlite.schema.migrate import migrate, require_newest
from heliograph.backends.sqlite.store.configuration import SqliteConfiguration
from heliograph.backends.sqlite.store.identity import SqliteLineage
from heliograph.backends.sqlite.store.profiles import SqliteProfiles
from heliograph.backends.sqlite.store.reading.applied import SqliteApplied
from heliograph.backends.sqlite.store.reading.cursors import SqliteCursors
from heliograph.backends.sqlite.store.reading.readers import SqliteParked, SqliteReaders
from heliograph.backends.sqlite.store.session import Session
from heliograph.backends.sqlite.store.stages import SqliteOutbox, SqliteStates, SqliteTimers
from heliograph.backends.sqlite.store.timekeeping import SqliteTimekeeping
from heliograph.backends.sqlite.store.work.deliveries import SqliteDeliveries
from heliograph.backends.sqlite.store.work.destination_states import SqliteDestinationStates
from heliograph.backends.sqlite.store.work.leases import SqliteLeases
from heliograph.backends.sqlite.store.work.remaps import SqliteRemaps
from heliograph.errors import InvariantBroken, StoreUnavailable
from heliograph.storage.store import Reader, Store, Transaction

AUTOCHECKPOINT_PAGES: Final = 20_000
"""About 40 MiB of WAL between two checkpoints; a page that changes often goes to the file once in each."""


class SqliteTransaction:
    """All repositories over one open transaction; see `storage.store.Transaction`."""

    def __init__(self, connection: RawConnection, dictionaries: Dictionaries) -> None:
        session = Session(connection, dictionaries)
        self.end = session.close
        self.lineage = SqliteLineage(session)
        self.cursors = SqliteCursors(session)
        self.leases = SqliteLeases(session)
        self.readers = SqliteReaders(session)
        self.parked = SqliteParked(session)
        self.states = SqliteStates(session)
        self.timers = SqliteTimers(session)
        self.outbox = SqliteOutbox(session)
        self.applied = SqliteApplied(session)
        self.profiles = SqliteProfiles(session)
        self.deliveries = SqliteDeliveries(session)
        self.destinations = SqliteDestinationStates(session)
        self.configuration = SqliteConfiguration(session)
        self.remaps = SqliteRemaps(session)
        self.clock = SqliteTimekeeping(session)


class SqliteStore:
    """See `storage.store.Store`. Make it with `open_store`."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self._watch: RawConnection | None = None
        self._anchor = Anchor(path)
        self._dictionaries = Dictionaries()
        self._readers = Pool(path, writes=False)
        self._writers = (
            None
            if read_only
            else Pool(path, writes=True, autocheckpoint_pages=AUTOCHECKPOINT_PAGES)
        )

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction; commits durably at the end of the block."""
        return self._transaction()

    def read(self) -> AbstractContextManager[Reader]:
        """Open a consistent read-only view."""
        return self._read()

    @contextmanager
    def _transaction(self) -> Generator[Transaction]:
        with translated(self._path), self._lock:
            if self._writers is None or self._closed:
                raise self._unusable()
            self._anchor.check()
            with self._writers.transaction() as connection:
                transaction = SqliteTransaction(connection, self._dictionaries)
                try:
                    yield transaction
                finally:
                    transaction.end()

    @contextmanager
    def _read(self) -> Generator[Reader]:
        if self._closed:
            raise self._unusable()
        try:
            with translated(self._path), self._readers.transaction() as connection:
                transaction = SqliteTransaction(connection, self._dictionaries)
                try:
                    yield transaction
                finally:
                    transaction.end()
        except StoreUnavailable as error:
            if "readonly" in (error.found or ""):
                raise InvariantBroken("a read view of the store was written through") from error
            raise

    def changes(self) -> object:
        """Return SQLite's own number of changes by other connections, as one that never writes sees it."""
        with translated(self._path):
            if self._watch is None:
                self._watch = connect(self._path, read_only=True)
            return self._watch.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        with self._lock:
            self._closed = True
            if self._watch is not None:
                self._watch.close()
                self._watch = None
            self._readers.close()
            if self._writers is not None:
                self._writers.close()

    def _unusable(self) -> StoreUnavailable:
        return StoreUnavailable(
            "store.unavailable",
            "the store is closed or was opened read-only",
            where=self._path.name,
        )


def open_store(path: Path, *, read_only: bool = False) -> Store:
    """Return the store in `path`, made and migrated when it is not `read_only`.

    Args:
        path: the file, usually `store.db` in the data folder.
        read_only: for processes that only look; `transaction()` raises `StoreUnavailable`.

    Raises:
        StoreUnavailable: the file cannot be opened or, for a reader, is not there yet.
        ConfigError: `config.unsupported`: the file comes from a newer release.
    """
    if read_only:
        require_newest(path, "store")
    else:
        migrate(path, "store")
    return SqliteStore(path, read_only=read_only)
