"""What is read of the journal for one batch."""

from collections.abc import Mapping

from heliograph.engine.loop.stall_log import StallLog
from heliograph.errors import StoreCorrupt
from heliograph.storage.events.journal import Entry, Journal


class Pages:
    """Reads a page of several partitions. One thread uses it at a time.

    Args:
        journal: to read.
        stall_log: is told which partitions cannot be read, and knows which of them rest.
        again_s: how long one that cannot be read rests.
    """

    def __init__(self, journal: Journal, stall_log: StallLog, *, again_s: float) -> None:
        self._journal = journal
        self._stall_log = stall_log
        self._again_s = again_s
        self._turn = 0

    def read(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Return at most `limit` entries behind these positions, in order within each partition.

        Args:
            after: partition -> position.
            limit: of all of them together.

        Raises:
            StoreUnavailable: the journal cannot be read now.
        """
        try:
            found = self._journal.read_many(after, limit)
        except StoreCorrupt:
            return self._one_by_one(after, limit)
        for partition in after:
            self._stall_log.can_read(partition)
        return found

    def _one_by_one(self, after: Mapping[int, int], limit: int) -> list[Entry]:
        """Find out which partition it is; that one rests, and the others go on.

        Every time begins with another one, so that a full one cannot starve the rest.
        """
        partitions = list(after)
        start = self._turn % len(partitions)
        self._turn += 1
        entries: list[Entry] = []
        for partition in partitions[start:] + partitions[:start]:
            room = limit - len(entries)
            if room <= 0:
                break
            try:
                entries += self._journal.read(partition, after=after[partition], limit=room)
            except StoreCorrupt as error:
                self._stall_log.cannot_read(partition, error, self._again_s)
                continue
            self._stall_log.can_read(partition)
        return entries
