"""One connection to a destination: one exchange after the other, read by httptools.

The parser is as lenient as other clients' are towards bare line feeds and odd header values: a destination
that took an event must not be asked again because its proxy writes HTTP badly.
"""

import asyncio
from typing import Any, Final, Protocol, cast

import httptools

from heliograph.delivery.send.transport import BODY_MAX, HEAD_MAX
from heliograph.destinations.base import Response

BROKEN: Final = "the answer is no HTTP"
CLOSED: Final = "the connection was closed before an answer came"
HEAD_TOO_LONG: Final = f"the head of the answer has more than {HEAD_MAX:,} bytes"
_names: dict[bytes, str] = {}


class Exchange:
    """A request under way and what has come of it."""

    __slots__ = (
        "body",
        "deadline",
        "future",
        "head_only",
        "head_size",
        "headers",
        "size",
        "status",
    )

    def __init__(
        self, future: "asyncio.Future[Response | str]", *, deadline: float, head_only: bool
    ) -> None:
        self.future = future
        self.deadline = deadline
        self.head_only = head_only
        self.status = 0
        """0 until the head of the final answer is complete."""
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.size = 0
        self.head_size = 0

    def settle(self, failed: str) -> None:
        """End it: with the answer as far as it came, or without one for this reason."""
        if self.future.done():
            return
        if not self.status:
            self.future.set_result(failed)
            return
        body = self.body[0] if len(self.body) == 1 else b"".join(self.body)
        self.future.set_result(
            Response(status=self.status, headers=self.headers, body=body[:BODY_MAX])
        )


class Connection(asyncio.Protocol):
    """Made by the client's pool, which gives it exchanges and takes it back through `idle`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self.exchange: Exchange | None = None
        self.answered = False
        """Something of the present answer came."""
        self.idle_since = 0.0

    # ---- what the pool does

    @property
    def usable(self) -> bool:
        """Whether another exchange may begin."""
        return self._transport is not None and not self._transport.is_closing()

    def begin(self, data: bytes, exchange: Exchange) -> None:
        """Write a request and read its answer into `exchange`."""
        assert self._transport is not None
        self.exchange = exchange
        self.answered = False
        self._transport.write(data)

    def drop(self, reason: str) -> None:
        """Close at once; an exchange under way ends for this reason, or with what came of its answer."""
        exchange, self.exchange = self.exchange, None
        if self._transport is not None:
            self._transport.abort()
        if exchange is not None:
            exchange.settle(reason)

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = cast(asyncio.Transport, transport)
        self._new_parser()

    def data_received(self, data: bytes) -> None:
        """Read a part of an answer; anything that nobody asked for ends the connection."""
        exchange = self.exchange
        if exchange is None:
            self.drop(CLOSED)
            return
        self.answered = True
        if not exchange.status:
            exchange.head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._complete(keep=False)
        except httptools.HttpParserError:
            self.drop(BROKEN)
        else:
            if self.exchange is exchange and exchange.head_size > HEAD_MAX and not exchange.status:
                self.drop(HEAD_TOO_LONG)

    def eof_received(self) -> None:
        """Let the connection end; an answer without a length ends with it."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand in what came."""
        del exc
        self._transport = None
        exchange, self.exchange = self.exchange, None
        self._pool.gone(self)
        if exchange is not None:
            exchange.settle(CLOSED)

    # ---- httptools

    def on_message_begin(self) -> None:
        """Forget an interim answer's headers."""
        if self.exchange is not None:
            self.exchange.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; of repeated ones the last."""
        if self.exchange is not None and not self.exchange.status:  # else a trailer
            known = _names.get(name) or _name(name)
            self.exchange.headers[known] = value.decode("utf-8", "replace").strip()

    def on_headers_complete(self) -> None:
        """Note the status, unless it is an interim one."""
        exchange = self.exchange
        if exchange is None:
            return
        status: int = self._parser.get_status_code()
        if status >= 200 or status == 101:
            exchange.status = status
            if exchange.head_only:
                # The parser does not know what was asked and would wait for a body.
                self._complete(keep=False)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; a longer one costs its connection instead of our memory."""
        exchange = self.exchange
        if exchange is None:
            return
        exchange.body.append(body)
        exchange.size += len(body)
        if exchange.size >= BODY_MAX:
            self._complete(keep=False)

    def on_message_complete(self) -> None:
        """Hand in a complete answer, and the connection for the next request."""
        exchange = self.exchange
        if exchange is not None and exchange.status:
            self._complete(keep=bool(self._parser.should_keep_alive()))

    def _complete(self, *, keep: bool) -> None:
        exchange, self.exchange = self.exchange, None
        if keep and self.usable:
            self._pool.idle(self)
        elif self._transport is not None:
            self._transport.abort()
        if exchange is not None:
            exchange.settle(CLOSED)

    def _new_parser(self) -> None:
        self._parser = httptools.HttpResponseParser(self)  # pyright: ignore[reportUnknownMemberType]
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_lf_after_cr=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )


class Pool(Protocol):
    """What a connection tells its owner."""

    def idle(self, connection: Connection) -> None:
        """Take it for the next request."""
        ...

    def gone(self, connection: Connection) -> None:
        """Forget it."""
        ...


def _name(raw: bytes) -> str:
    if len(_names) > 1_000:
        _names.clear()
    return _names.setdefault(raw, raw.decode("latin-1").lower())
