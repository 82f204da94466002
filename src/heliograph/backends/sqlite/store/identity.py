"""Who this store is, in one row."""

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.identity import StoreIdentity

_MADE_OF_EVENTS = (
    "applied", "supersessions", "profiles", "stage_states", "timers", "outbox", "parked",
)  # fmt: skip


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

    def forget_effects(self, group: str) -> None:
        """Forget what a group made of events; see `Lineage.forget_effects`."""
        for table in _MADE_OF_EVENTS:
            self._session.run(f"forget_{table}")
        self._session.run("zero_applied_totals")
        self._session.run("forget_event_merges")
        # Merges by a person lead to what they were made into, and from there on as far as such merges lead.
        self._session.run("lead_merges_to_parents")
        while self._session.run("flatten_merges"):
            pass
        self._session.run("forget_cursors", group)
        self._session.run("forget_gaps", group)
