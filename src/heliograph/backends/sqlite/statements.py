"""The hot statements, read from `sql/<name>.sql`, and how many rows go into one step.

A file holds blocks that begin with `-- name: <word>`. A block with `VALUES` and a parenthesis
of placeholders is a multi-row statement: `run_rows` repeats that parenthesis. Every step of a statement
releases and retakes the interpreter lock, so one step for 128 rows is worth far more than
`executemany`, which makes one step a row. Up to `ONE_STEP` rows take one step, whatever their number;
more are cut into powers of two, so that few different texts exist and the connection's statement
cache keeps them all.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, Final

from heliograph.backends.sqlite.file.driver import RawConnection

ROWS_PER_STEP: Final = 128
"""Largest chunk; chunks above `ONE_STEP` are powers of two up to it."""
ONE_STEP: Final = 48
"""A group commit of the gateway under load holds some 20 to 40 requests."""

_BLOCK: Final = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)
_ROW: Final = re.compile(r"VALUES (\([?, ]+\))")


@cache
def load(name: str) -> dict[str, str]:
    """Return the blocks of `sql/<name>.sql` by their names."""
    text = files("heliograph.backends.sqlite").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return {match.group(1): match.group(2).strip() for match in _BLOCK.finditer(text)}


@cache
def repeated(sql: str, count: int) -> str:
    """Return `sql` with its `VALUES (?, …)` parenthesis repeated `count` times."""
    return _ROW.sub(lambda match: "VALUES " + ", ".join([match.group(1)] * count), sql, count=1)


def run_rows(connection: RawConnection, sql: str, rows: Sequence[Iterable[Any]]) -> int:
    """Run a multi-row statement over `rows` in as few steps as possible; returns rows changed."""
    changed = 0
    start = 0
    total = len(rows)
    while start < total:
        size = total - start
        if size > ONE_STEP:
            size = min(ROWS_PER_STEP, 1 << (size.bit_length() - 1))
        values = [*chain.from_iterable(rows[start : start + size])]
        changed += connection.execute(repeated(sql, size), values).rowcount
        start += size
    return changed
