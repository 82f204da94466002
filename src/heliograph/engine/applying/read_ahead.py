"""Entries that a transaction needs from the journal, read before it.

What a correction has to look up again is known only once it is under way. So it asks here; what is not at
hand ends the transaction with `Unread`, is read while nobody waits for the store, and the work is done
again. A journal that is slow or away holds no lock of the store.
"""

from collections.abc import Sequence
from typing import Final

from heliograph.storage.events.journal import Entry, Journal

MOST_AHEAD: Final = 20_000
"""Entries kept at most. What is beyond is read within the transaction, a page at a time: memory is
bounded, and a person with so many corrected events is rare."""
Place = tuple[int, int]
"""(partition, position)."""


class Unread(Exception):
    """Places that have to be read before the work can be done; never leaves the engine."""

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__(f"{len(places)} entries were not read ahead")
        self.places = places


class ReadAhead:
    """What was read for one batch. One thread uses it at a time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: dict[Place, Entry | None] = {}

    def entries(self, places: Sequence[Place]) -> dict[Place, Entry]:
        """Return the entries at these places; absent ones are left out.

        Raises:
            Unread: some were not read yet; `fetch` them outside the transaction and do the work again.
        """
        missing = [place for place in places if place not in self._entries]
        if missing and len(self._entries) + len(missing) > MOST_AHEAD:
            return self._journal.entries(places)
        if missing:
            raise Unread(missing)
        found = ((place, self._entries[place]) for place in places)
        return {place: entry for place, entry in found if entry is not None}

    def fetch(self, places: Sequence[Place]) -> None:
        """Read entries, outside any transaction.

        Raises:
            StoreUnavailable: the journal cannot be read now.
        """
        found = self._journal.entries(places)
        self._entries |= {place: found.get(place) for place in places}

    def forget(self) -> None:
        """Drop what was read; the batch is through."""
        self._entries.clear()
