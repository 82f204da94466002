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


class NoRoom(Exception):
    """The bodies that are arriving take all the memory they may."""


class ByteBudget:
    """How many bytes of bodies that are not whole yet may be held, for all connections together."""

    __slots__ = ("_left",)

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, size: int) -> None:
        """Count bytes that arrived.

        Raises:
            NoRoom: they are too many; they are counted all the same, and given back like others.
        """
        self._left -= size
        if self._left < 0:
            raise NoRoom

    def give_back(self, size: int) -> None:
        """Count bytes out that are handed on, or dropped."""
        self._left += size


class IncomingBody:
    """The body of one request, which arrives in pieces of any size."""

    def __init__(self, head: Head, receive: Receive, budget: ByteBudget) -> None:
        self._budget = budget
        self._length = int(head.get(b"content-length", b"0"))
        self._undrained = b"expect" in head
        self._receive = receive
        self._ended = False

    async def read(self, limit: int) -> bytes:
        """Return the whole body as sent.

        Raises:
            Refusal: 413 as soon as it is known to be larger than `limit` bytes.
            NoRoom: of all connections together, too much has arrived of bodies that are not whole.
            SenderLeft: the connection ended first.
        """
        if self._length > limit:
            raise refusals.body_too_large(limit)
        whole = bytearray()
        try:
            while not self._ended:
                piece = await self._piece()
                whole += piece
                self._budget.take(len(piece))
                if len(whole) > limit:
                    raise refusals.body_too_large(limit)
        except NoRoom:
            self._undrained = True
            raise
        finally:
            self._budget.give_back(len(whole))
        return bytes(whole)

    async def drain(self) -> bool:
        """Read what is left of an unwanted body; False when the connection must be closed instead."""
        if self._ended:
            return True
        if self._undrained or self._length > DRAINED_BYTES:
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
