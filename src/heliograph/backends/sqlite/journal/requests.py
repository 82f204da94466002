"""The archive of raw requests, in the journal's file so that one transaction holds them and their events."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from heliograph.backends.sqlite.file.driver import RawConnection, translated
from heliograph.backends.sqlite.file.pool import Pool
from heliograph.backends.sqlite.journal.checksum import request_checksum
from heliograph.backends.sqlite.journal.state import read_state, write_state
from heliograph.backends.sqlite.journal.writer import JournalWriter
from heliograph.backends.sqlite.packing.dictionaries import LOOKED_AT, Dictionaries
from heliograph.backends.sqlite.statements import load
from heliograph.model.request import StoredRequest, encode_rejected
from heliograph.storage.events.requests import RequestCounts, RequestQuery

if TYPE_CHECKING:
    from heliograph.backends.sqlite.journal.request_queries import RequestQueries

SQL: Final = load("journal")
TRIM_ROWS: Final = 2_000
"""Rows forgotten per transaction, so that appends wait for milliseconds at most."""
TRIM_BYTES: Final = 4 << 20
"""Bytes of bodies forgotten per transaction, for the same reason."""

NOTHING_REJECTED: Final = b"\x00[]"
"""No rejected items, as most requests have, packed."""

_encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder().encode


class SqliteRequests:
    """See `storage.events.requests.Requests`.

    Args:
        path: the journal's file.
        readers: read-only connections to it, shared with the journal.
        writer: what `trim` writes with.
        dictionaries: of the file.
    """

    def __init__(
        self, path: Path, readers: Pool, writer: JournalWriter, dictionaries: Dictionaries
    ) -> None:
        self._path = path
        self._readers = readers
        self._writer = writer
        self._dictionaries = dictionaries

    @property
    def _queries(self) -> "RequestQueries":
        from heliograph.backends.sqlite.journal.request_queries import RequestQueries

        return RequestQueries(self._path, self._readers, self._dictionaries)

    def get(self, request_id: str) -> StoredRequest | None:
        """Return one request with its body, or None."""
        return self._queries.get(request_id)

    def find(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        return self._queries.find(query)

    def scan(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first, some megabytes at a time."""
        return self._queries.scan(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source."""
        return self._queries.mappers_used(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )

    def trim(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before, step by step, or one step of at most `limit`."""
        removed = 0
        while True:
            with self._writer.transaction() as connection:
                rows = min(limit or TRIM_ROWS, TRIM_ROWS)
                oldest = connection.execute(SQL["oldest_requests"], (before_ms, rows)).fetchall()
                gone = _first_bytes(oldest, TRIM_BYTES)
                connection.execute(SQL["trim_requests"], (json.dumps(gone),))
                if gone:
                    state = read_state(connection)
                    state.trimmed += len(gone)
                    write_state(connection, state)
                    oldest = connection.execute(SQL["oldest_packed"], (LOOKED_AT,)).fetchall()
                    self._dictionaries.drop_unused(connection, "requests", oldest)
            removed += len(gone)
            if limit is not None or not gone:
                return removed

    def newest_id(self) -> str | None:
        """Return the id that sorts last; a look into its index."""
        with translated(self._path), self._readers.lent() as connection:
            found = connection.execute(SQL["newest_request_id"]).fetchone()[0]
        return None if found is None else str(found)

    def counts(self) -> RequestCounts:
        """Return the running totals."""
        with translated(self._path), self._readers.lent() as connection:
            state = read_state(connection)
        return RequestCounts(
            requests=state.requests,
            items=state.items,
            events=state.events - state.derived,
            rejected=state.rejected,
            refused_requests=state.refused,
            trimmed_requests=state.trimmed,
        )


def request_rows(
    connection: RawConnection, dictionaries: Dictionaries, requests: Sequence[StoredRequest]
) -> list[tuple[object, ...]]:
    """Return the values of `insert_requests`, the long ones packed."""
    flawed = [request for request in requests if request.rejected or request.cut]
    values = [value for each in requests for value in (_encode(each.headers), each.body)]
    packed = dictionaries.pack(
        connection,
        "requests",
        values + [encode_rejected(request) for request in flawed],
        now_ms=max([request.received_at for request in requests]),
    )
    rejected = iter(packed[len(values) :])
    return [
        (
            request.request_id,
            request.workspace,
            request.source_id,
            request.received_at,
            request.state,
            request.items,
            request.events,
            request.mapper,
            request.path,
            packed[2 * number],
            next(rejected) if request.rejected or request.cut else NOTHING_REJECTED,
            packed[2 * number + 1],
            request.message_id,
            request_checksum(
                (request.request_id, request.workspace, request.source_id),
                request.path,
                request.mapper,
                request.message_id,
                (request.received_at, request.items, request.events),
                values[2 * number],
                encode_rejected(request),
                request.body,
            ),
        )
        for number, request in enumerate(requests)
    ]


def _first_bytes(rows: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Return the first of (seq, bytes) rows that hold `most` bytes together; one at least."""
    total = 0
    for count, (_, size) in enumerate(rows):
        total += size
        if total > most:
            return [seq for seq, _ in rows[: max(count, 1)]]
    return [seq for seq, _ in rows]
