"""How the suites of the journal come to a journal, and to all that is in it."""

from collections.abc import Callable

import pytest

from heliograph.storage.journal import Journal, Record
from heliograph.testing.opening import OpeningFixtures

JournalOpener = Callable[[], Journal]


def read_all(journal: Journal, *, page: int = 100) -> list[Record]:
    """Return every retained record, partition after partition."""
    records: list[Record] = []
    for partition in range(journal.partitions):
        after = journal.bounds(partition).first - 1
        while entries := journal.read(partition, after, page):
            records.extend(entry.record for entry in entries)
            after = entries[-1].position
    return records


class JournalFixtures(OpeningFixtures[Journal]):
    """Fixtures `journal`, `open` (the same place again) and `fresh` (a new place each time)."""

    @pytest.fixture
    def journal(self, open: JournalOpener) -> Journal:
        """A new journal."""
        return open()
