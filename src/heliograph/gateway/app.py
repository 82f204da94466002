"""The gateway's one ASGI callable: from a request's head to the answer that its sender may rely on.

The order of the checks is the order of what they cost: route, method, who sends it, rate, which mapper,
size, body, mapping, room in the commit queue, and then the wait for the disk. Routing, authentication,
mapping and the answer of the hot routes are in this callable and its plain objects, because a framework
would cost more than all the work (hot-path measurements: raw ASGI 30 µs a request, frameworks 45-82).

What is stored: every authenticated request to an existing mapper whose body could be received, also
when nothing in it is usable (state `refused`). What is not: 401, 403, 404, 405, 408, 413, 429, 5xx; each
leaves a counter and a log line with its request id. When even a refused request cannot be written, the
answer is 503 and not the 400, so that nothing is forgotten that the sender believes we know of.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final

from heliograph.errors import InputError, StoreError
from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer, Refusal
from heliograph.gateway.directory import Desk, Directory, Lane
from heliograph.gateway.group_commit import GroupCommit
from heliograph.gateway.health import Readiness
from heliograph.gateway.intake import judge, records_of, stored_request
from heliograph.gateway.meters import Meters
from heliograph.gateway.redaction import HeaderKeeper
from heliograph.gateway.routes import Route, RouteTable
from heliograph.gateway.settings import GatewaySettings
from heliograph.mapping.body import decode_body, decode_encoding
from heliograph.mapping.result import MappingResult
from heliograph.model.clock import Clock
from heliograph.model.ids import IdSource
from heliograph.model.request import RejectedItem
from heliograph.storage.journal import Record
from heliograph.telemetry.logs import FloodGate, get_logger
from heliograph.telemetry.metrics import CONTENT_TYPE

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DRAINED_BYTES: Final = 8_000_000
"""How much of an unwanted body is read so that its sender gets the answer on an orderly connection."""

_log = get_logger("gateway")


class SenderLeft(Exception):
    """The connection ended before the body did; there is nobody to answer."""


class Gateway:
    """The ASGI callable. `directory` is replaced when the configuration changes."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        directory: Directory,
        commit: GroupCommit,
        readiness: Callable[["Gateway"], Readiness],
        meters: Meters,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self.directory = directory
        self.readiness = readiness(self)
        self._settings = settings
        self._commit = commit
        self._meters = meters
        self._clock = clock
        self._ids = ids
        self._routes = RouteTable()
        self._headers = HeaderKeeper()
        self._flood = FloodGate(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway serves HTTP only, not {scope['type']}")
        started_s = self._clock.monotonic_s()
        raw_path, query = scope["raw_path"], scope["query_string"]
        route = self._routes.get((raw_path, query)) or self._routes.resolve(raw_path, query)
        head = dict(scope["headers"])
        try:
            if route.page == "partner":
                answer = await self._take(route, scope, head, receive, started_s)
            else:
                answer = await self._show(route, scope["method"])
        except Refusal as refusal:
            answer = await self._refuse(refusal, route, scope, head, receive)
        except SenderLeft:
            self._meters.aborted.add()
            return
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _take(
        self,
        route: Route,
        scope: Scope,
        head: dict[bytes, bytes],
        receive: Receive,
        started_s: float,
    ) -> Answer:
        """Return the answer to a webhook once what it brought is on disk."""
        if scope["method"] != "POST":
            raise refusals.method_not_allowed(scope["method"], "POST")
        directory = self.directory
        authorization = head.get(b"authorization")
        desk = directory.doorkeeper.known(authorization) if authorization else None  # pyright: ignore
        if desk is None:
            desk = directory.doorkeeper.admit(authorization)
        if not desk.bucket.take(started_s):
            raise refusals.rate_limited(desk.bucket.rate, desk.bucket.wait_s())
        lane = desk.lanes.get(route.lane)
        if lane is None or not lane.enabled:
            raise self._no_lane(desk, route, lane)
        reason = self._commit.refusal()
        if reason is not None:
            raise refusals.unavailable(reason, self._settings.retry_after_s)
        body = await self._receive_body(head, receive, lane.max_body_bytes)
        try:
            return await self._store(route, lane, scope, head, body, started_s)
        except Refusal as refusal:
            refusal.unread = False
            raise
        except Exception as error:
            _log.error("request failed", path=route.target, exc_info=error)
            raise refusals.internal_error() from error

    def _no_lane(self, desk: Desk, route: Route, lane: Lane | None) -> Refusal:
        """Return why no mapper answers at this URL."""
        if lane is not None:
            return refusals.source_disabled(lane.source_id)
        broken = desk.broken.get(route.lane)
        if broken is not None:
            reason = f"the mapper {route.partner}/{route.config} cannot be used"
            return refusals.unavailable(reason, self._settings.retry_after_s)
        if route.partner not in desk.partners:
            return refusals.no_such_partner(route.partner)
        return refusals.no_such_config(route.partner, route.config)

    async def _receive_body(self, head: dict[bytes, bytes], receive: Receive, limit: int) -> bytes:
        """Return the whole body as sent.

        Raises:
            Refusal: 413 as soon as it is known to be too large.
            SenderLeft: the connection ended first.
        """
        length = head.get(b"content-length")
        if length is not None and int(length) > limit:
            raise refusals.body_too_large(limit, close=int(length) > DRAINED_BYTES)
        message = await receive()
        if message["type"] != "http.request":
            raise SenderLeft
        body: bytes = message["body"]
        if not message["more_body"]:
            if len(body) > limit:
                raise refusals.body_too_large(limit, close=False, unread=False)
            return body
        parts, size = [body], len(body)
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

    async def _store(
        self,
        route: Route,
        lane: Lane,
        scope: Scope,
        head: dict[bytes, bytes],
        body: bytes,
        started_s: float,
    ) -> Answer:
        """Map a body, hand it to the group commit, and return the answer when it is on disk."""
        received_at = self._clock.now_ms()
        headers = self._headers.keep(scope["headers"])
        refusal: Refusal | None = None
        try:
            body = _plain(body, head, lane.max_body_bytes)
            result = self._map(route, lane, head, headers, body, received_at)
        except InputError as error:
            if error.status == 413:
                raise refusals.of_input_error(error) from error
            if error.status != 400:
                refusal = refusals.of_input_error(error)
            item = RejectedItem(index=0, code=error.code, message=str(error))
            result = MappingResult(mapped=[], rejected=[item])
        state, rejected = judge(result, lane)
        reason = self._commit.refusal()
        if reason is not None:
            raise refusals.unavailable(reason, self._settings.retry_after_s)
        # No await between the id and the submission: ids rise in the order of the journal.
        request_id = self._ids.new("req")
        records: Sequence[Record] = ()
        if state != "refused":
            records = records_of(
                request_id,
                lane,
                result.mapped,
                received_at=received_at,
                update_existing_only=result.update_existing_only,
            )
        request = stored_request(
            request_id,
            lane,
            state=state,
            events=len(records),
            rejected=rejected,
            received_at=received_at,
            path=route.target,
            headers=headers,
            body=body,
        )
        try:
            await self._commit.submit(request, records, started_s)
        except StoreError as error:
            raise refusals.unavailable(error.message, self._settings.retry_after_s) from error
        if state == "accepted":
            return lane.success.whole(request_id)
        if state == "partial":
            return lane.success.partial(request_id, len(records), rejected)
        self._report(400, rejected[0].message, request_id, route, scope)
        if refusal is not None:
            return answers.refused(request_id, refusal)
        return answers.payload_refused(request_id, rejected)

    def _map(
        self,
        route: Route,
        lane: Lane,
        head: dict[bytes, bytes],
        headers: dict[str, str],
        body: bytes,
        received_at: int,
    ) -> MappingResult:
        if route.mapping_type != lane.mapping_type:
            raise InputError(
                "mapper.invalid_payload",
                answers.INVALID_PAYLOAD,
                where="URL",
                found=f"the URL is for {route.mapping_type}, the mapper "
                f"{route.partner}/{route.config} is for {lane.mapping_type}",
                hint=f"Send to /v1/partner/{route.partner}/{lane.mapping_type}/?configName="
                f"{route.config}.",
            )
        content_type = head.get(b"content-type")
        payload = decode_body(
            body,
            content_type.decode("latin-1") if content_type is not None else None,
            limit=lane.max_body_bytes,
        )
        return lane.mapper.apply(
            payload, received_at_ms=received_at, headers=headers, query=route.query
        )

    async def _show(self, route: Route, method: str) -> Answer:
        """Return one of the pages beside the webhooks."""
        if route.page == "none":
            raise refusals.no_such_page(route.target.partition("?")[0])
        if method not in ("GET", "HEAD"):
            raise refusals.method_not_allowed(method, "GET, HEAD")
        request_id = self._ids.new("req")
        match route.page:
            case "healthz":
                return answers.document(200, {"status": "alive"}, request_id)
            case "readyz":
                checks = await self.readiness.checks()
                ready = all(check.state != "failed" for check in checks)
                page = {"status": "ready" if ready else "not ready", "checks": checks}
                return answers.document(200 if ready else 503, page, request_id)
            case "metrics":
                page = self._meters.exposition.render()
                return answers.text(page, CONTENT_TYPE.encode(), request_id)
            case _:
                greeting = {
                    "name": "heliograph",
                    "role": "gateway",
                    "webhooks": refusals.ROUTES_HINT,
                }
                return answers.document(200, greeting, request_id)

    async def _refuse(
        self,
        refusal: Refusal,
        route: Route,
        scope: Scope,
        head: dict[bytes, bytes],
        receive: Receive,
    ) -> Answer:
        """Return a refusal's answer, count and log it, and leave the connection in order."""
        request_id = self._ids.new("req")
        self._meters.refusals.add((str(refusal.status), refusal.type))
        self._meters.answers.add((str(refusal.status),))
        self._report(refusal.status, refusal.message, request_id, route, scope)
        if refusal.unread and not refusal.close:
            refusal.close = not await _drain(head, receive)
        return answers.refused(request_id, refusal)

    def _report(
        self, status: int, reason: str, request_id: str, route: Route, scope: Scope
    ) -> None:
        """Write the log line of a request that was not accepted."""
        held_back = self._flood.admit(str(status))
        if held_back is None:
            return
        client = scope.get("client")
        _log.warning(
            "request refused",
            status=status,
            reason=reason,
            request_id=request_id,
            method=scope["method"],
            path=route.target,
            client=client[0] if client else None,
            **({"held_back": held_back} if held_back else {}),
        )

    def report_held_back(self) -> None:
        """Write how many log lines were held back; called once a second by the server."""
        for status, count in self._flood.held_back().items():
            _log.warning("requests refused, lines held back", status=int(status), held_back=count)


def _plain(body: bytes, head: dict[bytes, bytes], limit: int) -> bytes:
    """Return the body without its content-encoding (gzip is seen by its first bytes as well)."""
    encoding = head.get(b"content-encoding")
    if encoding is None and body[:2] != b"\x1f\x8b":
        return body
    return decode_encoding(
        body, encoding.decode("latin-1") if encoding is not None else None, limit=limit
    )


async def _drain(head: dict[bytes, bytes], receive: Receive) -> bool:
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
