"""The current catalog, read from the store and rebuilt only when the configuration changed."""

import threading
from collections.abc import Mapping

from heliograph.model.catalog import Catalog, build_catalog
from heliograph.storage.store import Store


class CatalogReader:
    """Gives the newest catalog. Thread-safe; one small query per call when nothing changed.

    Args:
        store: where the documents are.
        environ: where secrets come from; None leaves every `${NAME}` as it is written.
    """

    def __init__(self, store: Store, environ: Mapping[str, str] | None) -> None:
        self._store = store
        self._environ = environ
        self._lock = threading.Lock()
        self._revision = -1
        self._catalog: Catalog = {}

    def current(self) -> tuple[int, Catalog]:
        """Return (configuration revision, catalog); equal revisions give the identical object.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        with self._lock, self._store.read() as reader:
            revision = reader.configuration.revision()
            if revision != self._revision:
                self._catalog = build_catalog(reader.configuration.all(), self._environ)
                self._revision = revision
            return self._revision, self._catalog
