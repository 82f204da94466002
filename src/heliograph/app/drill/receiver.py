"""The destination of a drill: takes numbered orders, writes them down before it answers, and has weather."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from heliograph.app.drill.plan import Weather

NAMES: Final = ("main", "other")
"""Destinations: `main` has weather, at `other` it is always fine."""
REFUSED: Final = "-"
"""In the file in place of a key."""
EVERY: Final = 3
"""In bad weather every third request has it."""


class Receipts:
    """What was answered 200: per destination the idempotency keys of each order. Kept in a file as well."""

    def __init__(self, path: Path) -> None:
        self.keys: dict[str, dict[int, set[str]]] = {name: {} for name in NAMES}
        self.first: dict[str, dict[int, int]] = {name: {} for name in NAMES}
        """Per destination which request, by number, was the first to bring an order."""
        self.refused: set[int] = set()
        """Orders that `main` answered 400 at least once: each was a dead letter for a while."""
        self.requests = 0
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                name, number, key = line.split(" ")
                self._add(name, int(number), key)
        self._file = path.open("a", encoding="utf-8")

    def go_on_from(self, receipts: Iterable[tuple[str, int, str]]) -> None:
        """Begin with what a destination had before, unless it has something already."""
        if self.requests == 0:
            for name, number, key in receipts:
                self.take(name, number, key)

    def take(self, name: str, number: int, key: str) -> None:
        """Remember one; on return the operating system has it."""
        self._add(name, number, key)
        self._file.write(f"{name} {number} {key}\n")
        self._file.flush()

    def refuse(self, number: int) -> None:
        """Remember that `main` refused one."""
        self._add(NAMES[0], number, REFUSED)
        self._file.write(f"{NAMES[0]} {number} {REFUSED}\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _add(self, name: str, number: int, key: str) -> None:
        if key == REFUSED:
            self.refused.add(number)
            return
        self.keys[name].setdefault(number, set()).add(key)
        self.first[name].setdefault(number, self.requests)
        self.requests += 1


class Receiver:
    """The HTTP server; set `weather` at any time."""

    def __init__(self, receipts: Receipts) -> None:
        self.receipts = receipts
        self.weather: Weather = "fine"
        self.address = ""
        self._requests = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one delivery, or do to it what the weather says."""
        body = await request.read()
        name = request.match_info["name"]
        number = int(msgspec.json.decode(body)["properties"]["number"])
        self._requests += 1
        if name == NAMES[0] and self._requests % EVERY == 0:
            bad = await self._weathered(request, number)
            if bad is not None:
                return bad
        self.receipts.take(name, number, request.headers["idempotency-key"])
        return web.json_response({"ok": True})

    async def _weathered(self, request: web.Request, number: int) -> web.StreamResponse | None:
        match self.weather:
            case "fine":
                return None
            case "failing":
                return web.Response(status=503)
            case "throttling":
                return web.Response(status=429, headers={"Retry-After": "1"})
            case "refusing":
                self.receipts.refuse(number)
                return web.Response(status=400, text="refused")
            case "hanging":
                await asyncio.sleep(60)
                return web.Response(status=504)
            case "cutting":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()


@asynccontextmanager
async def receiving(receipts: Receipts) -> AsyncGenerator[Receiver]:
    """Run a receiver on a free port of this machine for the length of the block."""
    receiver = Receiver(receipts)
    application = web.Application()
    application.router.add_post("/{name:main|other}", receiver.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.address = f"http://{host}:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
        receipts.close()
