"""All that a data folder holds, opened: the log, the archive, the way in and the store."""

import os
from collections.abc import Callable

import msgspec

from heliograph.model.documents.catalog import Catalog
from heliograph.storage.catalog import CatalogReader
from heliograph.storage.events.intake import Intake
from heliograph.storage.events.journal import Journal
from heliograph.storage.events.requests import Requests
from heliograph.storage.store import Store


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a process share. Who opened it closes it."""

    journal: Journal
    requests: Requests
    intake: Intake
    """Refuses everything when the data was opened for reading."""
    store: Store

    def catalog(self, changed: Callable[[Catalog], None] | None = None) -> CatalogReader:
        """Return a reader of the configuration; secrets come from this process's environment.

        `changed` is called with each new catalog, in the thread that asked for it first.
        """
        return CatalogReader(self.store, os.environ, changed)

    def catalog_as_written(self) -> CatalogReader:
        """Return a reader that needs no secrets, for commands that only look at the configuration.

        Their environment is not the hub's: a variable that is missing here says nothing about the hub.
        """
        return CatalogReader(self.store, None)
