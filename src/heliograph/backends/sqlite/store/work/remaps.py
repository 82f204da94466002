"""Remaps and how far they came, one row each."""

from typing import Final

import msgspec

from heliograph.backends.sqlite.store.session import Session, encode
from heliograph.backends.sqlite.stored import required
from heliograph.model.remap import Remap

_decoder: Final = msgspec.json.Decoder(Remap)


class SqliteRemaps:
    """See `storage.work.remaps.Remaps`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        self._session.run("put_remap", remap.remap_id, remap.started_at, encode(remap))

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        rows = self._session.rows("get_remap", remap_id)
        return required(_decoder.decode, rows[0][0], f"remap {remap_id}") if rows else None

    def find(self, *, workspace: str | None = None, limit: int = 50) -> list[Remap]:
        """Return remaps, of one workspace or of all, the last started first."""
        if workspace is None:
            rows = self._session.rows("find_remaps", limit)
        else:
            # Remaps are few and started by people: no column of its own.
            rows = self._session.rows("find_remaps_of", workspace, limit)
        return [required(_decoder.decode, body, "a remap") for (body,) in rows]
