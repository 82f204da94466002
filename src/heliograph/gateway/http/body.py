"""The body of a request as ASGI hands it over: read within a limit, or drained when nobody wants it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from heliograph.gateway import refusals
from heliograph.gateway.doors.door import Head

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

DRAINED_BYTES: Final = 8_000_000
"""How much of an unwanted body is read so that its sender gets the answer on an orderly connection."""


class SenderLeft(Exception):
    """The connection ended before the body did; there is nobody to answer."""


class IncomingBody:
    """The body of one request, which arrives in pieces of any size."""

    def __init__(self, head: Head, receive: Receive) -> None:
        self._length = int(head.get(b"content-length", b"0"))
        self._expects = b"expect" in head
        self._receive = receive
        self._ended = False

    async def read(self, limit: int) -> bytes:
        """Return the whole body as sent.

        Raises:
            Refusal: 413 as soon as it is known to be larger than `limit` bytes.
            SenderLeft: the connection ended first.
        """
        if self._length > limit:
            raise refusals.body_too_large(limit)
        whole = bytearray()
        while not self._ended:
            whole += await self._piece()
            if len(whole) > limit:
                raise refusals.body_too_large(limit)
        return bytes(whole)

    async def drain(self) -> bool:
        """Read what is left of an unwanted body; False when the connection must be closed instead."""
        if self._ended:
            return True
        if self._expects or self._length > DRAINED_BYTES:
            return False
        size = 0
        try:
            while not self._ended and size <= DRAINED_BYTES:
                size += len(await self._piece())
        except SenderLeft:
            return False
        return self._ended

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            raise SenderLeft
        self._ended = not message["more_body"]
        return message["body"]
