"""The archive of raw requests as a dictionary."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from heliograph.model.request import StoredRequest
from heliograph.storage.events.requests import RequestCounts, RequestQuery


class MemoryRequests:
    """See `storage.events.requests.Requests`; `MemoryJournal` puts the requests in."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._requests: dict[str, StoredRequest] = {}
        self._counts = RequestCounts(requests=0, items=0, events=0, rejected=0, refused_requests=0)
        self._trimmed = 0

    def keep(self, requests: Sequence[StoredRequest]) -> None:
        """Keep and count these."""
        with self._lock:
            self._requests |= {request.request_id: request for request in requests}
            old = self._counts
            self._counts = RequestCounts(
                requests=old.requests + len(requests),
                items=old.items + sum(r.items for r in requests),
                events=old.events + sum(r.events for r in requests),
                rejected=old.rejected + sum(r.rejected_count for r in requests),
                refused_requests=old.refused_requests + sum(r.state == "refused" for r in requests),
            )

    def get(self, request_id: str) -> StoredRequest | None:
        """Return one request with its body, or None."""
        with self._lock:
            return self._requests.get(request_id)

    def find(self, query: RequestQuery) -> list[StoredRequest]:
        """Return requests, newest first, without bodies."""
        found = [
            request
            for request in self.scan(
                workspace=query.workspace,
                source_id=query.source_id,
                since_ms=query.since_ms,
                until_ms=query.until_ms,
            )
            if (not query.states or request.state in query.states)
            and (query.id_prefix is None or request.request_id.startswith(query.id_prefix))
            and (query.id_suffix is None or request.request_id.endswith(query.id_suffix))
        ]
        if query.before_id is not None:
            everything = list(
                self.scan(workspace=query.workspace, source_id=None, since_ms=None, until_ms=None)
            )
            ids = [request.request_id for request in everything]
            older = set(ids[: ids.index(query.before_id)]) if query.before_id in ids else set[str]()
            found = [request for request in found if request.request_id in older]
        listed = [msgspec.structs.replace(r, body=b"", message_id=None) for r in reversed(found)]
        return listed[: query.limit]

    def scan(
        self,
        *,
        workspace: str | None,
        source_id: str | None,
        since_ms: int | None,
        until_ms: int | None,
    ) -> Iterable[StoredRequest]:
        """Yield requests with bodies, oldest first."""
        with self._lock:
            everything = sorted(self._requests.values(), key=lambda r: r.received_at)
        for request in everything:
            if (
                workspace in (None, request.workspace)
                and source_id in (None, request.source_id)
                and (since_ms is None or request.received_at >= since_ms)
                and (until_ms is None or request.received_at < until_ms)
            ):
                yield request

    def mappers_used(
        self, *, workspace: str, source_id: str, since_ms: int | None, until_ms: int | None
    ) -> dict[str, int]:
        """Return mapper address -> number of stored requests of a workspace's source."""
        scan = self.scan(
            workspace=workspace, source_id=source_id, since_ms=since_ms, until_ms=until_ms
        )
        return dict(sorted(Counter(r.mapper for r in scan if r.mapper is not None).items()))

    def trim(self, before_ms: int, *, limit: int | None = None) -> int:
        """Forget raw requests received before; returns how many."""
        with self._lock:
            scan = self.scan(workspace=None, source_id=None, since_ms=None, until_ms=before_ms)
            gone = [request.request_id for request in scan][:limit]
            for request_id in gone:
                del self._requests[request_id]
            self._trimmed += len(gone)
            return len(gone)

    def newest_id(self) -> str | None:
        """Return the id that sorts last."""
        with self._lock:
            return max(self._requests, default=None)

    def counts(self) -> RequestCounts:
        """Return the running totals."""
        with self._lock:
            return msgspec.structs.replace(self._counts, trimmed_requests=self._trimmed)
