"""The two collections of tables, and the kinds of columns they are made of."""

from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Text

JOURNAL: Final = MetaData()
STORE: Final = MetaData()


def int_column(name: str, **options: Any) -> Column[int]:
    """Return an integer column, `NOT NULL` by default."""
    return Column(name, Integer, nullable=options.pop("nullable", False), **options)


def text_column(name: str, **options: Any) -> Column[str]:
    """Return a text column, `NOT NULL` by default."""
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


def blob_column(name: str) -> Column[bytes]:
    """Return a column of bytes, `NOT NULL`."""
    return Column(name, LargeBinary, nullable=False)
