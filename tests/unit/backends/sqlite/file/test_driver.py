import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

from heliograph.backends.sqlite.file import driver
from heliograph.backends.sqlite.file.driver import (
    RawError,
    Version,
    dbapi,
    explain,
    is_safe,
    require_safe,
    translated,
    version_of,
)
from heliograph.errors import (
    ConfigError,
    InvariantBroken,
    StoreConflict,
    StoreCorrupt,
    StoreUnavailable,
)

PATH = Path("store.db")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_bug_are_unsafe(version: Version, safe: bool) -> None:
    assert is_safe(version) is safe


def test_an_unsafe_module_is_refused_with_the_way_out() -> None:
    module = ModuleType("old_sqlite")
    module.__dict__["sqlite_version"] = "3.40.1"
    with pytest.raises(ConfigError) as refused:
        require_safe(module)
    assert refused.value.code == "config.unsupported"
    assert "3.40.1" in str(refused.value)
    assert "pysqlite3" in str(refused.value)


def test_the_driver_in_use_is_safe() -> None:
    assert is_safe(version_of(dbapi))


def test_the_interpreters_own_library_is_taken_when_it_is_safe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.52.0")
    assert driver.choose() is sqlite3
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.51.2")
    assert driver.choose().__name__ == "pysqlite3.dbapi2"


@pytest.mark.parametrize(
    ("code", "type_"),
    [
        (5, StoreUnavailable),
        (517, StoreUnavailable),
        (8, StoreUnavailable),
        (10, StoreUnavailable),
        (4874, StoreUnavailable),
        (13, StoreUnavailable),
        (14, StoreUnavailable),
        (11, StoreCorrupt),
        (26, StoreCorrupt),
        (2067, StoreConflict),
        (1, InvariantBroken),
    ],
)
def test_every_code_has_one_meaning(code: int, type_: type[Exception]) -> None:
    error = sqlite3.OperationalError("boom")
    error.sqlite_errorcode = code
    explained = explain(error, PATH)
    assert type(explained) is type_
    assert "store.db" in str(explained)


def test_the_original_is_the_cause() -> None:
    with pytest.raises(InvariantBroken) as broken, translated(PATH):
        dbapi.connect(":memory:").execute("SELEC")
    assert isinstance(broken.value.__cause__, RawError)


def test_other_exceptions_pass_through() -> None:
    with pytest.raises(LookupError), translated(PATH):
        raise LookupError


@pytest.mark.parametrize("value", [None, b"", b"\x00\xff", b"packed"])
def test_bytes_and_nothing_are_bound_without_a_search_and_come_back(value: bytes | None) -> None:
    adapt = dbapi.adapters[(type(value), dbapi.PrepareProtocol)]
    assert adapt(value) is value
    connection = dbapi.connect(":memory:")
    found = connection.execute("SELECT ?, typeof(?)", (value, value)).fetchone()
    connection.close()
    assert found == (value, "null" if value is None else "blob")
