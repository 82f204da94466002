"""What happens to a request once its head and body are there, without a word about how its bytes came in.

`take` lets a door read a body and hands what it brought to the group commit; when the commit has ended, the
`Taken` unit has the door answer and gives that to its sink. All of it runs in the event loop's thread without
a task, so the ASGI application and the short cut of the protocol share it: a short body is read at once, a
large one in slices (`intake/slices.py`), between which the loop serves others.

What is stored: every authenticated request to an existing mapper whose body could be received, also
when nothing in it is usable (state `refused`). What is not: 401, 403, 404, 405, 408, 413, 429, 5xx; each
leaves a counter and a log line with its request id. When even a refused request cannot be written, the
answer is 503 and not the 400, so that nothing is forgotten that the sender believes we know of.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from heliograph.errors import HeliographError, StoreError
from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.directory import Directory
from heliograph.gateway.doors.door import A, Arrival, Door, Intake
from heliograph.gateway.intake.group_commit import GroupCommit, Unit
from heliograph.gateway.intake.rejections import kept
from heliograph.gateway.intake.slices import Errand, Slices
from heliograph.gateway.meters import Meters
from heliograph.gateway.redaction import HeaderKeeper
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.registration import Reply
from heliograph.gateway.routes import Route, RouteTable
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.clock import Clock
from heliograph.model.ids import IdSource
from heliograph.model.request import StoredRequest
from heliograph.storage.events.journal import Record
from heliograph.telemetry.logs import FloodGate, get_logger

Sink = Callable[[Answer], None]

MAX_EVENT_BYTES: Final = 8_000_000
"""Bytes of all events of one request: items may share a large value, and each event has its own copy. They
are written together, and whoever comes next waits for that."""

_log = get_logger("gateway")


_Read: TypeAlias = tuple[str, Intake, list[Record]]
"""A request that was read: its id, what it brought, and its records."""


class Taken(Unit):
    """A request on its way to the disk, and the answer its sender gets for it."""

    __slots__ = ("_arrival", "_door", "_intake", "_reception", "_sink")

    def __init__(
        self,
        request: StoredRequest,
        records: Sequence[Record],
        *,
        reception: "Reception",
        door: Door[Any],
        arrival: Arrival,
        intake: Intake,
        sink: Sink,
    ) -> None:
        super().__init__(request, records, arrival.started_s)
        self._reception = reception
        self._door = door
        self._arrival = arrival
        self._intake = intake
        self._sink = sink

    def done(self, failure: HeliographError | None) -> None:
        """Give the answer to the sink."""
        self._sink(
            self._door.answer(self._intake, self.request)
            if failure is None and self.request.state == "accepted"
            else self._answer(failure)
        )

    def _answer(self, failure: HeliographError | None) -> Answer:
        reception, arrival = self._reception, self._arrival
        if failure is not None:
            if isinstance(failure, StoreError):
                refusal = reception.unavailable(failure.message)
            else:
                refusal = refusals.internal_error()
                _log.error("request failed", path=arrival.route.target, exc_info=failure)
            return reception.refuse(refusal, arrival, self._door)
        answer = self._door.answer(self._intake, self.request)
        if self.request.state == "refused":
            reason = self._intake.rejected[0].message
            reception.report(answer.status, reason, self.request.request_id, arrival)
        return answer


class Reception:
    """Takes requests. `directory` is replaced when the configuration changes."""

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
        self.max_receiving_bytes = settings.max_receiving_bytes
        self._settings = settings
        self._meters = meters
        self._ids = ids
        self._headers = HeaderKeeper()
        self._flood = FloodGate(clock)
        self.slices = Slices(clock, max_waiting_bytes=settings.max_large_bytes)

    def take(self, door: Door[A], arrival: Arrival, admitted: A, body: bytes, sink: Sink) -> None:
        """Have a whole body read and hand it to the group commit; `sink` gets the answer after that.

        Raises:
            Refusal: nothing was stored and `sink` is not called.
        """
        arrival.received_at = self.clock.now_ms()
        arrival.headers = self._headers.keep(arrival.fields)
        try:
            intake = door.read(arrival, admitted, body)
        except Refusal:
            raise
        except Exception as error:
            _log.error("request failed", path=arrival.route.target, exc_info=error)
            raise refusals.internal_error() from error
        if isinstance(intake, Intake):
            # Nothing waits between the id and the submission.
            request_id = self._ids.new("req")
            records = intake.all_records(request_id, arrival.received_at)
            self._submit(request_id, intake, records, door, arrival, sink)
        elif isinstance(intake, Answer):
            sink(intake)
        elif self.slices.is_full:
            intake.close()
            raise self.unavailable("too many large requests are being read")
        else:
            self.slices.start(
                self._keep(intake, arrival),
                len(body),
                lambda read: self._submit(*read, door, arrival, sink),
                lambda error: sink(self._failed(error, door, arrival)),
            )

    def _keep(self, work: Errand[Intake], arrival: Arrival) -> Errand[_Read]:
        """Read a large body to its end and make its records, in slices."""
        intake = yield from work
        request_id = self._ids.new("req")
        records = yield lambda: self._records(intake, request_id, arrival.received_at)
        return request_id, intake, records

    def _records(self, intake: Intake, request_id: str, received_at: int) -> list[Record]:
        """Return the records of a large body.

        Raises:
            Refusal: they are too large together.
        """
        records: list[Record] = []
        size = 0
        for record in intake.records(request_id, received_at):
            records.append(record)
            size += len(record.value)
            if size > MAX_EVENT_BYTES:
                raise refusals.events_too_large(MAX_EVENT_BYTES)
            self.slices.pause()
        return records

    def _failed(self, error: Exception, door: Door[Any], arrival: Arrival) -> Answer:
        """Return the answer to a large request that could not be kept."""
        if not isinstance(error, Refusal):
            _log.error("request failed", path=arrival.route.target, exc_info=error)
            error = refusals.internal_error()
        return self.refuse(error, arrival, door)

    def _submit(
        self,
        request_id: str,
        intake: Intake,
        records: list[Record],
        door: Door[Any],
        arrival: Arrival,
        sink: Sink,
        /,
    ) -> None:
        """Hand a request to the group commit."""
        rejected, cut = kept(intake.rejected) if intake.rejected else ((), None)
        request = StoredRequest(
            request_id=request_id,
            workspace=intake.workspace,
            source_id=intake.source_id,
            received_at=arrival.received_at,
            state=intake.state,
            items=len(records) + len(intake.rejected),
            events=len(records),
            rejected=rejected,
            cut=cut,
            mapper=intake.mapper,
            path=arrival.route.target,
            headers=arrival.headers,
            body=intake.body,
            message_id=intake.message_id,
        )
        self.commit.submit(
            Taken(
                request,
                records,
                reception=self,
                door=door,
                arrival=arrival,
                intake=intake,
                sink=sink,
            )
        )

    def require_configuration(self) -> None:
        """Refuse everything until there is a configuration: a 401 would be a lie that senders act on.

        Raises:
            Refusal: 503.
        """
        if not self.directory.desks:
            loaded = self.directory.revision >= 0
            reason = "no configuration was applied" if loaded else "the configuration is not loaded"
            raise self.unavailable(f"{reason} yet")

    def require_room(self) -> None:
        """Refuse what could not be written now.

        Raises:
            Refusal: 503.
        """
        reason = self.commit.refusal()
        if reason is not None:
            raise self.unavailable(reason)

    def unavailable(self, reason: str) -> Refusal:
        """Return the 503 for a reason in words."""
        return refusals.unavailable(reason, self._settings.retry_after_s)

    def refuse(
        self, refusal: Refusal, arrival: Arrival | None, door: Door[Any] | None = None
    ) -> Answer:
        """Return a refusal's answer, in the words of its door if it found one; count and log it."""
        request_id = self._ids.new("req")
        self._meters.refusals.add((str(refusal.status), refusal.type))
        reason = (
            f"{refusal.message.rstrip('.')}. {refusal.note}" if refusal.note else refusal.message
        )
        self.report(refusal.status, reason, request_id, arrival)
        if door is None:
            return answers.refused(request_id, refusal)
        return door.refuse(refusal, request_id)

    def reply(self, reply: Reply, route: Route) -> Answer:
        """Return the answer to what a vendor asks when it registers an address; count and log it."""
        request_id = self._ids.new("req")
        self._meters.answers.add((str(reply.status),))
        _log.info(
            "registration answered",
            request_id=request_id,
            path=route.target,
            **({"todo": reply.log} if reply.log else {}),
        )
        return answers.reply(reply, request_id)

    def sender_left(self) -> None:
        """Count a request whose connection ended before its body did."""
        self._meters.aborted.add()

    def new_request_id(self) -> str:
        """Return the id of a request that is not stored."""
        return self._ids.new("req")

    def report(self, status: int, reason: str, request_id: str, arrival: Arrival | None) -> None:
        """Count the answer to a request that was not accepted, and write its log line.

        `arrival` is None when the head was not understood.
        """
        self._meters.answers.add((str(status),))
        held_back = self._flood.admit(str(status))
        if held_back is None:
            return
        _log.warning(
            "request refused",
            status=status,
            reason=reason,
            request_id=request_id,
            method="" if arrival is None else arrival.method,
            path="" if arrival is None else arrival.route.target,
            client=None if arrival is None else arrival.client,
            **({"held_back": held_back} if held_back else {}),
        )

    def report_held_back(self) -> None:
        """Write how many log lines were held back; called once a second by the server."""
        for status, count in self._flood.held_back().items():
            _log.warning("requests refused, lines held back", status=int(status), held_back=count)
