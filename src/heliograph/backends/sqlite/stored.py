"""Stored JSON as it is read back: a disk may have changed it since it was written.

What only people look at is shown with what is left of it and a word about the fault (`readable`). What the
hub acts on must be whole (`required`): acting on half of it would lose the other half in silence.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from heliograph.backends.sqlite.file.driver import DAMAGED_HINT
from heliograph.backends.sqlite.packing.codec import Unreadable
from heliograph.errors import StoreCorrupt

T = TypeVar("T")


def readable(
    decode: Callable[[bytes], T], stored: bytes, empty: T, what: str
) -> tuple[T, str | None]:
    """Return the value and None, or `empty` and why the stored bytes are no such value.

    Args:
        decode: as of a `msgspec.json.Decoder`.
        stored: what the column holds.
        empty: what takes the value's place.
        what: the column in words, for the fault.
    """
    try:
        return decode(stored), None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Unreadable) as error:
        return empty, f"{what}: {error}"


def required(decode: Callable[[bytes], T], stored: bytes, where: str) -> T:
    """Return the value of stored bytes.

    Raises:
        StoreCorrupt: they are no such value; `where` names the row.
    """
    try:
        return decode(stored)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Unreadable) as error:
        raise StoreCorrupt(
            "store.corrupt",
            "a stored value cannot be read",
            where=where,
            found=str(error),
            hint=f"The disk or a program changed it. {DAMAGED_HINT}",
        ) from error


def faults(*found: str | None) -> str | None:
    """Return the faults of a row as one text, or None."""
    return "; ".join(fault for fault in found if fault is not None) or None
