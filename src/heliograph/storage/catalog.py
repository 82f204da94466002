"""The current catalog, read from the store and rebuilt only when the configuration changed."""

import threading
from collections.abc import Callable, Iterator, Mapping

from heliograph.model.documents.catalog import Catalog, DocumentLike, build_catalog
from heliograph.storage.configuration import Configuration, Document
from heliograph.storage.store import Store


class CatalogReader:
    """Gives the newest catalog. Thread-safe; one small query per call when nothing changed.

    Args:
        store: where the documents are.
        environ: where secrets come from; None leaves every `${NAME}` as it is written.
        changed: called with each new catalog, in the thread that asked for it first.
    """

    def __init__(
        self,
        store: Store,
        environ: Mapping[str, str] | None,
        changed: Callable[[Catalog], None] | None = None,
    ) -> None:
        self._changed = changed
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
                documents = reader.configuration
                self._catalog = build_catalog(
                    documents.all(), self._environ, lambda each: _earlier(documents, each)
                )
                self._revision = revision
                if self._changed is not None:
                    self._changed(self._catalog)
            return self._revision, self._catalog


def _earlier(configuration: Configuration, document: DocumentLike) -> Iterator[Document]:
    """Yield the versions of a document before this one, the newest first."""
    for version in range(document.version - 1, 0, -1):
        found = configuration.get(document.workspace, document.kind, document.name, version)
        if found is not None:
            yield found
