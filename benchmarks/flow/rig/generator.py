"""Sends orders to a gateway and says how that went; a process of its own, so that it can be pinned.

Closed: every connection sends its next request when the last one is answered, until all are sent.
Open: requests are due at a fixed rate whatever the answers do; latency counts from the moment a request
was due, so a stall is not hidden by the generator's own waiting.

    python -m rig.generator '{"address": "http://127.0.0.1:8080", "batch": 1, "requests": 1000}'
"""

import asyncio
import base64
import resource
import sys
import time
from collections import Counter, deque
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop
from rig import orders


class Load(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send."""

    address: str
    """`http://host:port` of the gateway."""
    batch: int = 1
    """Orders in a request; 1 sends the single form."""
    requests: int
    """How many requests, in all."""
    rate: float | None = None
    """Requests a second for an open load; None for a closed one."""
    connections: int = 32
    first: int = 0
    """Number of the first order."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How it went; times are wall clock, UTC epoch milliseconds."""

    began_ms: float
    ended_ms: float
    requests: int
    events: int
    """Orders in requests that were answered 200."""
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_s: float

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return (self.ended_ms - self.began_ms) / 1000


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._buffer = b""
        self._due_s = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class
        self._run.free.append(self)

    def send(self, request: bytes, due_s: float) -> None:
        assert self._transport is not None
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self._buffer = b""
        self._run.answered(self, int(head[9:12]), self._due_s)

    def connection_lost(self, _: Exception | None) -> None:
        self._run.lost(self)


class Run:
    """One load from its first to its last request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        place = urlsplit(load.address)
        self._host, self._port = place.hostname or "127.0.0.1", place.port or 80
        path = orders.SINGLE_PATH if load.batch == 1 else orders.BATCH_PATH
        token = base64.b64encode(f"{orders.WORKSPACE}:{orders.KEY}".encode()).decode()
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Basic {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._wall_minus_monotonic_s = time.time() - time.perf_counter()
        self._begun = 0
        self._done = 0
        self._latencies_ms: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._waiting: deque[float] = deque()
        self._finished = asyncio.Event()
        self._broken = False
        self.free: deque[Connection] = deque()
        """Those without a request under way, the longest idle first."""

    async def run(self) -> Sent:
        loop = asyncio.get_running_loop()
        for _ in range(self._load.connections):
            await loop.create_connection(lambda: Connection(self), self._host, self._port)
        began_s = time.perf_counter()
        if self._load.rate is None:
            for connection in tuple(self.free):
                self._next(connection)
        else:
            await self._drive(began_s, self._load.rate)
        await self._finished.wait()
        if self._broken:
            raise SystemExit("the gateway closed a connection under load")
        return self._sent(began_s, time.perf_counter())

    def answered(self, connection: Connection, status: int, due_s: float) -> None:
        self._latencies_ms.append((time.perf_counter() - due_s) * 1000)
        self._statuses[str(status)] += 1
        self.free.append(connection)
        self._count()
        self._next(connection)

    def lost(self, connection: Connection) -> None:
        if connection in self.free and len(self.free) > 1:
            self.free.remove(connection)  # idle for longer than the gateway keeps one
        elif not self._finished.is_set():
            self._broken = True
            self._finished.set()

    def _next(self, connection: Connection) -> None:
        if self._load.rate is None:
            if self._begun < self._load.requests:
                self.free.remove(connection)
                self._begin(connection, time.perf_counter())
        elif self._waiting:
            self.free.remove(connection)
            self._begin(connection, self._waiting.popleft())

    async def _drive(self, began_s: float, rate: float) -> None:
        due = 0
        while due < self._load.requests:
            now = time.perf_counter()
            while due < self._load.requests and began_s + due / rate <= now:
                self._waiting.append(began_s + due / rate)
                due += 1
            while self._waiting and self.free:
                self._begin(self.free.popleft(), self._waiting.popleft())
            await asyncio.sleep(max(0.0, began_s + due / rate - time.perf_counter()))

    def _begin(self, connection: Connection, due_s: float) -> None:
        load = self._load
        first = load.first + self._begun * load.batch
        due_ms = (due_s + self._wall_minus_monotonic_s) * 1000
        body = (
            orders.single(first, due_ms)
            if load.batch == 1
            else orders.batch(first, load.batch, due_ms)
        )
        self._begun += 1
        connection.send(self._head + str(len(body)).encode() + b"\r\n\r\n" + body, due_s)

    def _count(self) -> None:
        self._done += 1
        if self._done == self._load.requests:
            self._finished.set()

    def _sent(self, began_s: float, ended_s: float) -> Sent:
        latencies = sorted(self._latencies_ms)
        used = resource.getrusage(resource.RUSAGE_SELF)
        return Sent(
            began_ms=(began_s + self._wall_minus_monotonic_s) * 1000,
            ended_ms=(ended_s + self._wall_minus_monotonic_s) * 1000,
            requests=self._done,
            events=self._statuses["200"] * self._load.batch,
            statuses=dict(self._statuses),
            p50_ms=round(latencies[len(latencies) // 2], 3),
            p99_ms=round(latencies[int(len(latencies) * 0.99)], 3),
            max_ms=round(latencies[-1], 3),
            cpu_s=round(used.ru_utime + used.ru_stime, 3),
        )


async def main(load: Load) -> Sent:
    """Send it all."""
    return await Run(load).run()


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.argv[1], type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(main(wanted))) + b"\n")
