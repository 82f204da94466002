"""Remaps and how far they came."""

from typing import Protocol

from heliograph.model.remap import Remap


class Remaps(Protocol):
    """Remaps and how far they came."""

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        ...

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        ...

    def find(self, *, workspace: str | None = None, limit: int = 50) -> list[Remap]:
        """Return remaps, of one workspace or of all, the last started first."""
        ...
