"""What happens to a webhook, without a word about how its bytes came in or how the answer goes out.

`admit` judges a request by its head, `take` maps its body and hands it to the group commit, and when the
commit has ended the `Taken` unit gives the answer to its sink. All of it is synchronous and runs in the
event loop's thread, so the ASGI application and the short cut of the protocol share it.

What is stored: every authenticated request to an existing mapper whose body could be received, also
when nothing in it is usable (state `refused`). What is not: 401, 403, 404, 405, 408, 413, 429, 5xx; each
leaves a counter and a log line with its request id. When even a refused request cannot be written, the
answer is 503 and not the 400, so that nothing is forgotten that the sender believes we know of.
"""

from collections.abc import Callable, Sequence

from heliograph.errors import HeliographError, InputError, StoreError
from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer, Refusal
from heliograph.gateway.directory import Desk, Directory, Inlet
from heliograph.gateway.intake.group_commit import GroupCommit, Unit
from heliograph.gateway.intake.judge import judge
from heliograph.gateway.intake.records import records_of, stored_request
from heliograph.gateway.meters import Meters
from heliograph.gateway.redaction import HeaderKeeper
from heliograph.gateway.routes import Route, RouteTable
from heliograph.gateway.settings import GatewaySettings
from heliograph.gateway.signatures import Reply
from heliograph.mapping.body.decode import decode_body, decode_encoding
from heliograph.mapping.result import MappingResult
from heliograph.model.clock import Clock
from heliograph.model.ids import IdSource
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.journal import Record
from heliograph.telemetry.logs import FloodGate, get_logger

Fields = list[tuple[bytes, bytes]]
"""Header fields as received, names in lower case."""
Head = dict[bytes, bytes]
"""The same for looking up; of a repeated field the last."""
Sink = Callable[[Answer], None]

_log = get_logger("gateway")


class Taken(Unit):
    """A webhook on its way to the disk, and the answer its sender gets for it."""

    __slots__ = ("_client", "_inlet", "_reception", "_refusal", "_rejected", "_route", "_sink")

    def __init__(
        self,
        request: StoredRequest,
        records: Sequence[Record],
        started_s: float,
        *,
        reception: "Reception",
        route: Route,
        inlet: Inlet,
        rejected: Sequence[RejectedItem],
        refusal: Refusal | None,
        client: str | None,
        sink: Sink,
    ) -> None:
        super().__init__(request, records, started_s)
        self._reception = reception
        self._route = route
        self._inlet = inlet
        self._rejected = rejected
        self._refusal = refusal
        self._client = client
        self._sink = sink

    def done(self, failure: HeliographError | None) -> None:
        """Give the answer to the sink."""
        if failure is None and self.request.state == "accepted":
            self._sink(self._inlet.success.whole(self.request.request_id))
        else:
            self._sink(self._answer(failure))

    def _answer(self, failure: HeliographError | None) -> Answer:
        request_id = self.request.request_id
        if failure is not None:
            reception = self._reception
            if isinstance(failure, StoreError):
                refusal = reception.unavailable(failure.message)
            else:
                refusal = refusals.internal_error()
                _log.error("request failed", path=self._route.target, exc_info=failure)
            return reception.refuse(refusal, self._route, "POST", self._client)
        if self.request.state == "partial":
            return self._inlet.success.partial(request_id, len(self.records), self._rejected)
        status = 400 if self._refusal is None else self._refusal.status
        self._reception.report(
            status, self._rejected[0].message, request_id, self._route, "POST", self._client
        )
        if self._refusal is not None:
            return answers.refused(request_id, self._refusal)
        return answers.payload_refused(request_id, self._rejected)


