"""How the suites of the journal come to a journal, and to all that is in it."""

from collections.abc import Callable
from typing import Protocol

import pytest

from heliograph.storage.data import Data
from heliograph.storage.events.intake import Intake
from heliograph.storage.events.journal import Journal, Record
from heliograph.storage.events.requests import Requests
from heliograph.storage.store import Store
from heliograph.testing.opening import OpeningFixtures


class WholeJournal(Journal, Intake, Protocol):
    """Log, archive and way in, opened in one place."""

    @property
    def requests(self) -> Requests:
        """The archive beside the log."""
        ...


JournalOpener = Callable[[], WholeJournal]


def data_of(journal: WholeJournal, store: Store) -> Data:
    """Return what a process would share."""
    return Data(journal=journal, requests=journal.requests, intake=journal, store=store)


def read_all(journal: Journal, *, page: int = 100) -> list[Record]:
    """Return every retained record, partition after partition."""
    records: list[Record] = []
    for partition in range(journal.partitions):
        after = journal.bounds(partition).first - 1
        while entries := journal.read(partition, after, page):
            records.extend(entry.record for entry in entries)
            after = entries[-1].position
    return records


class JournalFixtures(OpeningFixtures[WholeJournal]):
    """Fixtures `journal`, `open` (the same place again) and `fresh` (a new place each time)."""

    @pytest.fixture
    def journal(self, open: JournalOpener) -> WholeJournal:
        """A new journal."""
        return open()
