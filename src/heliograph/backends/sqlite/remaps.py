"""Remaps and how far they came, one row each."""

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from heliograph.backends.sqlite.schema import remaps as table
from heliograph.backends.sqlite.session import Session, encode
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
        return None if found is None else _decoder.decode(found)

    def find(self, *, limit: int = 50) -> list[Remap]:
        """Return remaps, the last started first."""
        rows = self._session.sa.execute(
            select(table.c.body)
            .order_by(table.c.started_at.desc(), table.c.remap_id.desc())
            .limit(limit)
        )
        return [_decoder.decode(body) for body in rows.scalars()]
