"""Where in the journal's file a position is: a mark every 256 records, and a search over the marks.

Records lie in the order they arrived, all partitions together, and have no index by place: an append would
write a page of it for each partition it touches, a quarter of all it writes. A mark says, of a place
in the file, which positions the partitions had reached there, and the latest time of receipt before it.
Both only rise from mark to mark, so a search finds the last mark before anything; from there records
are walked through, a tenth of a microsecond each.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.statements import load
from heliograph.backends.sqlite.stored import required

SQL: Final = load("journal")
MARK_EVERY: Final = 256
"""Records between two marks."""
CACHED: Final = 8_192
"""Marks kept in memory, some hundred bytes each."""


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What holds of all records before a place in the file."""

    seq: int
    """The place: of the next record."""
    latest: int
    """The latest time of receipt, UTC epoch milliseconds; 0 before the first record."""
    lasts: list[int]
    """By partition, the last position."""


encode_mark: Final[Callable[[Mark], bytes]] = msgspec.msgpack.Encoder().encode
_decode: Final[Callable[[bytes], Mark]] = msgspec.msgpack.Decoder(Mark).decode


class Marks:
    """The marks of one file; thread-safe. A mark never changes, and its number is not used again."""

    def __init__(self) -> None:
        self._known: dict[int, Mark] = {}

    def last(
        self, connection: RawConnection, holds: Callable[[Mark], bool]
    ) -> tuple[int, Mark | None]:
        """Return number and mark of the last one of which something holds, or (0, None).

        Args:
            connection: to read with.
            holds: of all marks up to one, and of none behind it.
        """
        low, high = connection.execute(SQL["mark_numbers"]).fetchone()
        if low is None or not holds(self.at(connection, low)):
            return 0, None
        while low < high:
            middle = (low + high + 1) // 2
            if holds(self.at(connection, middle)):
                low = middle
            else:
                high = middle - 1
        return low, self.at(connection, low)

    def window(
        self, connection: RawConnection, partition: int, position: int
    ) -> tuple[int, int | None]:
        """Return the places between which a record lies, the second exclusive; None: up to the end."""
        number, mark = self.last(connection, lambda one: one.lasts[partition] < position)
        after = self.find(connection, number + 1)
        return mark.seq if mark else 0, after and after.seq

    def find(self, connection: RawConnection, number: int) -> Mark | None:
        """Return a mark, or None when there is none of this number."""
        known = self._known.get(number)
        if known is None:
            row = connection.execute(SQL["mark"], (number,)).fetchone()
            if row is None:
                return None
            known = required(_decode, row[0], f"mark {number} of the journal")
            if len(self._known) >= CACHED:
                self._known.clear()
            self._known[number] = known
        return known

    def at(self, connection: RawConnection, number: int) -> Mark:
        """Return a mark that is there.

        Raises:
            StoreCorrupt: it is not, or is none any more.
        """
        found = self.find(connection, number)
        return found if found else required(_decode, b"", f"mark {number} of the journal")
