"""A load generator for one URL: closed loop (as fast as answers come) or open loop (a constant rate).

The open loop counts a latency from the moment a request was due, not from when a connection was free
to send it, so a server that stalls cannot hide the requests that waited (coordinated omission).

    python load.py '{"port": 8080, "target": "/", "headers": {}, "body": "…", "connections": 64,
                     "seconds": 5, "rate": 2000}'

`rate` null is the closed loop. Prints one JSON object; latencies in milliseconds.
"""

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any, cast

import uvloop


class Results:
    """What came back."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.statuses: dict[str, int] = {}
        self.broken = 0

    def summary(self, seconds: float) -> dict[str, Any]:
        ordered = sorted(self.latencies)

        def quantile(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

        return {
            "requests": len(ordered),
            "per_second": round(len(ordered) / seconds, 1),
            "statuses": self.statuses,
            "broken_connections": self.broken,
            "p50_ms": quantile(0.5) if ordered else None,
            "p95_ms": quantile(0.95) if ordered else None,
            "p99_ms": quantile(0.99) if ordered else None,
            "max_ms": round(ordered[-1], 3) if ordered else None,
        }


class Connection(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self, generator: "Generator") -> None:
        self._generator = generator
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._due = 0.0
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._generator.free(self)

    def send(self, due: float) -> None:
        assert self._transport is not None
        self._due, self._busy = due, True
        self._transport.write(self._generator.request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + size:
            return
        status = head[9:12].decode()
        self._buffer = b""
        self._busy = False
        self._generator.answered(self, status, self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._busy:
            self._generator.results.broken += 1


class Generator:
    """Sends the same request over some connections, at a rate or as fast as it can."""

    def __init__(self, request: bytes, rate: float | None) -> None:
        self.request = request
        self.results = Results()
        self._rate = rate
        self._idle: deque[Connection] = deque()
        self._late: deque[float] = deque()
        self._running = True

    def free(self, connection: Connection) -> None:
        if self._rate is None and self._running:
            connection.send(time.perf_counter())
        elif self._late:
            connection.send(self._late.popleft())
        else:
            self._idle.append(connection)

    def answered(self, connection: Connection, status: str, due: float) -> None:
        if self._running or self._rate is not None:
            self.results.latencies.append((time.perf_counter() - due) * 1000)
            self.results.statuses[status] = self.results.statuses.get(status, 0) + 1
        self.free(connection)

    async def run(self, port: int, connections: int, seconds: float) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
        start = time.perf_counter()
        sent = 0
        while (now := time.perf_counter()) - start < seconds:
            if self._rate is not None:
                while sent < (now - start) * self._rate:
                    due = start + sent / self._rate
                    sent += 1
                    if self._idle:
                        self._idle.popleft().send(due)
                    else:
                        self._late.append(due)
            await asyncio.sleep(0.0005 if self._rate is not None else 0.05)
        elapsed = time.perf_counter() - start
        # What was due within the time still counts; a server that is behind gets 10 s to show how far.
        while self._rate is not None and len(self.results.latencies) < sent:
            await asyncio.sleep(0.01)
            if time.perf_counter() - start > seconds + 10:
                break
        self._running = False
        summary = self.results.summary(elapsed)
        if self._rate is not None:
            summary["rate"] = self._rate
            summary["unanswered"] = sent - summary["requests"]
        return summary


def main() -> None:
    order = json.loads(sys.argv[1])
    with open(order["body_file"], "rb") as file:
        body = file.read()
    lines = [f"POST {order['target']} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in order["headers"].items()]
    lines += [f"content-length: {len(body)}", "", ""]
    generator = Generator("\r\n".join(lines).encode() + body, order.get("rate"))
    run = generator.run(order["port"], order["connections"], order["seconds"])
    print(json.dumps(uvloop.run(run)))


if __name__ == "__main__":
    main()
