"""uvicorn's HTTP/1.1 protocol with the limits it lacks: what a connection may do, and for how long.

httptools (llhttp, strict) parses; uvicorn's class turns that into ASGI. This subclass adds:

- a bound on the size and number of header fields (431), also while they trickle in;
- exactly one valid Host, and no second Authorization (400);
- trailer fields are dropped, they are no headers (RFC 9110 section 6.5.1), and they are bounded together with
  chunk sizes and chunk extensions (400);
- a bound on requests that wait behind another: what follows is parsed when their turn has come;
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
from heliograph.gateway.http import limits
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import NOWHERE
from heliograph.gateway.settings import GatewaySettings

Waiting = Literal["first byte", "head", "body", "next request", "nothing"]
PIECE: Final = 8192
"""Bytes parsed in one go: one read may hold thousands of tiny requests, or of tiny chunks."""


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
        self._piece_bytes = 0
        self._head_open = False
        self._chunked = False
        """A chunked body is arriving."""
        self._framing_bytes = 0
        """Its bytes so far that are no body, from the piece after its head on."""
        self._body_bytes = 0
        self._held = bytearray()
        """What was received behind a request that waits behind another."""
        self._broken: Refusal | None = None
        """What is wrong with a head that is no ordinary HTTP."""
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
        if len(data) <= PIECE and not self._held and not self._turned_away:
            self._feed(data)
        elif self._turned_away:
            return
        elif self._held:
            self._held += data
        else:
            self._feed_pieces(data)

    def _feed_pieces(self, data: bytes | bytearray) -> None:
        """Parse until a request waits behind another one; hold the rest."""
        for start in range(0, len(data), PIECE):
            if self._turned_away:
                return
            if self.pipeline:
                self._held = bytearray(data[start:])
                self.flow.pause_reading()
                return
            self._feed(bytes(data[start : start + PIECE]))

    def _release(self) -> None:
        """Go on with what was held; called when no request waits behind another."""
        if self._turned_away or self.transport.is_closing() or self.pipeline:
            return
        held, self._held = self._held, bytearray()
        self._feed_pieces(held)
        if not self._held:
            self.flow.resume_reading()

    def _feed(self, data: bytes) -> None:
        if self._chunked:
            self._framing_bytes += len(data)
        chunked, before = self._chunked, self._body_bytes
        while data:
            self._piece_bytes = len(data)
            try:
                self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess]
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade(data[upgrade.args[0] :])
            except httptools.HttpParserError as error:
                self._end(self._broken or refusals.not_http(str(error)))
                return
        if self._head_open:
            self._head_bytes += len(data)
            limit = self.settings.max_header_bytes
            if self._head_bytes > limit:
                self._end(refusals.head_too_large(limit, None))
        elif chunked and self._chunked:
            self._framing_bytes -= self._body_bytes - before
            limit = self.settings.max_header_bytes + self._body_bytes
            if self._framing_bytes > limit:
                self._end(refusals.too_much_framing(limit))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field; a trailer field is dropped."""
        if not self._head_open:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._head_open = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Check the head, then hand the request to the application."""
        self._head_open = False
        self._broken = self._head_too_large() or limits.ambiguous(
            self.headers,
            self.parser.get_http_version(),  # pyright: ignore[reportOptionalMemberAccess]
        )
        if self._broken is not None:
            # The parser turns this into its own error, which `_feed` answers.
            raise ValueError("request head refused")
        if self.parser.should_upgrade():  # pyright: ignore[reportOptionalMemberAccess]
            self._upgrade_asked = True
            return
        self._chunked = any(name == b"transfer-encoding" for name, _ in self.headers)
        self._framing_bytes = self._body_bytes = 0
        super().on_headers_complete()

    def _head_too_large(self) -> Refusal | None:
        """Return the answer to a head that is over a limit, or None; adds up only what could be."""
        settings = self.settings
        if (
            len(self.headers) <= settings.max_headers
            and self._head_bytes + self._piece_bytes <= settings.max_header_bytes
        ):
            return None
        return limits.too_large(settings, self.url, self.headers)

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body to the application."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Tell the application that its body is whole."""
        cycle = self.cycle
        self._chunked = False
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
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        if not self._held:
            self.flow.resume_reading()
        elif not self.pipeline:
            self.loop.call_soon(self._release)

    def sweep(self, now_s: float) -> None:
        """End the connection if what it waits for has not come for too long; called about once a second."""
        if self.transport.is_closing() or self.flow.read_paused:
            return
        cycle = self._newest()
        waiting_for: tuple[Waiting, object] | None = None
        if self._head_open:
            # Behind a request that has no answer yet it is not the sender who is slow.
            if self._running is None or self._running.response_complete:
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
        self._held = bytearray()
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
            NOWHERE,
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
