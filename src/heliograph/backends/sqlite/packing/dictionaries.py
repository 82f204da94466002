"""The dictionaries of one file: which one a value is packed with, and where they are kept.

Whoever writes packs with the newest dictionary of the kind that the writing transaction sees. So the
numbers of dictionaries never fall from one row of a table to the next, whoever wrote them, and one is not
used any more when the oldest row names a later one. A transaction that makes a dictionary does not use it:
what is rolled back is known to nobody.

Each is kept twice, in two tables, with a checksum: values packed with it are lost without it.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final
from zlib import crc32

import msgspec

from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.packing.codec import FRAMED, PLAIN, Codec, Unreadable, number_in
from heliograph.backends.sqlite.packing.exemplars import A_DAY_MS, Exemplars
from heliograph.backends.sqlite.statements import load
from heliograph.telemetry.logs import get_logger

SQL: Final = load("packing")
_log = get_logger("packing")
KNOWN: Final = 16
"""Dictionaries kept in memory; each takes some hundred KiB once it was used."""
NO_NUMBER: Final = 1 << 62
"""Above all numbers of dictionaries."""
LOOKED_AT: Final = 64
"""The oldest rows looked at for the oldest dictionary in use; values kept as they are name none."""


class _Known(msgspec.Struct, frozen=True):
    codec: Codec
    made_at: int


_NONE: Final = _Known(Codec(), 0)


class Dictionaries:
    """What this process knows of the dictionaries of one file.

    `unpack` may be called by any thread; `pack` and `drop_unused` in the one writing transaction.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._exemplars: dict[str, Exemplars] = {}
        self._lock = threading.Lock()

    def unpack(self, connection: RawConnection, packed: bytes) -> bytes:
        """Return the value of a packed one; what begins like none is a value from before.

        Raises:
            Unreadable: the disk or a program changed it or its dictionary.
        """
        form = packed[0] if packed else None
        if form == FRAMED:
            number, start = number_in(packed)
            return self._codec(connection, number).codec.unpack(packed, start)
        return packed[1:] if form == PLAIN else packed

    def pack(
        self,
        connection: RawConnection,
        kind: str,
        values: Sequence[bytes],
        *,
        now_ms: int,
        made: dict[str, int] | None = None,
    ) -> list[bytes]:
        """Return the packed values, in order.

        Args:
            connection: in the transaction that writes them.
            kind: of values: each has dictionaries of its own.
            values: to pack.
            now_ms: about the time, UTC epoch milliseconds.
            made: kind -> dictionary that this transaction made, which it must not use; changed. For
                transactions that pack values of a kind more than once.
        """
        if not values:
            return []
        made = {} if made is None else made
        known, age_ms = self._newest(connection, kind, now_ms, below=made.get(kind, NO_NUMBER))
        packed = known.codec.pack(values)
        exemplars = self._exemplars.setdefault(kind, Exemplars())
        exemplars.seen(values)
        # What this transaction made is not in use before it ends, so that it would be offered again.
        content = None if kind in made else exemplars.wanted(known.codec, age_ms=age_ms)
        if content is not None:
            row = (now_ms, crc32(content), content)
            number = connection.execute(SQL["make_dictionary"], (kind, *row)).lastrowid
            connection.execute(SQL["copy_dictionary"], (number, *row))
            if number is not None:
                made[kind] = number
        return packed

    def drop_unused(
        self, connection: RawConnection, kind: str, oldest: Iterable[tuple[Any, ...]]
    ) -> None:
        """Forget the dictionaries that no row names any more.

        A row that the disk has changed so that it names none is left out and said; it goes with its time.

        Args:
            connection: in a writing transaction.
            kind: of values.
            oldest: of the `LOOKED_AT` oldest rows the place, and all packed values or how each begins.
        """
        # The least of them: a damaged row may name any number.
        named: list[int] = []
        for place, *values in oldest:
            for value in values:
                if value and value[0] == FRAMED:
                    try:
                        named.append(number_in(value)[0])
                    except Unreadable as error:
                        _log.warning(
                            "a stored value is damaged", kind=kind, row=place, reason=str(error)
                        )
        if named:
            connection.execute(SQL["unused_dictionaries"], (kind, min(named)))
            connection.execute(SQL["unused_copies"])

    def _newest(
        self, connection: RawConnection, kind: str, now_ms: int, *, below: int
    ) -> tuple[_Known, int]:
        """Return the newest dictionary below a number and its age in ms; if none, one for nothing."""
        row = connection.execute(SQL["newest_dictionary"], (kind, below)).fetchone()
        if row is None:
            return _NONE, 0
        try:
            known = self._codec(connection, row[0])
        except Unreadable:
            # Another is made as soon as may be.
            return _NONE, A_DAY_MS
        return known, now_ms - known.made_at

    def _codec(self, connection: RawConnection, number: int) -> _Known:
        if number == 0:
            return _NONE
        found = self._known.get(number)
        if found is None:
            found = _Known(*_read(connection.execute(SQL["dictionary"], (number,)), number))
            with self._lock:
                if len(self._known) >= KNOWN:
                    del self._known[next(iter(self._known))]
                self._known[number] = found
        return found


def _read(rows: Iterable[Any], number: int) -> tuple[Codec, int]:
    """Return a dictionary from the copy that is whole, and when it was made."""
    for crc, content, made_at in rows:
        if crc32(content) == crc:
            return Codec(number, content), made_at
    raise Unreadable(f"its dictionary {number} is damaged or gone")
