"""Journal and store of one data folder, opened: what every reader of both is handed."""

import os

import msgspec

from heliograph.storage.catalog import CatalogReader
from heliograph.storage.journal import Journal
from heliograph.storage.store import Store


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Journal and store of a data folder, opened."""

    journal: Journal
    store: Store

    def catalog(self) -> CatalogReader:
        """Return a reader of the configuration; secrets come from this process's environment."""
        return CatalogReader(self.store, os.environ)

    def catalog_as_written(self) -> CatalogReader:
        """Return a reader that needs no secrets, for commands that only look at the configuration.

        Their environment is not the hub's: a variable that is missing here says nothing about the hub.
        """
        return CatalogReader(self.store, None)
