"""What is read back from the journal's file, on a small pool of read-only connections."""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, TextClause, func, select, text

from heliograph.backends.sqlite.database import open_engine, raw
from heliograph.backends.sqlite.driver import RawConnection, translated
from heliograph.backends.sqlite.schema import requests as table
from heliograph.backends.sqlite.schema import totals
from heliograph.backends.sqlite.statements import load
from heliograph.errors import StoreCorrupt
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.journal import Bounds, Entry, JournalCounts, Record, RequestQuery

SQL: Final = load("journal")
SCAN_BYTES: Final = 4 << 20
"""Bytes of bodies a page of `scan_requests` aims at."""
ENTRIES_AT_ONCE: Final = 1_000
SCAN_ROWS: Final = 512
"""Rows of such a page at most."""

_rejected: Final[Callable[[bytes], tuple[RejectedItem, ...]]] = msgspec.json.Decoder(
    tuple[RejectedItem, ...]
).decode
_headers: Final[Callable[[bytes], dict[str, str]]] = msgspec.json.Decoder(dict[str, str]).decode
# What stands behind the body is read with it only: it would have to be walked through.
_LISTED: Final = [
    column for column in table.columns if column.name not in ("seq", "body", "message_id")
]


class JournalReads:
    """Queries of `SqliteJournal`; each sees one consistent state and blocks no append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = open_engine(path, writes=False)

    @contextmanager
    def _raw(self) -> Generator[RawConnection]:
        with translated(self._path), self._engine.begin() as connection:
            yield raw(connection)

    def read(self, partition: int, after: int, limit: int) -> list[Entry]:
        """Return at most `limit` entries with position > `after`; raises `StoreCorrupt` when trimmed."""
        with self._raw() as connection:
            first = connection.execute(SQL["bounds"], (partition,)).fetchone()[0]
            rows = connection.execute(SQL["read"], (partition, after, limit)).fetchall()
        if after + 1 < first:
            raise StoreCorrupt(
                "store.corrupt",
                f"entries of partition {partition} after position {after} were trimmed",
                where=self._path.name,
                found=f"first retained position {first}",
                hint="Retention overtook this reader; reset its cursor to go on without them.",
            )
        return [
            Entry(
                partition=partition,
                position=position,
                record=Record(key=key, id=id_, at=at, value=value),
            )
            for position, key, id_, at, value in rows
        ]

    def entry(self, partition: int, position: int) -> Entry | None:
        """Return one entry or None."""
        with self._raw() as connection:
            row = connection.execute(SQL["entry"], (partition, position)).fetchone()
        if row is None:
            return None
        key, id_, at, value = row
        return Entry(
            partition=partition,
            position=position,
            record=Record(key=key, id=id_, at=at, value=value),
        )

    def entries(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
        """Return the entries at these places; absent ones are left out."""
        found: dict[tuple[int, int], Entry] = {}
        for start in range(0, len(places), ENTRIES_AT_ONCE):
            wanted = json.dumps(places[start : start + ENTRIES_AT_ONCE])
            with self._raw() as connection:
                rows = connection.execute(SQL["entries"], (wanted,)).fetchall()
            for partition, position, key, id_, at, value in rows:
                found[partition, position] = Entry(
                    partition=partition,
                    position=position,
                    record=Record(key=key, id=id_, at=at, value=value),
                )
        return found

    def bounds(self, partition: int) -> Bounds:
        """Return the first retained and the last durable position."""
        with self._raw() as connection:
            first, last = connection.execute(SQL["bounds"], (partition,)).fetchone()
        return Bounds(first=first, last=last)

    def position_at(self, partition: int, at_ms: int) -> int:
        """Return the largest position with it and all before received before `at_ms`."""
        with self._raw() as connection:
            first, last = connection.execute(SQL["bounds"], (partition,)).fetchone()
            mark = connection.execute(SQL["mark_before"], (partition, at_ms)).fetchone()
            start = first - 1 if mark is None else max(first - 1, int(mark[0]))
            found = connection.execute(SQL["first_since"], (partition, start, at_ms)).fetchone()
        return int(last) if found is None else int(found[0]) - 1

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request with its body, or None."""
        query = select(*_LISTED, table.c.body, table.c.message_id).where(
            table.c.request_id == request_id
        )
        with translated(self._path), self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _request(row, body=row.body, message_id=row.message_id)

    def requests(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        wanted: list[ColumnElement[bool] | TextClause] = [
            *_conditions(query.workspace, query.source_id, query.since_ms, query.until_ms)
        ]
        if query.states:
            wanted.append(table.c.state.in_(query.states))
            if "accepted" not in query.states:
                # Said literally, so that the partial index on the rare states can be used.
                wanted.append(text("state <> 'accepted'"))
        with translated(self._path), self._engine.begin() as connection:
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
        return [_request(row, body=b"") for row in rows]

    def scan_requests(
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
                select(*_LISTED, table.c.body, table.c.message_id, table.c.seq)
                .where(*wanted, table.c.received_at >= at)
                .where((table.c.received_at > at) | (table.c.seq > seq))
                .order_by(table.c.received_at, table.c.seq)
                .limit(limit)
            )
            with translated(self._path), self._engine.begin() as connection:
                rows = connection.execute(query).all()
            if not rows:
                return
            for row in rows:
                yield _request(row, body=row.body, message_id=row.message_id)
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
        with translated(self._path), self._engine.begin() as connection:
            return {str(mapper): count for mapper, count in connection.execute(query)}

    def counts(self) -> JournalCounts:
        """Return the running totals."""
        with translated(self._path), self._engine.begin() as connection:
            row = connection.execute(select(totals)).one()
        return JournalCounts(
            requests=row.requests,
            items=row.items,
            events=row.events,
            rejected=row.rejected,
            refused_requests=row.refused_requests,
            derived=row.derived,
            trimmed_requests=row.trimmed_requests,
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


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


def _request(row: Row[Any], *, body: bytes, message_id: str | None = None) -> StoredRequest:
    return StoredRequest(
        request_id=row.request_id,
        workspace=row.workspace,
        source_id=row.source_id,
        received_at=row.received_at,
        state=row.state,
        items=row.items,
        events=row.events,
        rejected=_rejected(row.rejected),
        mapper=row.mapper,
        path=row.path,
        headers=_headers(row.headers),
        body=body,
        message_id=message_id,
    )
