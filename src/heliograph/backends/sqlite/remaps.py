"""Remaps and how far they came, one row each."""

from typing import Final

import msgspec
from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.sqlite import insert

from heliograph.backends.sqlite.schema import remaps as table
from heliograph.backends.sqlite.session import Session, encode
from heliograph.backends.sqlite.stored import required
from heliograph.model.remap import Remap

_decoder: Final = msgspec.json.Decoder(Remap)


class SqliteRemaps:
    """See `storage.remaps.Remaps`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        body = encode(remap)
        self._session.sa.execute(
            insert(table)
            .values(remap_id=remap.remap_id, started_at=remap.started_at, body=body)
            .on_conflict_do_update(index_elements=[table.c.remap_id], set_={"body": body})
        )

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        found = self._session.sa.execute(
            select(table.c.body).where(table.c.remap_id == remap_id)
        ).scalar_one_or_none()
        return None if found is None else required(_decoder.decode, found, f"remap {remap_id}")

    def find(self, *, workspace: str | None = None, limit: int = 50) -> list[Remap]:
        """Return remaps, of one workspace or of all, the last started first."""
        wanted = select(table.c.body)
        if workspace is not None:
            # Remaps are few and started by people: no column of its own.
            wanted = wanted.where(
                func.json_extract(cast(table.c.body, Text), "$.workspace") == workspace
            )
        rows = self._session.sa.execute(
            wanted.order_by(table.c.started_at.desc(), table.c.remap_id.desc()).limit(limit)
        )
        return [required(_decoder.decode, body, "a remap") for body in rows.scalars()]
