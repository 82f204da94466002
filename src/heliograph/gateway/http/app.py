"""The gateway as an ASGI callable: every request that the protocol's short cut does not take.

The order of the checks is the order of what they cost: route, method, who sends it, rate, which mapper,
room in the commit queue, size, body, mapping, and then the wait for the disk. One raw callable, because a
framework would cost more than all the work (measured: raw ASGI 30 µs a request, frameworks 45-82).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from heliograph.gateway.answers import Answer
from heliograph.gateway.doors.door import Arrival, Door
from heliograph.gateway.doors.partner import PartnerDoor
from heliograph.gateway.doors.webhook import WebhookDoor
from heliograph.gateway.http import limits
from heliograph.gateway.http.body import (
    ByteBudget,
    IncomingBody,
    Message,
    NoRoom,
    Receive,
    SenderLeft,
)
from heliograph.gateway.http.health import Readiness
from heliograph.gateway.http.pages import Pages
from heliograph.gateway.meters import Meters
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import NOWHERE
from heliograph.model.secret import Secret

Scope = Message
Send = Callable[[Message], Awaitable[None]]


class Gateway:
    """The ASGI callable."""

    def __init__(
        self,
        reception: Reception,
        readiness: Readiness,
        meters: Meters,
        *,
        pages_for_everyone: bool = False,
        pages_token: Secret | None = None,
    ) -> None:
        self.reception = reception
        self.readiness = readiness
        self.receiving = ByteBudget(reception.max_receiving_bytes)
        self.partner_door = PartnerDoor(reception)
        self._doors: dict[str, Door[Any]] = {
            "partner": self.partner_door,
            "webhook": WebhookDoor(reception),
        }
        """By the page of a route."""
        self._pages = Pages(readiness, meters, for_everyone=pages_for_everyone, token=pages_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway serves HTTP only, not {scope['type']}")
        reception = self.reception
        path, query = scope["raw_path"], scope["query_string"]
        unclear: Refusal | None = None
        try:
            route = reception.routes.resolve(path, query)
        except Refusal as refusal:
            route, unclear = NOWHERE, refusal
        arrival = Arrival(
            route,
            method=scope["method"],
            target=path + b"?" + query if query else path,
            fields=scope["headers"],
            head=limits.lookup(scope["headers"]),
            client=scope["client"][0] if scope.get("client") else None,
            started_s=reception.clock.monotonic_s(),
        )
        body = IncomingBody(arrival.head, receive, self.receiving)
        door = self._doors.get(arrival.route.page)
        try:
            if unclear is not None:
                raise unclear
            if door is None:
                answer = await self._pages.show(arrival, reception.new_request_id())
            else:
                answer = await self._take(door, arrival, body)
        except Refusal as refusal:
            orderly = await body.drain()
            answer = reception.refuse(refusal, arrival, door)
            if not orderly:
                answer = answer.closing()
        except SenderLeft:
            reception.sender_left()
            return
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _take(self, door: Door[Any], arrival: Arrival, body: IncomingBody) -> Answer:
        """Return a door's answer once what the request brought is on disk."""
        reception = self.reception
        admitted = door.admit(arrival)
        if isinstance(admitted, Answer):
            return admitted
        try:
            whole = await body.read(admitted.max_body_bytes)
        except NoRoom as error:
            raise reception.unavailable("too many bodies are being received") from error
        reception.require_room()
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def sink(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        reception.take(door, arrival, admitted, whole, sink)
        return await answered
