"""One open transaction of the store: the SQLAlchemy connection and the driver's below it."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection

from heliograph.backends.sqlite.database import raw
from heliograph.backends.sqlite.statements import insert_rows, load

SQL: Final = load("store")

encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder().encode
"""Turns JSON values and Structs into the bytes that are stored."""


def begins_with(column: ColumnElement[str], prefix: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a text begins so, as a range that an index serves."""
    return column >= prefix, column < prefix + chr(sys.maxunicode)


class Session:
    """What the repositories share: simple queries go through `sa`, hot statements through `raw`."""

    def __init__(self, connection: Connection) -> None:
        self.sa = connection
        self.raw = raw(connection)

    def run(self, name: str, *parameters: Any) -> int:
        """Run a statement of store.sql; returns how many rows it changed."""
        return self.raw.execute(SQL[name], parameters).rowcount

    def rows(self, name: str, *parameters: Any) -> list[Any]:
        """Return all rows of a statement of store.sql."""
        return self.raw.execute(SQL[name], parameters).fetchall()

    def rows_in(self, name: str, values: Iterable[object]) -> list[Any]:
        """Return all rows of a statement whose one parameter is a JSON list of values."""
        return self.raw.execute(SQL[name], (json.dumps(list(values)),)).fetchall()

    def run_in(self, name: str, values: Iterable[object]) -> int:
        """Run a statement whose one parameter is a JSON list of values; returns rows changed."""
        return self.raw.execute(SQL[name], (json.dumps(list(values)),)).rowcount

    def insert(self, name: str, rows: Sequence[Iterable[Any]]) -> int:
        """Run a multi-row insert of store.sql; returns rows changed."""
        return insert_rows(self.raw, SQL[name], rows)