class Reception:
    """Takes webhooks. `directory` is replaced when the configuration changes."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        directory: Directory,
        commit: GroupCommit,
        meters: Meters,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self.directory = directory
        self.routes = RouteTable()
        self.commit = commit
        self.clock = clock
        self._settings = settings
        self._meters = meters
        self._ids = ids
        self._headers = HeaderKeeper()
        self._flood = FloodGate(clock)

    def admit(
        self, route: Route, method: str, authorization: bytes | None, *, now_s: float
    ) -> Inlet:
        """Return the mapper that a request with this head may use.

        Raises:
            Refusal: 401, 403, 404, 405, 429 or 503.
        """
        if method != "POST":
            raise refusals.method_not_allowed(method, "POST")
        self.require_configuration()
        doorkeeper = self.directory.doorkeeper
        desk = doorkeeper.known(authorization) or doorkeeper.admit(authorization)
        if not desk.bucket.take(now_s):
            raise refusals.rate_limited(desk.bucket.rate, desk.bucket.wait_s())
        inlet = desk.inlets.get(route.inlet)
        if inlet is None or not inlet.enabled:
            raise self._no_inlet(desk, route, inlet)
        reason = self.commit.refusal()
        if reason is not None:
            raise self.unavailable(reason)
        return inlet

    def admit_known(
        self, route: Route, authorization: bytes | None, *, size: int, now_s: float
    ) -> Inlet | None:
        """Return the mapper of a POST that nothing speaks against, else None: ask `admit` why.

        `size` is the Content-Length. A token is taken only from a request that is admitted.
        """
        desk = self.directory.doorkeeper.known(authorization)
        if desk is None:
            return None
        inlet = desk.inlets.get(route.inlet)
        if inlet is None or not inlet.enabled or size > inlet.max_body_bytes:
            return None
        if self.commit.refusal() is not None:
            return None
        return inlet if desk.bucket.take(now_s) else None

    def _no_inlet(self, desk: Desk, route: Route, inlet: Inlet | None) -> Refusal:
        """Return why no mapper answers at this URL."""
        if inlet is not None:
            return refusals.source_disabled(inlet.source_id)
        if route.inlet in desk.broken:
            return self.unavailable(f"the mapper {route.partner}/{route.config} cannot be used")
        if route.partner not in desk.partners:
            return refusals.no_such_partner(route.partner)
        return refusals.no_such_config(route.partner, route.config)

    def take(
        self,
        route: Route,
        inlet: Inlet,
        *,
        fields: Fields,
        head: Head,
        body: bytes,
        started_s: float,
        client: str | None,
        sink: Sink,
        message_id: str | None = None,
    ) -> None:
        """Map a whole body and hand it to the group commit; `sink` gets the answer after the commit.

        Raises:
            Refusal: 413 (inflated), 500 or 503; nothing was stored and `sink` is not called.
        """
        received_at = self.clock.now_ms()
        headers = self._headers.keep(fields)
        refusal: Refusal | None = None
        try:
            encoding = head.get(b"content-encoding")
            if encoding is not None or body[:2] == b"\x1f\x8b":
                name = encoding.decode("latin-1") if encoding is not None else None
                body = decode_encoding(body, name, limit=inlet.max_body_bytes)
            result = _map(route, inlet, head, headers, body, received_at)
        except InputError as error:
            if error.status == 413:
                raise refusals.of_input_error(error) from error
            if error.status != 400:
                refusal = refusals.of_input_error(error)
            item = RejectedItem(index=0, code=error.code, message=str(error))
            result = MappingResult(mapped=[], rejected=[item])
        except Exception as error:
            _log.error("request failed", path=route.target, exc_info=error)
            raise refusals.internal_error() from error
        state, rejected = judge(result, inlet)
        # Nothing waits between the id and the submission: ids rise in the order of the journal.
        request_id = self._ids.new("req")
        records: Sequence[Record] = ()
        if state != "refused":
            records = records_of(
                request_id,
                inlet,
                result.mapped,
                received_at=received_at,
                update_existing_only=result.update_existing_only,
                message_id=message_id,
            )
        request = stored_request(
            request_id,
            inlet,
            state=state,
            events=len(records),
            rejected=rejected,
            received_at=received_at,
            path=route.target,
            headers=headers,
            body=body,
            message_id=message_id,
        )
        self.commit.submit(
            Taken(
                request,
                records,
                started_s,
                reception=self,
                route=route,
                inlet=inlet,
                rejected=rejected,
                refusal=refusal,
                client=client,
                sink=sink,
            )
        )

    def require_configuration(self) -> None:
        """Refuse everything until a configuration was loaded: a 401 would be a lie that senders act on.

        Raises:
            Refusal: 503.
        """
        if self.directory.revision < 0:
            raise self.unavailable("the configuration is not loaded yet")

    def unavailable(self, reason: str) -> Refusal:
        """Return the 503 for a reason in words."""
        return refusals.unavailable(reason, self._settings.retry_after_s)

    def refuse(self, refusal: Refusal, route: Route, method: str, client: str | None) -> Answer:
        """Return a refusal's answer; count and log it."""
        request_id = self._ids.new("req")
        self._meters.refusals.add((str(refusal.status), refusal.type))
        self.report(refusal.status, refusal.message, request_id, route, method, client)
        return answers.refused(request_id, refusal)

    def reply(self, reply: Reply, route: Route) -> Answer:
        """Return the answer to what a vendor asks when it registers an address; count and log it."""
        request_id = self._ids.new("req")
        self._meters.answers.add(("200",))
        _log.info("registration answered", request_id=request_id, path=route.target)
        return answers.text(reply.body, reply.content_type.encode(), request_id)

    def sender_left(self) -> None:
        """Count a request whose connection ended before its body did."""
        self._meters.aborted.add()

    def new_request_id(self) -> str:
        """Return the id of a request that is not stored."""
        return self._ids.new("req")

    def report(
        self,
        status: int,
        reason: str,
        request_id: str,
        route: Route,
        method: str,
        client: str | None,
    ) -> None:
        """Count the answer to a request that was not accepted, and write its log line."""
        self._meters.answers.add((str(status),))
        held_back = self._flood.admit(str(status))
        if held_back is None:
            return
        _log.warning(
            "request refused",
            status=status,
            reason=reason,
            request_id=request_id,
            method=method,
            path=route.target,
            client=client,
            **({"held_back": held_back} if held_back else {}),
        )

    def report_held_back(self) -> None:
        """Write how many log lines were held back; called once a second by the server."""
        for status, count in self._flood.held_back().items():
            _log.warning("requests refused, lines held back", status=int(status), held_back=count)


def _map(
    route: Route,
    inlet: Inlet,
    head: Head,
    headers: dict[str, str],
    body: bytes,
    received_at: int,
) -> MappingResult:
    if route.mapping_type != inlet.mapping_type and route.page == "partner":
        raise InputError(
            "mapper.invalid_payload",
            answers.INVALID_PAYLOAD,
            where="URL",
            found=f"the URL is for {route.mapping_type}, the mapper "
            f"{route.partner}/{route.config} is for {inlet.mapping_type}",
            hint=f"Send to /v1/partner/{route.partner}/{inlet.mapping_type}/?configName="
            f"{route.config}.",
        )
    content_type = head.get(b"content-type")
    payload = decode_body(
        body,
        content_type.decode("latin-1") if content_type is not None else None,
        limit=inlet.max_body_bytes,
    )
    mapper = inlet.mapper
    result = mapper.apply(payload, received_at_ms=received_at, headers=headers, query=route.query)
    if result.rejected:
        result = mapper.explain_refusals(
            result, payload, received_at_ms=received_at, headers=headers, query=route.query
        )
    return result
