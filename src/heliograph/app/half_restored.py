"""A data folder on which a restore is under way or was interrupted: nothing starts, nothing is written."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from heliograph.app.settings import Settings
from heliograph.errors import StoreUnavailable

RESTORING: Final = "run/restore.json"
"""There while a restore is under way, or was interrupted."""


def refuse_half_restored(settings: Settings) -> None:
    """Do nothing unless a restore of the data folder is under way or was interrupted.

    Raises:
        StoreUnavailable: one is.
    """
    if (settings.data_path / RESTORING).exists():
        raise StoreUnavailable(
            "store.unavailable",
            "a restore of this data folder was interrupted",
            where=str(settings.data_path),
            hint="Give the same `heliograph restore` again; it goes on.",
        )


@contextmanager
def unless_half_restored(settings: Settings) -> Generator[None, None, None]:
    """Look again for a restore once the role is held: one that begins later finds the role taken."""
    refuse_half_restored(settings)
    yield
