"""Every store passes one suite."""

from heliograph.backends.sqlite.store.store import SqliteStore
from heliograph.storage.store import Store
from heliograph.testing.memory import MemoryStore
from heliograph.testing.store.suite import StoreConformance

_: tuple[type[Store], type[Store]] = (SqliteStore, MemoryStore)


class TestSqliteStore(StoreConformance):
    opener = "heliograph.backends.sqlite:open_store"


class TestMemoryStore(StoreConformance):
    opener = "heliograph.testing.memory.store:open_memory_store"
    durable = False
    shared = False
