"""The way in: a group of requests and the events made from them become durable together.

It is a port of its own because the two halves may live in different places. Where both are one file, `take`
is one transaction. Where the journal is a log of another make, `take` writes the requests first and the
records behind them, and answers when both are durable; ids of events are functions of their request, so
what is sent again after a half-written group is recognised.
"""

from collections.abc import Sequence
from typing import Protocol

from heliograph.model.request import StoredRequest
from heliograph.storage.events.journal import Record


class Intake(Protocol):
    """What the gateway writes through. Thread-safe; calls are serialised inside."""

    def take(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        """Make requests, and the records made from them, durable.

        Returns:
            (partition, position) of each record, in the order given.

        Raises:
            StoreUnavailable: disk full, file locked or lost; nothing was written.
        """
        ...

    def probe(self) -> None:
        """Do a durable write of the size of a group; readers see nothing of it.

        It takes as much room as the newest group when that failed, within reason, and 64 KiB at least: a
        few bytes fit on a disk on which no request does. The journal does not grow with every probe.

        Raises:
            StoreUnavailable: appends would fail now; the message says why.
        """
        ...
