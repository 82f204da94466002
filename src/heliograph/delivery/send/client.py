"""Our own HTTP/1.1 client: connections kept per origin, requests written whole, answers read by httptools.

It does what a delivery needs and nothing else, and so costs a fifth of a general client. The number of
connections is not limited here: the slots of a lane bound what is in flight.
"""

import asyncio
import socket
import ssl
from collections import defaultdict
from typing import Final, cast

import aiohappyeyeballs
import msgspec

from heliograph.delivery.send.connection import CLOSED, Connection, Exchange, Pool
from heliograph.delivery.send.origins import Origin, Origins, Resolver
from heliograph.delivery.send.transport import Failure
from heliograph.delivery.send.wire import decoded, request_bytes
from heliograph.destinations.base import RequestPlan, Response

CONNECT_S: Final = 10.0
"""Longest time for connecting, TLS included; a request's own timeout may be shorter."""
KEEP_S: Final = 30.0
"""How long a connection without work is kept."""
STAGGER_S: Final = 0.25
"""Head start of one address before the next is tried too (RFC 8305 section 5)."""
SWEEPS: Final = 16
"""A timeout is noticed late by at most this part of it."""
_LATE: Final = 1 - 1 / SWEEPS


class HttpTransport(Pool):
    """See `transport.Transport`.

    Args:
        ca_file: certificates (PEM) that are trusted beside the system's.
    """

    def __init__(self, *, ca_file: str | None = None) -> None:
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        self._origins = Origins()
        self._resolver = Resolver()
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)
        self._open: dict[Connection, Origin] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._sweep_at = 0.0
        self._step_s = KEEP_S
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: RequestPlan, *, timeout_s: float) -> Response | Failure:
        """Send one request and return the answer, or why there is none; see `Transport.send`."""
        origin, target = self._origins.split(request.url)
        data = request_bytes(request, host=origin.host_header, target=target)
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        repeated = False
        while True:
            idle = self._idle[origin]
            if idle:
                connection, kept = idle.pop(), True
                if not connection.usable:
                    continue
            else:
                kept = False
                try:
                    # A task, for it needs one: whoever sends may have none (`delivery.lane.drive`).
                    connection = await loop.create_task(
                        self._connect(origin, deadline - loop.time())
                    )
                except (OSError, TimeoutError) as error:
                    why = _late(timeout_s) if loop.time() >= deadline else _why(error, origin)
                    return Failure(reason=why, repeated=repeated)
            exchange = Exchange(loop, deadline, head_only=request.method == "HEAD")
            connection.begin(data, exchange)
            if self._sweep_at > deadline - timeout_s * _LATE or self._sweeper is None:
                self._sweep_in(loop, timeout_s / SWEEPS)
            try:
                answer = await exchange
            except BaseException:
                connection.drop(CLOSED)
                raise
            if isinstance(answer, str):
                if kept and not connection.answered and answer is CLOSED and not repeated:
                    repeated = True
                    continue
                return Failure(reason=answer or _late(timeout_s), repeated=repeated)
            if "content-encoding" in answer.headers:
                body = decoded(answer.body, answer.headers)
                answer = msgspec.structs.replace(answer, body=body)
            return msgspec.structs.replace(answer, repeated=True) if repeated else answer

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._open):
            connection.drop(CLOSED)
        self._idle.clear()

    # ---- what connections tell

    def idle(self, connection: Connection) -> None:
        """Take a connection for the next request."""
        origin = self._open.get(connection)
        if origin is None or self._closed or self._loop is None:
            connection.drop(CLOSED)
            return
        connection.idle_since = self._loop.time()
        self._idle[origin].append(connection)

    def gone(self, connection: Connection) -> None:
        """Forget a connection that was closed."""
        origin = self._open.pop(connection, None)
        if origin is not None and connection in self._idle[origin]:
            self._idle[origin].remove(connection)

    # ---- the rest

    async def _connect(self, origin: Origin, left_s: float) -> Connection:
        """Return a new connection.

        Raises:
            OSError: nobody answers there, the name is unknown, or TLS failed.
            TimeoutError: it took too long.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(min(max(left_s, 0.0), CONNECT_S)):
            addresses = await self._resolver.addresses(origin)
            made: socket.socket | None = None
            try:
                made = await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType]
                    cast("list[aiohappyeyeballs.AddrInfoType]", addresses),
                    happy_eyeballs_delay=STAGGER_S,
                    interleave=1,
                )
                _, protocol = await loop.create_connection(
                    lambda: Connection(self),
                    sock=made,
                    ssl=self._context() if origin.tls else None,
                    server_hostname=origin.host.rstrip(".") if origin.tls else None,
                )
            except BaseException:
                self._resolver.forget(origin)
                if made is not None:
                    made.close()
                raise
        if self._closed:
            protocol.drop(CLOSED)
            raise ConnectionResetError(CLOSED)
        self._open[protocol] = origin
        return protocol

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            if self._ca_file is not None:
                self._tls.load_verify_locations(self._ca_file)
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def _sweep_in(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._step_s = seconds
        self._sweep_at = loop.time() + seconds
        self._sweeper = loop.call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        """End exchanges whose time is up, close what has been idle for long; one timer for all of them."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        busy = False
        for connection in list(self._open):
            exchange = connection.exchange
            if exchange is None:
                if now - connection.idle_since >= KEEP_S:
                    connection.drop(CLOSED)
                continue
            busy = True
            if now >= exchange.deadline:
                connection.drop("")
        self._sweeper = None
        if self._open:
            self._sweep_in(loop, self._step_s if busy else KEEP_S / 4)


def _late(timeout_s: float) -> str:
    return f"no answer within {timeout_s:g} s"


def _why(error: OSError | TimeoutError, origin: Origin) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {origin.host} was refused: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case socket.gaierror():
            return f"the name {origin.host} was not found"
        case TimeoutError():
            return f"no connection to {origin} within {CONNECT_S:g} s"
        case _:
            return f"no connection to {origin}: {error.strerror or error}"
