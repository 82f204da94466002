"""The one row of the journal that every append changes: where each partition ends, and the running totals.

One row, so that the smallest commit writes one page for all of it. It bears a checksum: with wrong ends,
positions would be given twice.
"""

from collections.abc import Callable, Sequence
from typing import Final
from zlib import crc32

import msgspec

from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.packing.codec import Unreadable
from heliograph.backends.sqlite.statements import load
from heliograph.backends.sqlite.stored import required
from heliograph.model.request import StoredRequest
from heliograph.storage.events.journal import Bounds

SQL: Final = load("journal")


class JournalState(msgspec.Struct, kw_only=True, array_like=True):
    """What an append reads and writes; lists are by partition."""

    firsts: list[int]
    """First retained positions."""
    lasts: list[int]
    """Last durable positions."""
    latest: int
    """The latest time of receipt so far, UTC epoch milliseconds."""
    next_seq: int
    """Place of the next record in the file, all partitions together."""
    marks: int
    """Number of the newest mark; 0 before the first."""
    since_mark: int
    """Records behind it."""
    requests: int = 0
    items: int = 0
    rejected: int = 0
    refused: int = 0
    events: int = 0
    derived: int = 0
    trimmed: int = 0
    """Requests that retention removed; the others count what was ever appended."""

    def bounds(self, partition: int) -> Bounds:
        """Return what a partition holds."""
        return Bounds(first=self.firsts[partition], last=self.lasts[partition])

    def count(self, requests: Sequence[StoredRequest]) -> None:
        """Add requests to the totals."""
        self.requests += len(requests)
        self.items += sum([request.items for request in requests])
        for request in requests:
            if request.rejected or request.state != "accepted":
                self.rejected += request.rejected_count
                self.refused += request.state == "refused"


_encode: Final[Callable[[JournalState], bytes]] = msgspec.msgpack.Encoder().encode
_body: Final[Callable[[bytes], JournalState]] = msgspec.msgpack.Decoder(JournalState).decode


def read_state(connection: RawConnection) -> JournalState:
    """Return the state as the transaction sees it.

    Raises:
        StoreCorrupt: the row is none any more.
    """
    return required(_decode, connection.execute(SQL["state"]).fetchone()[0], "state of the journal")


def write_state(connection: RawConnection, state: JournalState) -> None:
    """Write the state in the transaction that read it."""
    body = _encode(state)
    connection.execute(SQL["put_state"], (crc32(body).to_bytes(4, "big") + body,))


def _decode(stored: bytes) -> JournalState:
    if crc32(stored[4:]) != int.from_bytes(stored[:4], "big"):
        raise Unreadable("another checksum")
    return _body(stored[4:])
