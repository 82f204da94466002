"""Who this store is, in one row."""

from heliograph.backends.sqlite.session import Session
from heliograph.storage.identity import StoreIdentity


class SqliteLineage:
    """See `storage.identity.Lineage`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self) -> StoreIdentity:
        """Return who this store is."""
        ((store, journal, incarnation),) = self._session.rows("store_identity")
        return StoreIdentity(store=store, journal=journal, incarnation=incarnation)

    def bind(self, journal: str, incarnation: str) -> None:
        """Say what the cursors count in from now on."""
        self._session.run("bind_store", journal, incarnation)
