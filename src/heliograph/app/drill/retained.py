"""What the journal still holds, read while retention goes on taking from it."""

from collections.abc import Iterator
from typing import Final

from heliograph.errors import StoreCorrupt
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Entry

PAGE: Final = 500


def retained(data: Data, partition: int, after: int = 0) -> Iterator[Entry]:
    """Yield the entries of a partition behind a position, those that were trimmed left out.

    Raises:
        StoreCorrupt: entries are gone that retention has not taken.
    """
    after = max(after, data.journal.bounds(partition).first - 1)
    while True:
        try:
            entries = data.journal.read(partition, after, PAGE)
        except StoreCorrupt:
            first = data.journal.bounds(partition).first
            if first <= after + 1:
                raise
            after = first - 1
            continue
        if not entries:
            return
        yield from entries
        after = entries[-1].position
