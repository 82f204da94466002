"""uvicorn's HTTP/1.1 protocol with the limits it lacks: what a connection may do, and for how long.

httptools (llhttp, strict) parses; uvicorn's class turns that into ASGI. This subclass adds:

- a bound on the size and number of header fields (431), also while they trickle in;
- a bound on open connections (503, closed at once);
- time limits for a head and for a body that never end (408) and for idle connections: `sweep` looks at
  all connections about once a second, so that no request pays for a timer;
- no answer out of turn: bytes that are no HTTP behind a request still being worked on end the connection
  after that request's answer, instead of writing a 400 that its sender would take for it;
- a request that asks for an upgrade is answered as if it had not asked; uvicorn would lose its body, or
  worse, take it for the next request.
"""

import asyncio
from typing import Any, Final, Literal, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from heliograph.gateway import refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.doors.door import Arrival
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import Route
from heliograph.gateway.settings import GatewaySettings

_NOWHERE: Final = Route(page="none", target="", query={})
"""Where a request goes whose head was not understood, for its log line."""
Waiting = Literal["first byte", "head", "body", "next request", "nothing"]


class BoundedProtocol(HttpToolsProtocol):
    """One client connection within the limits of the gateway's settings."""

    settings: GatewaySettings = GatewaySettings()
    reception: Reception
    """Both are set in the subclass that `hot_lane.protocol_for` makes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_bytes = 0
        self._chunk_bytes = 0
        self._head_open = False
        self._too_large: Refusal | None = None
        self._waits_for: tuple[Waiting, object] = ("nothing", None)
        self._waits_since_s = 0.0
        self._turned_away = False
        self._upgrade_asked = False
        self._running: RequestResponseCycle | None = None
        self._defaults: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            self._end(
                refusals.too_many_connections(
                    self.settings.max_connections, self.settings.retry_after_s
                )
            )

    def data_received(self, data: bytes) -> None:
        """Parse what came, within the limits."""
        if self._turned_away:
            return
        while data:
            self._chunk_bytes = len(data)
            try:
                self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess]
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade(data[upgrade.args[0] :])
            except httptools.HttpParserError as error:
                self._end(self._too_large or refusals.not_http(str(error)))
                return
        if self._head_open:
            self._head_bytes += len(data)
            limit = self.settings.max_header_bytes
            if self._head_bytes > limit:
                self._end(refusals.head_too_large(limit, None))

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._head_open = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Check the head, then hand the request to the application."""
        self._head_open = False
        self._too_large = self._head_too_large()
        if self._too_large is not None:
            # The parser turns this into its own error, which `data_received` answers.
            raise ValueError("request head too large")
        if self.parser.should_upgrade():  # pyright: ignore[reportOptionalMemberAccess]
            self._upgrade_asked = True
            return
        super().on_headers_complete()

    def _head_too_large(self) -> Refusal | None:
        """Return the answer to a head that is over a limit, or None; adds up only what could be."""
        headers, limit = self.headers, self.settings.max_header_bytes
        if len(headers) > self.settings.max_headers:
            return refusals.too_many_fields(self.settings.max_headers, len(headers))
        if self._head_bytes + self._chunk_bytes <= limit:
            return None
        size = len(self.url) + sum([len(name) + len(value) for name, value in headers])
        return refusals.head_too_large(limit, size) if size > limit else None

    def on_message_complete(self) -> None:
        """Tell the application that its body is whole."""
        cycle = self.cycle
        if self._upgrade_asked or cycle.response_complete:
            return
        cycle.more_body = False
        cycle.message_event.set()

    def _without_upgrade(self, rest: bytes) -> bytes:
        """Return a head that asked for an upgrade, and what follows, as if it had not asked.

        An upgrade is the server's choice (RFC 9110 section 7.8). The parser takes the end of such a head
        for the end of HTTP and would read the body as the next request. Java's client asks for h2c with
        every POST to a plain address.
        """
        self._upgrade_asked = False
        method = self.parser.get_method()  # pyright: ignore[reportOptionalMemberAccess]
        if method == b"CONNECT":
            self._end(refusals.not_http("CONNECT asks for a proxy"))
            return b""
        version = self.parser.get_http_version()  # pyright: ignore[reportOptionalMemberAccess]
        lines = [b"%s %s HTTP/%s" % (method, self.url, version.encode())]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip().lower() for token in value.split(b",")]
                if b"close" in tokens:
                    lines.append(b"connection: close")
            elif name not in (b"upgrade", b"http2-settings"):
                lines.append(name + b": " + value)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"\r\n".join(lines) + b"\r\n\r\n" + rest

    def on_response_complete(self) -> None:
        """Go on with the next pipelined request, if there is one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def sweep(self, now_s: float) -> None:
        """End the connection if what it waits for has not come for too long; called about once a second."""
        if self.transport.is_closing() or self.flow.read_paused:
            return
        cycle = self._newest()
        waiting_for: tuple[Waiting, object] | None = None
        if self._head_open:
            waiting_for = ("head", self.headers)
        elif cycle is None:
            waiting_for = ("first byte", None)
        elif cycle.response_complete:
            waiting_for = ("next request", cycle)
        elif cycle.more_body:
            waiting_for = ("body", cycle)
        if waiting_for is None:
            self._waits_for = ("nothing", None)
        elif waiting_for[0] != self._waits_for[0] or waiting_for[1] is not self._waits_for[1]:
            self._waits_for = waiting_for
            self._waits_since_s = now_s
        else:
            idle = waiting_for[0] == "next request"
            limit_s = self.settings.keep_alive_s if idle else self.settings.receive_timeout_s
            if now_s - self._waits_since_s >= limit_s:
                part = waiting_for[0]
                self._end(refusals.too_slow(part, limit_s) if part in ("head", "body") else None)

    def _newest(self) -> RequestResponseCycle | None:
        """Return the request that came last; uvicorn's annotation forgets that there may be none."""
        return cast("RequestResponseCycle | None", self.cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _end(self, refusal: Refusal | None) -> None:
        """Close with an answer, unless one to an earlier request is due or under way."""
        self._turned_away = True
        # Requests behind the one being worked on were not begun: they are neither stored nor answered.
        self.pipeline.clear()
        running = self._running
        if running is not None and not running.response_complete:
            if not running.more_body:
                running.keep_alive = False
                return
            running.disconnected = True
            running.message_event.set()
            if running.response_started:
                refusal = None
        if refusal is None or self.transport.is_closing():
            self.transport.close()
            return
        arrival = Arrival(
            _NOWHERE,
            method="",
            target=b"",
            fields=[],
            head={},
            client=self.client[0] if self.client else None,
            started_s=0.0,
        )
        answer = self.reception.refuse(refusal, arrival)
        self.write_answer(answer, keep_alive=False)

    def write_answer(self, answer: Answer, *, keep_alive: bool) -> None:
        """Write status line, headers and body in one piece; close unless the connection is kept."""
        transport = self.transport
        if transport.is_closing():
            return
        defaults = self.server_state.default_headers
        if defaults is not self._defaults:
            # uvicorn makes a new list once a second, with the new Date.
            self._defaults = defaults
            self._default_lines = b"".join([b"%s: %s\r\n" % line for line in defaults])
        transport.write(
            b"".join(
                (
                    STATUS_LINE[answer.status],
                    self._default_lines,
                    answer.header_lines(),
                    b"\r\n" if keep_alive else b"connection: close\r\n\r\n",
                    answer.body,
                )
            )
        )
        if not keep_alive:
            transport.close()
