"""SQLAlchemy on connections of ours: for migrations, and for queries that a person's filters make up.

Importing it takes a third of a second and 35 MB, and a query through it some ten times the driver's own
time, so what runs for every batch or every second does without.
"""

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, func
from sqlalchemy.pool import NullPool

from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.file.driver import RawConnection, dbapi


class _Lent:
    """A driver's connection whose transaction and end are the owner's affair."""

    def __init__(self, connection: RawConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        """Leave the transaction to the owner."""

    def rollback(self) -> None:
        """Leave the transaction to the owner."""

    def close(self) -> None:
        """Leave the connection to the owner."""


_lending: Final = threading.local()
_shared = create_engine(
    "sqlite://", module=dbapi, creator=lambda: _lending.connection, poolclass=NullPool
)
"""One for all files, so that a query is compiled once."""


@contextmanager
def core(connection: RawConnection) -> Generator[Connection]:
    """Give SQLAlchemy's view of a connection for the length of the block; begins and ends nothing."""
    lent = opened(connection)
    try:
        yield lent
    finally:
        lent.close()


def opened(connection: RawConnection) -> Connection:
    """Return SQLAlchemy's view of a connection; closing it leaves connection and transaction alone."""
    _lending.connection = _Lent(connection)
    try:
        return _shared.connect()
    finally:
        del _lending.connection


def begins_with(column: ColumnElement[str], prefix: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a text begins so, as a range that an index serves."""
    return column >= prefix, column < prefix + chr(sys.maxunicode)


def ends_with(column: ColumnElement[str], suffix: str) -> ColumnElement[bool]:
    """Return the condition that a text ends so; no index serves it."""
    return func.substr(column, -len(suffix)) == suffix


def writing_engine(path: Path) -> Engine:
    """Return an engine whose transactions write, for Alembic."""
    engine = create_engine(
        "sqlite://",
        module=dbapi,
        creator=cast(Callable[[], Any], lambda: connect(path, read_only=False)),
        poolclass=NullPool,
    )

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    return engine
