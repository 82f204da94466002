"""Remaps and how far they came, in memory."""

from heliograph.model.remap import Remap


class MemoryRemaps:
    """See `storage.work.remaps.Remaps`."""

    def __init__(self) -> None:
        self._remaps: dict[str, Remap] = {}

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        self._remaps[remap.remap_id] = remap

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        return self._remaps.get(remap_id)

    def find(self, *, workspace: str | None = None, limit: int = 50) -> list[Remap]:
        """Return remaps, the last started first."""
        meant = [r for r in self._remaps.values() if workspace in (None, r.workspace)]
        newest = sorted(meant, key=lambda r: (r.started_at, r.remap_id))
        return newest[::-1][:limit]
