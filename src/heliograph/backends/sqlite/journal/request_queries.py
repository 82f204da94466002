"""Queries over the archive of raw requests that a person's filters make up, by SQLAlchemy.

Imported when one is asked: gateway and worker run without.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, TextClause, func, select, text

from heliograph.backends.sqlite.file.core import begins_with, core, ends_with
from heliograph.backends.sqlite.file.driver import translated
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.backends.sqlite.journal.checksum import CHANGED, request_checksum
from heliograph.backends.sqlite.packing.codec import is_packed
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.backends.sqlite.schema.tables import requests as table
from heliograph.backends.sqlite.stored import faults, readable
from heliograph.model.request import StoredRequest, decode_rejected
from heliograph.storage.events.requests import RequestQuery

SCAN_BYTES: Final = 4 << 20
"""Bytes of bodies a page of `scan` aims at."""
SCAN_ROWS: Final = 512
"""Rows of such a page at most."""

_headers: Final[Callable[[bytes], dict[str, str]]] = msgspec.json.Decoder(dict[str, str]).decode
# What stands behind the body is read with it only: it would have to be walked through.
_LISTED: Final = [
    column for column in table.columns if column.name not in ("seq", "body", "message_id", "crc")
]


class RequestQueries:
    """The reading part of `SqliteRequests`; see `storage.events.requests.Requests`."""

    def __init__(self, path: Path, readers: Pool, dictionaries: Dictionaries) -> None:
        self._path = path
        self._readers = readers
        self._dictionaries = dictionaries

    @contextmanager
    def _view(self) -> Generator[Connection]:
        with (
            translated(self._path),
            self._readers.transaction() as connection,
            core(connection) as view,
        ):
            yield view

    def get(self, request_id: str) -> StoredRequest | None:
        """Return one request with its body, or None."""
        query = select(*_LISTED, table.c.body, table.c.message_id, table.c.crc).where(
            table.c.request_id == request_id
        )
        with self._view() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else self._request(row, body=row.body, message_id=row.message_id)

    def find(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        wanted: list[ColumnElement[bool] | TextClause] = [
            *_conditions(query.workspace, query.source_id, query.since_ms, query.until_ms)
        ]
        if query.id_prefix is not None:
            wanted += begins_with(table.c.request_id, query.id_prefix)
        if query.id_suffix is not None:
            # Apart, so that it goes over the index of ids and not over the rows, which hold the bodies.
            ids = select(table.c.request_id).where(ends_with(table.c.request_id, query.id_suffix))
            wanted.append(table.c.request_id.in_(ids))
        if query.states:
            wanted.append(table.c.state.in_(query.states))
            if "accepted" not in query.states:
                # Said literally, so that the partial index on the rare states can be used.
                wanted.append(text("state <> 'accepted'"))
        with self._view() as connection:
            if query.before_id is not None:
                mark = connection.execute(
                    select(table.c.received_at, table.c.seq).where(
                        table.c.request_id == query.before_id,
                        *_conditions(query.workspace, None, None, None),
                    )
                ).one_or_none()
                if mark is None:
                    return []
                wanted.append(table.c.received_at <= mark.received_at)
                wanted.append((table.c.received_at < mark.received_at) | (table.c.seq < mark.seq))
            rows = connection.execute(
                select(*_LISTED)
                .where(*wanted)
                .order_by(table.c.received_at.desc(), table.c.seq.desc())
                .limit(query.limit)
            ).all()
        return [self._request(row) for row in rows]

    def scan(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first, some megabytes at a time."""
        at, seq, limit = -1, -1, 32
        wanted = list(_conditions(workspace, source_id, since_ms, until_ms))
        while True:
            query = (
                select(*_LISTED, table.c.body, table.c.message_id, table.c.crc, table.c.seq)
                .where(*wanted, table.c.received_at >= at)
                .where((table.c.received_at > at) | (table.c.seq > seq))
                .order_by(table.c.received_at, table.c.seq)
                .limit(limit)
            )
            with self._view() as connection:
                rows = connection.execute(query).all()
            if not rows:
                return
            for row in rows:
                yield self._request(row, body=row.body, message_id=row.message_id)
            at, seq = rows[-1].received_at, rows[-1].seq
            average = sum(len(row.body) for row in rows) // len(rows) + 1
            limit = max(1, min(SCAN_ROWS, SCAN_BYTES // average))

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source."""
        wanted = _conditions(workspace, source_id, since_ms, until_ms)
        query = (
            select(table.c.mapper, func.count())
            .where(*wanted, table.c.mapper.is_not(None))
            .group_by(table.c.mapper)
            .order_by(table.c.mapper)
        )
        with self._view() as connection:
            return {str(mapper): count for mapper, count in connection.execute(query)}

    def _request(
        self, row: Row[Any], *, body: bytes | None = None, message_id: str | None = None
    ) -> StoredRequest:
        """Return a row as a request; without `body` its body is not looked at."""
        none = (), None
        unpack = self._unpack
        (rejected, cut), no_items = readable(
            lambda stored: decode_rejected(unpack(stored)), row.rejected, none, "rejected items"
        )
        headers, no_headers = readable(
            lambda stored: _headers(unpack(stored)), row.headers, {}, "headers"
        )
        whole, no_body = body or b"", None
        if body and is_packed(row.headers):
            whole, no_body = readable(unpack, body, b"", "body")
        changed = None
        if body is not None and faults(no_items, no_headers, no_body) is None:
            changed = self._changed(row, whole)
        return StoredRequest(
            request_id=row.request_id,
            workspace=row.workspace,
            source_id=row.source_id,
            received_at=row.received_at,
            state=row.state,
            items=row.items,
            events=row.events,
            rejected=rejected,
            cut=cut,
            mapper=row.mapper,
            path=row.path,
            headers=headers,
            body=whole,
            message_id=message_id,
            fault=faults(no_items, no_headers, no_body, changed),
        )

    def _changed(self, row: Row[Any], body: bytes) -> str | None:
        """Return why a row is not what was received, or None; a release before kept no checksum."""
        if row.crc is None:
            return None
        found = request_checksum(
            (row.request_id, row.workspace, row.source_id),
            row.path,
            row.mapper,
            row.message_id,
            (row.received_at, row.items, row.events),
            self._unpack(row.headers),
            self._unpack(row.rejected),
            body,
        )
        return None if found == row.crc else CHANGED

    def _unpack(self, packed: bytes) -> bytes:
        with self._readers.lent() as connection:
            return self._dictionaries.unpack(connection, packed)


def _conditions(
    workspace: str | None, source_id: str | None, since_ms: int | None, until_ms: int | None
) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if workspace is not None:
        wanted.append(table.c.workspace == workspace)
    if source_id is not None:
        wanted.append(table.c.source_id == source_id)
    if since_ms is not None:
        wanted.append(table.c.received_at >= since_ms)
    if until_ms is not None:
        wanted.append(table.c.received_at < until_ms)
    return wanted
