"""Which SQLite is safe to use, and what its errors mean.

SQLite 3.7.0 to 3.51.2 can lose committed writes of a WAL file with two or more connections (the
"WAL-reset bug"; fixed in 3.51.3, back-ported to 3.44.6 and 3.50.7; sqlite.org, mid-2026). The
interpreter's own library is taken when it is safe, else the one that `pysqlite3` carries; with
neither we refuse to start.

`translated` is the one boundary where errors of SQLite and SQLAlchemy become ours.
"""

import importlib
import sqlite3 as system
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from heliograph.errors import (
    ConfigError,
    InvariantBroken,
    StoreConflict,
    StoreCorrupt,
    StoreError,
    StoreUnavailable,
)
from heliograph.telemetry.safe_text import one_line

Version = tuple[int, int, int]

FIXED: Final[Version] = (3, 51, 3)
BACK_PORTED: Final[tuple[Version, ...]] = ((3, 44, 6), (3, 50, 7))


def is_safe(version: Version) -> bool:
    """Tell whether a SQLite version is free of the WAL-reset bug and new enough for our statements."""
    return version >= FIXED or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in BACK_PORTED
    )


def version_of(module: ModuleType) -> Version:
    """Return the version of the library behind a DB-API module, e.g. (3, 53, 4)."""
    major, minor, patch = (int(part) for part in str(module.sqlite_version).split("."))
    return major, minor, patch


def require_safe(module: ModuleType) -> ModuleType:
    """Return `module`, or refuse it.

    Raises:
        ConfigError: `config.unsupported`, when its SQLite has the WAL-reset bug.
    """
    if not is_safe(version_of(module)):
        raise ConfigError(
            "config.unsupported",
            "this SQLite can lose committed writes (the WAL-reset bug)",
            where="SQLite",
            found=f"{module.__name__} with SQLite {module.sqlite_version}",
            allowed="3.51.3 or newer, 3.50.7 or newer of 3.50, 3.44.6 or newer of 3.44",
            hint="Install pysqlite3 0.6.1 or newer, which carries SQLite 3.53.",
        )
    return module


def choose() -> ModuleType:
    """Return the DB-API module to use: the interpreter's when it is safe, else `pysqlite3`.

    Raises:
        ConfigError: `config.unsupported`, when neither is safe.
    """
    if is_safe(version_of(system)):
        return system
    return require_safe(importlib.import_module("pysqlite3.dbapi2"))


if TYPE_CHECKING:
    dbapi = system
    RawConnection = system.Connection
    RawError = system.Error
else:
    dbapi = choose()
    RawConnection = dbapi.Connection
    RawError = dbapi.Error


def _bind_at_once() -> None:
    """Spare bytes and None the driver's search for a way to adapt them, which is a microsecond each.

    It knows int, float, str and bytearray by sight. For everything else it looks for an adapter, then for
    two attributes that are not there, with an exception each (`_need_adapt` in Modules/_sqlite/statement.c
    of CPython 3.11, the same in pysqlite3 0.6). These adapters are calls in C that return what they got.
    """
    nothing: dict[None, None] = {}
    dbapi.register_adapter(bytes, bytes)
    dbapi.register_adapter(type(None), nothing.get)


_bind_at_once()

_UNAVAILABLE: Final[dict[int, str]] = {
    3: "access to the file was denied",
    5: "another process holds the file",
    6: "another connection holds the table",
    7: "out of memory",
    8: "the file or its disk is read-only",
    10: "the disk reports an input/output error",
    13: "the disk is full",
    14: "the file cannot be opened",
    15: "the file's lock protocol failed",
}
_HINTS: Final[dict[int, str]] = {
    3: "Check the owner and the rights of the data folder.",
    5: "Look for another process that works in the same data folder: heliograph status.",
    8: "Check how the disk is mounted and the rights of the data folder.",
    10: "Check the disk and the kernel's log.",
    13: "Free space on the disk; work goes on by itself.",
    14: "Check that the data folder exists and may be written.",
}
DAMAGED_HINT: Final = (
    "Stop the hub and bring journal and store back together: heliograph restore DIR --replace. Without a "
    "backup, of a damaged store.db only: move it and its -wal and -shm away, then heliograph apply DIR and "
    "heliograph rebuild. See docs/how-to/repair-a-journal.md."
)
_CORRUPT: Final = frozenset({11, 26})
_CONSTRAINT: Final = 19


def explain(error: BaseException, path: Path) -> StoreError | InvariantBroken:
    """Return our error for one of SQLite's; `path` names the file in the message."""
    code = int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    where = path.name
    if code in _UNAVAILABLE:
        return StoreUnavailable(
            "store.unavailable",
            f"{_UNAVAILABLE[code]}; nothing was written",
            where=where,
            found=str(error),
            hint=_HINTS.get(code),
        )
    if code in _CORRUPT:
        return StoreCorrupt(
            "store.corrupt",
            "the file is damaged or no SQLite database",
            where=str(path),
            found=str(error),
            hint=DAMAGED_HINT,
        )
    if code == _CONSTRAINT:
        return StoreConflict(
            "store.conflict", "a rule of a table refused the row", where=where, found=str(error)
        )
    if "decode to UTF-8" in str(error):
        return StoreCorrupt(
            "store.corrupt",
            "a stored text is none any more",
            where=where,
            found=one_line(str(error))[:200],
            hint=f"The disk or a program changed it. {DAMAGED_HINT}",
        )
    return InvariantBroken(f"{where}: {error}")


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turn every error of the driver inside the block into one of ours, the original as its cause.

    Raises:
        StoreUnavailable: disk full, locked, read-only, lost: the same call may succeed later.
        StoreCorrupt: the file is damaged.
        StoreConflict: a constraint refused the row.
        InvariantBroken: anything else the driver reports: our statement is wrong.
    """
    try:
        yield
    except RawError as error:
        raise explain(error, path) from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvariantBroken(f"{path.name} cannot hold a value: {error}") from error
    except Exception as error:
        # SQLAlchemy wraps the driver's errors; it is not imported here, since hot paths do without it.
        wrapped = getattr(error, "orig", None)
        if isinstance(wrapped, RawError):
            raise explain(wrapped, path) from error
        raise
