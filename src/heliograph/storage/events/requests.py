"""The archive of raw requests: what was received, as it was received.

Requests come in through `storage.events.intake`, in the transaction that makes their events durable; they are
looked at, mapped again (remap) and, after their retention, forgotten. Events do not need them.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from heliograph.model.request import StoredRequest


class RequestQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests to list, newest first."""

    workspace: str | None = None
    source_id: str | None = None
    states: tuple[str, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    before_id: str | None = None
    """Only requests older than this request id (paging); with `workspace`, one of that workspace."""
    id_prefix: str | None = None
    """What the request ids begin with."""
    id_suffix: str | None = None
    """What they end with; looks at every id."""
    limit: int = 50


class RequestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Running totals since the archive was made, kept in the transactions that change it."""

    requests: int
    items: int
    events: int
    """Events made from requests."""
    rejected: int
    refused_requests: int
    trimmed_requests: int = 0
    """Requests whose retention has ended."""


class Requests(Protocol):
    """Raw requests by id and by time. Thread-safe."""

    def get(self, request_id: str) -> StoredRequest | None:
        """Return one request with its raw body, or None."""
        ...

    def find(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first; without `body` and `message_id`."""
        ...

    def scan(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first, in bounded memory; for remap and replay.

        Two workspaces may have sources of one name, so whoever names a source names its workspace too.
        """
        ...

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source it was used for."""
        ...

    def trim(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before, the oldest first; events stay.

        With `limit`, at most so many (and only some megabytes) in one short transaction.

        Returns:
            How many were removed; with `limit`, 0 when none is left.
        """
        ...

    def newest_id(self) -> str | None:
        """Return the id that sorts last of all that are kept; None when there are none."""
        ...

    def counts(self) -> RequestCounts:
        """Return the running totals."""
        ...
