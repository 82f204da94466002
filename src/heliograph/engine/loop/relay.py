"""Derived events on their way from the outbox to the journal.

Appended first, removed from the outbox afterwards: killed in between, an event is appended once more, and the
engine counts the second one as a duplicate, for its id is the same. The engine that holds a partition relays
what was derived there, between two batches, so its order is kept.
"""

from collections.abc import Collection
from typing import Final

from heliograph.engine.metrics import DERIVED
from heliograph.errors import StoreUnavailable
from heliograph.storage.events.journal import Journal
from heliograph.storage.store import Store
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.relay")
PAGE: Final = 500


class Relay:
    """Moves derived events. One thread uses it at a time."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._pending = False

    def look(self) -> None:
        """Note that there may be something in the outbox."""
        self._pending = True

    def relay(self, partitions: Collection[int]) -> int:
        """Append what was derived in these partitions to the journal; return how many events.

        A journal that cannot be written keeps nobody from being read: what waits is tried again.
        """
        done = 0
        while self._pending:
            with self._store.read() as reader:
                page = reader.outbox.page(partitions, limit=PAGE)
            if not page:
                self._pending = False
                break
            try:
                self._journal.append([one.record for one in page])
            except StoreUnavailable as error:
                log.warning("derived events wait", events=len(page), reason=str(error))
                break
            with self._store.transaction() as tx:
                tx.outbox.drop(one.seq for one in page)
            DERIVED.inc(len(page))
            done += len(page)
        return done
