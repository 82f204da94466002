"""A server that answers byte for byte as a test says, over a real socket: no library tidies it up."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Seen:
    """One request as it came over the wire."""

    def __init__(self, head: bytes, body: bytes, connection: int) -> None:
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.names = [line.partition(":")[0] for line in lines if line]
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        self.body = body
        self.connection = connection


class Exchange:
    """What a script has to work with: the request, and the way back."""

    def __init__(self, seen: Seen, number: int, writer: asyncio.StreamWriter) -> None:
        self.seen = seen
        self.number = number
        """Of the request, over all connections, from 1."""
        self.writer = writer

    async def write(self, data: bytes) -> None:
        """Send bytes now; a peer that left is no error of the server."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            return

    def close(self) -> None:
        """Close after what was written."""
        self.writer.close()

    def reset(self) -> None:
        """Close at once, without a word."""
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


class OddServer:
    """Runs a script for each request and keeps what came; see `odd_server`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.seen: list[Seen] = []
        self.connections = 0
        self.running: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.arrived = asyncio.Condition()
        """Notified whenever a request came or a connection ended."""
        self.port = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side closes it."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.running[task] = writer
        number = self.connections
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(
                    (
                        int(line.partition(b":")[2])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                seen = Seen(head, await reader.readexactly(size), number)
                self.seen.append(seen)
                await self._tell()
                await self.script(Exchange(seen, len(self.seen), writer))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            del self.running[task]
            writer.close()
            await self._tell()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds after a request came or a connection ended."""
        async with self.arrived:
            await self.arrived.wait_for(condition)

    async def _tell(self) -> None:
        async with self.arrived:
            self.arrived.notify_all()


@asynccontextmanager
async def odd_server(
    script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncGenerator[OddServer]:
    """Run a server inside the block; its `url` leads to it."""
    odd = OddServer(script)
    server = await asyncio.start_server(odd.serve, host, 0, ssl=tls)
    odd.port = server.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    odd.url = f"{'https' if tls else 'http'}://{shown}:{odd.port}/in"
    try:
        yield odd
    finally:
        server.close()
        for writer in odd.running.values():
            writer.transport.abort()
        await asyncio.gather(*odd.running, return_exceptions=True)


def answers(data: bytes, *, then_close: bool = False) -> Script:
    """Return a script that answers every request with these bytes."""

    async def script(exchange: Exchange) -> None:
        await exchange.write(data)
        if then_close:
            exchange.close()

    return script
