"""The store as dictionaries. A transaction works on a copy, which replaces the state when it commits."""

import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

from heliograph.errors import InvariantBroken, StoreUnavailable
from heliograph.storage.store import Reader, Transaction
from heliograph.testing.memory.configuration import MemoryConfiguration
from heliograph.testing.memory.identity import MemoryLineage
from heliograph.testing.memory.profiles import MemoryProfiles
from heliograph.testing.memory.reading.applied import MemoryApplied
from heliograph.testing.memory.reading.cursors import MemoryCursors
from heliograph.testing.memory.stages import (
    MemoryOutbox,
    MemoryParked,
    MemoryReaders,
    MemoryStates,
    MemoryTimers,
)
from heliograph.testing.memory.timekeeping import MemoryTimekeeping
from heliograph.testing.memory.work.deliveries import MemoryDeliveries
from heliograph.testing.memory.work.destination_states import MemoryDestinationStates
from heliograph.testing.memory.work.leases import MemoryLeases
from heliograph.testing.memory.work.remaps import MemoryRemaps


class _State:
    """All repositories; also what a transaction and a reader see."""

    def __init__(self) -> None:
        self.lineage = MemoryLineage(self)
        self.cursors = MemoryCursors()
        self.leases = MemoryLeases()
        self.readers = MemoryReaders(self.cursors)
        self.parked = MemoryParked()
        self.states = MemoryStates()
        self.timers = MemoryTimers()
        self.outbox = MemoryOutbox()
        self.applied = MemoryApplied()
        self.profiles = MemoryProfiles()
        self.deliveries = MemoryDeliveries()
        self.destinations = MemoryDestinationStates()
        self.configuration = MemoryConfiguration()
        self.remaps = MemoryRemaps()
        self.clock = MemoryTimekeeping()


class _ReadOnly:
    """A repository whose changing methods raise."""

    _CHANGING = frozenset(
        {
            "bind",
            "forget_effects",
            "claim",
            "expel",
            "seen",
            "forget",
            "note_gap",
            "remove",
            "take",
            "advance",
            "reset",
            "release",
            "add",
            "supersede",
            "prune_trimmed",
            "put_many",
            "drop",
            "merge",
            "unmerge",
        }
        | {
            "enqueue",
            "finish",
            "identified",
            "rekey",
            "part",
            "replay",
            "set",
            "put",
            "delete",
            "shift_due",
            "shift_first_attempts",
        }
    )

    def __init__(self, repository: object) -> None:
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        if name in self._CHANGING:
            raise InvariantBroken("a read view of the store was written through")
        return getattr(self._repository, name)


class MemoryStore:
    """See `storage.store.Store`. `fail_with` makes transactions raise it, while it is set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State()
        self._closed = False
        self.fail_with: StoreUnavailable | None = None

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction on a copy of the state."""
        return self._transaction()

    def read(self) -> AbstractContextManager[Reader]:
        """Open a view of the last committed state."""
        return self._read()

    def changes(self) -> object:
        """Return the state as of the last commit: each has one of its own."""
        return self._state

    @contextmanager
    def _transaction(self) -> Generator[Transaction]:
        with self._lock:
            self._check()
            working = deepcopy(self._state)
            yield working
            self._state = working

    @contextmanager
    def _read(self) -> Generator[Reader]:
        self._check()
        committed = self._state
        view: Any = _State.__new__(_State)
        for name, repository in MappingProxyType(vars(committed)).items():
            setattr(view, name, _ReadOnly(repository))
        yield view

    def close(self) -> None:
        """Refuse further use; safe to call twice."""
        self._closed = True

    def _check(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        if self._closed:
            raise StoreUnavailable("store.unavailable", "the store is closed", where="store")


def open_memory_store(place: Path) -> MemoryStore:
    """Return a new store; the place means nothing."""
    del place
    return MemoryStore()
