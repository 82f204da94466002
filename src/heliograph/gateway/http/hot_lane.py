"""The short cut: an ordinary webhook goes from the parser to the reception and back without ASGI.

For a constant answer, uvicorn spends most of its time on what a webhook does not need: a scope, a task, an
event, two messages. `HotLaneProtocol` recognises a request that needs none of it when its head is
complete, gathers the body, and writes the answer in one piece when the commit has ended. Ordinary means:

- a POST with one Content-Length within the workspace's limit, without `Expect` or an upgrade, of HTTP/1.1
  (or of another version that does not ask to be kept alive: it is answered and closed);
- to a path and query seen before, with credentials seen before, to a mapper that exists;
- within the rate, with room in the commit queue;
- one valid Host, and no header field twice;
- nothing else is being worked on for this connection, and its client reads its answers.

Everything else, so every refusal by the head, takes the ASGI way of uvicorn and `app.py`: one place says
no. Both ways share `reception.py`, and the conformance tests run over both.
"""

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from heliograph.gateway.answers import Answer
from heliograph.gateway.directory import Inlet
from heliograph.gateway.doors.door import Arrival, Fields, Head
from heliograph.gateway.doors.partner import PartnerDoor
from heliograph.gateway.http import limits
from heliograph.gateway.http.body import ByteBudget, NoRoom
from heliograph.gateway.http.protocol import BoundedProtocol
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import Route
from heliograph.gateway.settings import GatewaySettings


class _Deaf:
    """Stands in for the event that an ASGI application would wait for; nobody waits here."""

    def set(self) -> None:
        return


class HotCycle(Arrival):
    """One webhook on the short cut; for uvicorn it is a `RequestResponseCycle` like any other."""

    __slots__ = (
        *("body", "disconnected", "inlet", "keep_alive", "more_body", "protocol"),
        *("response_complete", "response_started"),
    )
    message_event: Final = _Deaf()

    def __init__(
        self,
        protocol: "HotLaneProtocol",
        route: Route,
        inlet: Inlet,
        *,
        fields: Fields,
        head: Head,
        keep_alive: bool,
        started_s: float,
    ) -> None:
        client = protocol.client
        # The base class's attributes, without the call: this is made for every request.
        self.route = route
        self.method = "POST"
        self.target = protocol.url
        self.fields = fields
        self.head = head
        self.client = client[0] if client else None
        self.started_s = started_s
        self.protocol = protocol
        self.inlet = inlet
        self.keep_alive = keep_alive
        self.body: bytes | bytearray = b""
        self.more_body = True
        self.disconnected = False
        self.response_started = False
        self.response_complete = False

    def answer(self, answer: Answer) -> None:
        """Write the answer, in one piece, and let the connection go on."""
        self.response_started = self.response_complete = True
        protocol = self.protocol
        if not self.disconnected:
            protocol.write_answer(answer, keep_alive=self.keep_alive)
        protocol.on_response_complete()


class HotLaneProtocol(BoundedProtocol):
    """One client connection with the short cut to the partner door."""

    door: PartnerDoor
    receiving: ByteBudget
    """Both are set in the subclass that `protocol_for` makes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._hot: HotCycle | None = None
        """The webhook whose body is arriving."""
        self._host: bytes | None = None
        """The newest valid Host."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a webhook whose body will not come any more."""
        hot = self._hot
        if hot is not None:
            self._hot = None
            if isinstance(hot.body, bytearray):
                self.receiving.give_back(len(hot.body))
            self.reception.sender_left()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request; the scope is made only if it turns out not to be ordinary."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_open = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Take the short cut, or make up for what `on_message_begin` left out and go the long way."""
        head = dict(self.headers)
        cycle = self._ordinary(head)
        if cycle is not None:
            self._head_open = False
            self._hot = cycle
            # uvicorn and the limits of the base class look at these two; a HotCycle has what they use.
            self.cycle = self._running = cycle  # pyright: ignore[reportAttributeAccessIssue]
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        head_bytes = self._head_bytes
        super().on_message_begin()
        self._head_bytes = head_bytes
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = expects
        super().on_headers_complete()

    def _ordinary(self, head: Head) -> HotCycle | None:
        """Return a request that may take the short cut, judged by its head, or None."""
        running = self._running
        parser = self.parser
        length = head.get(b"content-length")
        host = head.get(b"host")
        if (
            length is None
            or host is None
            or (host != self._host and not limits.is_host(host))
            or len(head) != len(self.headers)
            or self.expect_100_continue
            or (running is not None and not running.response_complete)
            or self._head_too_large() is not None
            or self.flow.write_paused
            or parser.get_method() != b"POST"  # pyright: ignore[reportOptionalMemberAccess]
            # Without this field there is no upgrade, and the parser keeps no other version alive.
            or (b"connection" in head and not self._stays_http_1_1())
        ):
            return None
        self._host = host
        path, _, query = self.url.partition(b"?")
        reception = self.reception
        route = reception.routes.get((path, query))
        if route is None or route.page != "partner":
            return None
        now_s = reception.clock.monotonic_s()
        inlet = self.door.admit_known(
            route, head.get(b"authorization"), size=int(length), now_s=now_s
        )
        if inlet is None:
            return None
        return HotCycle(
            self,
            route,
            inlet,
            fields=self.headers,
            head=head,
            keep_alive=parser.should_keep_alive(),  # pyright: ignore[reportOptionalMemberAccess]
            started_s=now_s,
        )

    def _stays_http_1_1(self) -> bool:
        """Tell whether a request is HTTP/1.1 and does not ask to become something else."""
        parser = self.parser
        assert parser is not None
        return parser.get_http_version() == "1.1" and not parser.should_upgrade()

    def on_body(self, body: bytes) -> None:
        """Gather the body; its length is bounded by the Content-Length that was admitted."""
        hot = self._hot
        if hot is None:
            super().on_body(body)
        elif hot.body:
            self._gather(hot, body)
        else:
            hot.body = body

    def _gather(self, hot: HotCycle, piece: bytes) -> None:
        """Add a piece to a body that arrives in several, if there is room."""
        budget = self.receiving
        size = len(piece)
        if isinstance(hot.body, bytes):
            size += len(hot.body)
            hot.body = bytearray(hot.body)
        hot.body += piece
        try:
            budget.take(size)
        except NoRoom:
            budget.give_back(len(hot.body))
            self._hot = None
            self._end(self.reception.unavailable("too many bodies are being received"))

    def on_message_complete(self) -> None:
        """Hand a whole webhook to the reception."""
        hot = self._hot
        if hot is None:
            super().on_message_complete()
            return
        self._hot = None
        hot.more_body = False
        body = hot.body
        if isinstance(body, bytearray):
            self.receiving.give_back(len(body))
            body = bytes(body)
        try:
            self.reception.take(self.door, hot, hot.inlet, body, hot.answer)
        except Refusal as refusal:
            hot.answer(self.reception.refuse(refusal, hot, self.door))


def protocol_for(
    settings: GatewaySettings, reception: Reception, door: PartnerDoor, receiving: ByteBudget
) -> type[BoundedProtocol]:
    """Return the protocol class for these settings; uvicorn makes one instance per connection."""
    shared = {"settings": settings, "reception": reception}
    if settings.hot_lane:
        return type(
            "GatewayProtocol", (HotLaneProtocol,), {**shared, "door": door, "receiving": receiving}
        )
    return type("GatewayProtocol", (BoundedProtocol,), shared)
