"""One open transaction of the store: the driver's connection, and SQLAlchemy's view of it on demand."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.packing.codec import Unreadable
from heliograph.backends.sqlite.packing.dictionaries import LOOKED_AT, Dictionaries
from heliograph.backends.sqlite.statements import load, run_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

SQL: Final = {
    **load("store"),
    **load("leases"),
    **load("configuration"),
    **load("people"),
}

encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder().encode
"""Turns JSON values and Structs into the bytes that are stored."""


def as_json(values: Iterable[object]) -> str:
    """Return a JSON list, as statements with `json_each` take it."""
    return encode(list(values)).decode()


class Session:
    """What the repositories share: statements of store.sql, and `sa` for queries made up of filters."""

    def __init__(self, connection: RawConnection, dictionaries: Dictionaries) -> None:
        self.raw = connection
        self._dictionaries = dictionaries
        self._made: dict[str, int] = {}
        self._sa: Connection | None = None

    @property
    def sa(self) -> "Connection":
        """SQLAlchemy's view of the transaction; costs some 100 µs a query, the first use of it more."""
        if self._sa is None:
            from heliograph.backends.sqlite.file.core import opened

            self._sa = opened(self.raw)
        return self._sa

    def close(self) -> None:
        """Give up that view; the transaction is the owner's to end."""
        if self._sa is not None:
            self._sa.close()
            self._sa = None

    def run(self, name: str, *parameters: Any) -> int:
        """Run a statement of store.sql; returns how many rows it changed."""
        return self.raw.execute(SQL[name], parameters).rowcount

    def rows(self, name: str, *parameters: Any) -> list[Any]:
        """Return all rows of a statement of store.sql."""
        return self.raw.execute(SQL[name], parameters).fetchall()

    def rows_in(self, name: str, values: Iterable[object]) -> list[Any]:
        """Return all rows of a statement whose one parameter is a JSON list of values."""
        return self.raw.execute(SQL[name], (as_json(values),)).fetchall()

    def run_in(self, name: str, values: Iterable[object]) -> int:
        """Run a statement whose one parameter is a JSON list of values; returns rows changed."""
        return self.raw.execute(SQL[name], (as_json(values),)).rowcount

    def run_rows(self, name: str, rows: Sequence[Iterable[Any]]) -> int:
        """Run a multi-row statement of store.sql; returns rows changed."""
        return run_rows(self.raw, SQL[name], rows)

    def pack(self, kind: str, values: Sequence[bytes], *, now_ms: int) -> list[bytes]:
        """Return values in the short form in which they are stored; see `packing`."""
        return self._dictionaries.pack(self.raw, kind, values, now_ms=now_ms, made=self._made)

    def unpack(self, packed: bytes) -> bytes:
        """Return the value of a stored one.

        Raises:
            Unreadable: the disk or a program changed it.
        """
        return self._dictionaries.unpack(self.raw, packed)

    def unpacked(self, packed: bytes) -> bytes:
        """Return the value of a stored one or, when it is damaged, what is stored: its reader says so."""
        try:
            return self._dictionaries.unpack(self.raw, packed)
        except Unreadable:
            return packed

    def drop_unused(self, kind: str, name: str) -> None:
        """Forget dictionaries of a kind that none of its rows names; a statement gives the oldest rows."""
        self._dictionaries.drop_unused(self.raw, kind, self.rows(name, LOOKED_AT))
