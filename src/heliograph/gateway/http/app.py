"""The gateway as an ASGI callable: every request that the protocol's short cut does not take.

The order of the checks is the order of what they cost: route, method, who sends it, rate, which mapper,
room in the commit queue, size, body, mapping, and then the wait for the disk. One raw callable, because a
framework would cost more than all the work (measured: raw ASGI 30 µs a request, frameworks 45-82).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer, Refusal
from heliograph.gateway.directory import Inlet
from heliograph.gateway.doors.webhook import check, find_hook, plain_body, question
from heliograph.gateway.http.health import Readiness
from heliograph.gateway.meters import Meters
from heliograph.gateway.reception import Head, Reception
from heliograph.gateway.routes import Route
from heliograph.telemetry.metrics import CONTENT_TYPE

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DRAINED_BYTES: Final = 8_000_000
"""How much of an unwanted body is read so that its sender gets the answer on an orderly connection."""


class SenderLeft(Exception):
    """The connection ended before the body did; there is nobody to answer."""


class Gateway:
    """The ASGI callable."""

    def __init__(self, reception: Reception, readiness: Readiness, meters: Meters) -> None:
        self.reception = reception
        self.readiness = readiness
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway serves HTTP only, not {scope['type']}")
        route = self.reception.routes.resolve(scope["raw_path"], scope["query_string"])
        head: Head = dict(scope["headers"])
        client = scope["client"][0] if scope.get("client") else None
        try:
            if route.page == "partner":
                answer = await self._take(route, scope, head, receive, client)
            elif route.page == "webhook":
                answer = await self._take_verified(route, scope, head, receive, client)
            else:
                answer = await self._show(route, scope["method"])
        except Refusal as refusal:
            if refusal.unread and not refusal.close:
                refusal.close = not await _drain(head, receive)
            answer = self.reception.refuse(refusal, route, scope["method"], client)
        except SenderLeft:
            self.reception.sender_left()
            return
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _take(
        self, route: Route, scope: Scope, head: Head, receive: Receive, client: str | None
    ) -> Answer:
        """Return the answer to a partner's webhook once what it brought is on disk."""
        now_s = self.reception.clock.monotonic_s()
        inlet = self.reception.admit(
            route, scope["method"], head.get(b"authorization"), now_s=now_s
        )
        body = await _receive_body(head, receive, inlet.max_body_bytes)
        return await self._store(route, inlet, scope, head, body, client)

    async def _take_verified(
        self, route: Route, scope: Scope, head: Head, receive: Receive, client: str | None
    ) -> Answer:
        """Return the answer to a webhook that proves by a vendor's scheme who sent it."""
        self.reception.require_configuration()
        hook = find_hook(self.reception.directory, route)
        method, query = scope["method"], scope["query_string"]
        if method != "POST":
            reply = question(hook, method=method, query=query, head=head, body=b"", verified=False)
            if reply is None:
                raise refusals.method_not_allowed(method, "POST")
            return self.reception.reply(reply, route)
        sent = await _receive_body(head, receive, hook.inlet.max_body_bytes)
        body = plain_body(hook, head, sent)
        reply = question(hook, method=method, query=query, head=head, body=body, verified=False)
        if reply is not None:
            return self.reception.reply(reply, route)
        message_id = check(
            hook,
            method=method,
            target=(scope["raw_path"], query),
            head=head,
            body=body,
            clock=self.reception.clock,
        )
        reply = question(hook, method=method, query=query, head=head, body=body, verified=True)
        if reply is not None:
            return self.reception.reply(reply, route)
        # Only a genuine request may use up the workspace's rate.
        if not hook.desk.bucket.take(self.reception.clock.monotonic_s()):
            refusal = refusals.rate_limited(hook.desk.bucket.rate, hook.desk.bucket.wait_s())
            refusal.unread = False
            raise refusal
        plain = {name: value for name, value in head.items() if name != b"content-encoding"}
        return await self._store(
            route, hook.inlet, scope, plain, body, client, message_id=message_id
        )

    async def _store(
        self,
        route: Route,
        inlet: Inlet,
        scope: Scope,
        head: Head,
        body: bytes,
        client: str | None,
        *,
        message_id: str | None = None,
    ) -> Answer:
        """Hand a whole body over and return the answer when it is on disk."""
        reception = self.reception
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def sink(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        try:
            reason = reception.commit.refusal()
            if reason is not None:
                raise reception.unavailable(reason)
            reception.take(
                route,
                inlet,
                fields=scope["headers"],
                head=head,
                body=body,
                started_s=reception.clock.monotonic_s(),
                client=client,
                sink=sink,
                message_id=message_id,
            )
        except Refusal as refusal:
            refusal.unread = False
            raise
        return await answered

    async def _show(self, route: Route, method: str) -> Answer:
        """Return one of the pages beside the webhooks."""
        if route.page == "none":
            raise refusals.no_such_page(route.target.partition("?")[0])
        if method not in ("GET", "HEAD"):
            raise refusals.method_not_allowed(method, "GET, HEAD")
        request_id = self.reception.new_request_id()
        match route.page:
            case "healthz":
                return answers.document(200, {"status": "alive"}, request_id)
            case "readyz":
                checks = await self.readiness.checks()
                ready = all(check.state != "failed" for check in checks)
                page = {"status": "ready" if ready else "not ready", "checks": checks}
                return answers.document(200 if ready else 503, page, request_id)
            case "metrics":
                # Some of what is shown is read from the store, for which no webhook must wait.
                page = await asyncio.to_thread(self._meters.exposition.render)
                return answers.text(page, CONTENT_TYPE.encode(), request_id)
            case _:
                greeting = {
                    "name": "heliograph",
                    "role": "gateway",
                    "webhooks": refusals.ROUTES_HINT,
                }
                return answers.document(200, greeting, request_id)


async def _receive_body(head: Head, receive: Receive, limit: int) -> bytes:
    """Return the whole body as sent.

    Raises:
        Refusal: 413 as soon as it is known to be too large.
        SenderLeft: the connection ended first.
    """
    length = head.get(b"content-length")
    if length is not None and int(length) > limit:
        raise refusals.body_too_large(limit, close=int(length) > DRAINED_BYTES)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise SenderLeft
        parts.append(message["body"])
        size += len(parts[-1])
        if size > limit:
            raise refusals.body_too_large(limit, close=False, unread=message["more_body"])
        if not message["more_body"]:
            return b"".join(parts)


async def _drain(head: Head, receive: Receive) -> bool:
    """Read what is left of an unwanted body; False when the connection must be closed instead."""
    if b"expect" in head or int(head.get(b"content-length", b"0")) > DRAINED_BYTES:
        return False
    size = 0
    while size <= DRAINED_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return False
        size += len(message["body"])
        if not message["more_body"]:
            return True
    return False
