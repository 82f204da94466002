"""One connection to a destination: one exchange after the other, read by httptools.

The parser is as lenient as other clients' are towards bare line feeds and odd header values: a destination
that took an event must not be asked again because its proxy writes HTTP badly.
"""

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, Final, Protocol, cast

import httptools

from heliograph.delivery.send.transport import BODY_MAX, HEAD_MAX
from heliograph.destinations.base import Response

BROKEN: Final = "the answer is no HTTP"
CLOSED: Final = "the connection was closed before an answer came"
HEAD_TOO_LONG: Final = f"the head of the answer has more than {HEAD_MAX:,} bytes"
_names: dict[bytes, str] = {}


class Exchange:
    """A request under way and what has come of it; await it for the answer, or the reason for none.

    Tasks take it for a future. Unlike one of asyncio it calls back at once when the answer is complete, not
    in the next turn of the loop: a scheduled call costs as much as reading the answer.
    """

    __slots__ = (
        *("_answer", "_asyncio_future_blocking", "_callback", "_cancelled", "_context", "_loop"),
        *("body", "complete", "deadline", "head_only", "head_size", "headers", "size", "status"),
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, deadline: float, *, head_only: bool = False
    ) -> None:
        self.deadline = deadline
        self.head_only = head_only
        self.status = 0
        """0 until the head of the final answer is complete."""
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.size = 0
        self.head_size = 0
        self.complete = False
        """The answer has ended."""
        self._loop = loop
        self._answer: Response | str | None = None
        self._cancelled = False
        self._callback: Callable[[Exchange], object] | None = None
        self._context: Context | None = None
        self._asyncio_future_blocking = False

    def settle(self, failed: str, *, at_once: bool = False) -> None:
        """End it: with the answer as far as it came, or without one for this reason.

        Args:
            failed: the reason.
            at_once: whoever waits goes on within this call; only where no task is running.
        """
        if self._answer is not None or self._cancelled:
            return
        if self.status:
            body = self.body[0] if len(self.body) == 1 else b"".join(self.body)
            self._answer = Response(status=self.status, headers=self.headers, body=body[:BODY_MAX])
        else:
            self._answer = failed
        self._call_back(at_once)

    def _call_back(self, at_once: bool) -> None:
        callback, self._callback = self._callback, None
        if callback is None:
            return
        if not at_once:
            self._loop.call_soon(callback, self, context=self._context)
        elif self._context is None:
            callback(self)
        else:
            self._context.run(callback, self)

    # ---- what asyncio asks of a future

    def __await__(self) -> Generator["Exchange", None, "Response | str"]:
        """Wait for the answer."""
        if self._answer is None and not self._cancelled:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop it belongs to."""
        return self._loop

    def add_done_callback(
        self, callback: "Callable[[Exchange], object]", *, context: Context | None = None
    ) -> None:
        """Call back when it is settled; one waits at a time."""
        self._callback, self._context = callback, context
        if self._answer is not None or self._cancelled:
            self._call_back(at_once=False)

    def cancel(self, msg: object = None) -> bool:
        """End the wait by CancelledError; returns whether there was one to end."""
        del msg
        if self._answer is not None or self._cancelled:
            return False
        self._cancelled = True
        self._call_back(at_once=False)
        return True

    def result(self) -> "Response | str":
        """Return the answer, or the reason for none.

        Raises:
            asyncio.CancelledError: the wait was ended.
        """
        if self._cancelled:
            raise asyncio.CancelledError
        assert self._answer is not None
        return self._answer


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
        self._keep = True
        """The complete answer lets the connection be used again."""
        self._raw: dict[bytes, bytes] = {}
        """Headers of the answer that is read, the last of repeated ones."""
        # The parser's own call puts a header there, without a step of Python.
        self.on_header = self._raw.__setitem__

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
            exchange.complete, self._keep = True, False
        except httptools.HttpParserError:
            if not exchange.complete:
                self.drop(BROKEN)
                return
            self._keep = False
        if exchange.complete:
            # Only now: whoever waits may begin another exchange, and the parser is done with this one.
            self._complete()
        elif exchange.status:
            self._raw.clear()  # trailers
        elif exchange.head_size > HEAD_MAX:
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
        """Forget an interim answer's headers; an answer behind a complete one was not asked for."""
        self._raw.clear()
        if self.exchange is None or self.exchange.complete:
            self._keep = False

    def on_headers_complete(self) -> None:
        """Note status and headers, unless it is an interim answer or none that was asked for."""
        exchange = self.exchange
        if exchange is None or exchange.complete:
            return
        status: int = self._parser.get_status_code()
        if status >= 200 or status == 101:
            exchange.status = status
            exchange.headers = {
                _names.get(name) or _name(name): value.decode("utf-8", "replace").strip()
                for name, value in self._raw.items()
            }
            if exchange.head_only:
                # The parser does not know what was asked and would wait for a body.
                exchange.complete, self._keep = True, False

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; a longer one costs its connection instead of our memory."""
        exchange = self.exchange
        if exchange is None or exchange.complete:
            return
        exchange.body.append(body)
        exchange.size += len(body)
        if exchange.size >= BODY_MAX:
            exchange.complete, self._keep = True, False

    def on_message_complete(self) -> None:
        """Note that the answer is complete, and whether the connection can be kept."""
        exchange = self.exchange
        if exchange is not None and exchange.status and not exchange.complete:
            exchange.complete = True
            self._keep = self._parser.should_keep_alive()

    def _complete(self) -> None:
        """Hand in a complete answer, and the connection for the next request."""
        exchange, self.exchange = self.exchange, None
        if self._keep and self.usable:
            self._pool.idle(self)
        elif self._transport is not None:
            self._transport.abort()
        if exchange is not None:
            exchange.settle(CLOSED, at_once=True)

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
