"""What a twin received: the newest requests in memory, counters over all, and every one in a file if asked.

With a record file each request is one line of JSON, handed to the operating system before the answer goes
out, so that a test which kills the sender, or the twin, can reconcile against it.
"""

from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from heliograph.twins.wire import Call, Verdict, read_json

KEPT_REQUESTS: Final = 10_000
KEPT_MINUTES: Final = 240
KEPT_KEYS: Final = 1_000_000
MASK: Final = "••••••"
MASKED_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what became of it."""

    number: int
    """From 1, in order of receipt."""
    at: int
    """UTC epoch milliseconds."""
    call: Call
    status: int | None
    """None when the connection was cut without an answer."""
    verdict: Verdict | None
    """None when a fault kept the request from being judged."""
    fault: bool

    def shown(self) -> dict[str, object]:
        """Return the entry as JSON, credentials masked, the body decoded where it is JSON."""
        call, verdict = self.call, self.verdict
        body = read_json(call.body)
        return {
            "number": self.number,
            "at": self.at,
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "headers": {n: MASK if n in MASKED_HEADERS else v for n, v in call.headers.items()},
            "body": call.body.decode("utf-8", "replace") if body is msgspec.UNSET else body,
            "status": self.status,
            "answer": verdict.answer.body if verdict else None,
            "endpoint": verdict.endpoint if verdict else "",
            "items": verdict.items if verdict else 0,
            "duplicates": verdict.duplicates if verdict else 0,
            "keys": verdict.keys if verdict else (),
            "losses": verdict.losses if verdict else (),
            "fault": self.fault,
        }


class Record:
    """A file of JSON lines that several twins append to; each line names its twin."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def write(self, line: dict[str, object]) -> None:
        """Append one line in a single write."""
        self._file.write(msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Ledger:
    """Everything one twin remembers about its requests.

    Args:
        twin: its name, as it stands in the record.
        keep: requests kept in memory, the newest.
        record: where every request is appended to, or None.
    """

    def __init__(
        self, twin: str, *, keep: int = KEPT_REQUESTS, record: Record | None = None
    ) -> None:
        self._twin = twin
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._record = record
        self._number = 0
        self.listeners: list[Callable[[], None]] = []
        """Called after every request."""
        self._reset_counters()

    def _reset_counters(self) -> None:
        self._statuses: Counter[str] = Counter()
        self._endpoints: Counter[str] = Counter()
        self._minutes: dict[int, Counter[str]] = {}
        self._keys: set[str] = set()
        self._items = self._duplicates = self._losses = self._faults = 0
        self._refused_run = self._longest_refused_run = 0

    def add(
        self, call: Call, verdict: Verdict | None, *, at: int, status: int | None, fault: bool
    ) -> None:
        """Remember one request, after it was judged and before it is answered."""
        self._number += 1
        entry = Entry(
            number=self._number, at=at, call=call, status=status, verdict=verdict, fault=fault
        )
        self._entries.append(entry)
        if self._record is not None:
            self._record.write({"twin": self._twin, **entry.shown()})
        self._count(entry)
        for listener in tuple(self.listeners):
            listener()

    def _count(self, entry: Entry) -> None:
        status = "cut" if entry.status is None else str(entry.status)
        self._statuses[status] += 1
        minute = entry.at // 60_000
        if minute not in self._minutes:
            self._minutes[minute] = Counter()
            if len(self._minutes) > KEPT_MINUTES:
                del self._minutes[min(self._minutes)]
        self._minutes[minute][status] += 1
        self._refused_run = self._refused_run + 1 if status == "429" else 0
        self._longest_refused_run = max(self._longest_refused_run, self._refused_run)
        self._faults += entry.fault
        if entry.verdict is None:
            return
        self._endpoints[entry.verdict.endpoint or "unknown"] += 1
        self._items += entry.verdict.items
        self._duplicates += entry.verdict.duplicates
        self._losses += len(entry.verdict.losses)
        if len(self._keys) < KEPT_KEYS:
            self._keys.update(entry.verdict.keys)

    def shown(self, *, since: int = 0, limit: int = 100) -> list[dict[str, object]]:
        """Return entries with a number above `since`, oldest first, at most `limit`."""
        found: list[dict[str, object]] = []
        for entry in self._entries:
            if entry.number > since:
                found.append(entry.shown())
                if len(found) == limit:
                    break
        return found

    def stats(self) -> dict[str, object]:
        """Return counters since the start or the last `clear`."""
        return {
            "requests": sum(self._statuses.values()),
            "last_number": self._number,
            "by_status": dict(self._statuses),
            "by_endpoint": dict(self._endpoints),
            "items_taken": self._items,
            "duplicates": self._duplicates,
            "applied": self._items - self._duplicates,
            "losses": self._losses,
            "faults": self._faults,
            "distinct_keys": len(self._keys),
            "longest_run_of_429": self._longest_refused_run,
            "per_minute": [
                {"minute": minute * 60_000, "by_status": dict(counts)}
                for minute, counts in sorted(self._minutes.items())
            ],
        }

    def clear(self) -> None:
        """Forget requests and counters; numbers go on, and the record file stays."""
        self._entries.clear()
        self._reset_counters()
