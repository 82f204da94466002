"""Bring a file to the newest schema, all or nothing.

Migrations are Alembic scripts in `migrations/journal` and `migrations/store`. All that are missing run in
one `BEGIN IMMEDIATE` transaction: a failing one leaves the file as it was, and two processes that
start together do not run them twice.
"""

import threading
from pathlib import Path
from typing import Final, Literal

from heliograph.backends.sqlite.file.database import connect, make_file
from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.errors import ConfigError, StoreUnavailable

FileKind = Literal["journal", "store"]

NEWEST: Final[dict[FileKind, str]] = {"journal": "journal_0008", "store": "store_0012"}
"""The revision this code works with; a test compares it with the scripts."""

_ALEMBIC: Final = threading.Lock()
"""Alembic keeps the running migration in module globals: one at a time per process."""

SCRIPTS: Final = Path(__file__).parent / "migrations"


def revision_of(path: Path) -> str | None:
    """Return the revision a file is at, or None when it has none yet.

    Raises:
        StoreUnavailable: the file is missing or cannot be read now.
    """
    connection = connect(path, read_only=True)
    try:
        with translated(path):
            return _revision(connection)
    finally:
        connection.close()


def _revision(connection: RawConnection) -> str | None:
    named = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.execute(named).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def require_newest(path: Path, kind: FileKind) -> None:
    """Refuse a file that this process may only read and that is not at the newest revision.

    Raises:
        StoreUnavailable: it does not exist or is not migrated yet; its writer does that at its start.
        ConfigError: `config.unsupported`: a newer release has written it.
    """
    found = revision_of(path) if path.exists() else None
    if found == NEWEST[kind]:
        return
    if found is not None and not _known(kind, found):
        raise _too_new(path, kind, found)
    raise StoreUnavailable(
        "store.unavailable",
        "the file is not there yet" if found is None else "the file waits to be migrated",
        where=path.name,
        found=found,
        allowed=NEWEST[kind],
        hint="Start the hub (heliograph up): it makes and migrates the file at its start.",
    )


def migrate(path: Path, kind: FileKind, *, scripts: Path = SCRIPTS) -> None:
    """Make the file if needed and run every migration it lacks.

    Args:
        path: the database file.
        kind: which of the two files it is.
        scripts: folder with `env.py` and one folder of revisions per kind.

    Raises:
        ConfigError: `config.unsupported`: a newer release has written it.
        StoreUnavailable: the disk is full or the file is locked; nothing was changed.
    """
    make_file(path)
    found = revision_of(path)
    if found == NEWEST[kind] and scripts == SCRIPTS:
        return
    # Alembic takes a third of a second to import; a start that needs no migration does not pay it.
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util.exc import CommandError

    from heliograph.backends.sqlite.file.core import writing_engine

    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(scripts / kind))
    engine = writing_engine(path)
    try:
        with _ALEMBIC, translated(path), engine.connect() as connection:
            config.attributes["connection"] = connection
            upgrade(config, "head")
    except CommandError as error:
        raise _too_new(path, kind, str(found)) from error
    finally:
        engine.dispose()


def _known(kind: FileKind, revision: str) -> bool:
    return any(revision in script.read_text("utf-8") for script in (SCRIPTS / kind).glob("*.py"))


def _too_new(path: Path, kind: FileKind, found: str) -> ConfigError:
    return ConfigError(
        "config.unsupported",
        "the file was written by a newer release",
        where=path.name,
        found=f"revision {found}",
        allowed=NEWEST[kind],
        hint="Install that release again, or stop the hub and bring back the backup made before it: "
        "heliograph restore DIR --replace.",
    )
