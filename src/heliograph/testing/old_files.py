"""Database files as an earlier release made them, for tests of migrations."""

from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config

from heliograph.backends.sqlite.file.core import writing_engine
from heliograph.backends.sqlite.file.database import make_file
from heliograph.backends.sqlite.schema.migrate import SCRIPTS, FileKind


def migrate_to(path: Path, kind: FileKind, revision: str) -> None:
    """Make a file as the release with this revision did."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(SCRIPTS / kind))
    make_file(path)
    engine = writing_engine(path)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        upgrade(config, revision)
    engine.dispose()
