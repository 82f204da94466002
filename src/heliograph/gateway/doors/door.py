"""What a door is: the seam between HTTP and one kind of sender.

A door says who may come in (`admit`, by the head alone), what a body holds (`read`), and in which words its
senders are answered (`answer`, `refuse`). It knows nothing of connections and sockets, and nothing of the
disk: `Reception.take` keeps what it read, and asks for the answer when that is durable.
"""

from collections.abc import Iterator
from typing import Protocol, TypeVar

import msgspec

from heliograph.gateway.answers import Answer
from heliograph.gateway.intake.slices import Errand
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import Route
from heliograph.model.request import RejectedItem, RequestState, StoredRequest
from heliograph.storage.events.journal import Record

Fields = list[tuple[bytes, bytes]]
"""Header fields as received, names in lower case."""
Head = dict[bytes, bytes]
"""The same for looking up; of a repeated field the last."""


class Arrival:
    """One request at a door: its head, and from `Reception.take` on when it was received."""

    __slots__ = (
        *("client", "fields", "head", "headers", "method", "received_at", "route", "started_s"),
        "target",
    )

    def __init__(
        self,
        route: Route,
        *,
        method: str,
        target: bytes,
        fields: Fields,
        head: Head,
        client: str | None,
        started_s: float,
    ) -> None:
        self.route = route
        self.method = method
        self.target = target
        """Path and query as sent, nothing masked."""
        self.fields = fields
        self.head = head
        self.client = client
        self.started_s = started_s
        """Monotonic seconds."""
        self.headers: dict[str, str] = {}
        """What is kept of the header fields: lower-case names, no credentials."""
        self.received_at = 0
        """UTC epoch milliseconds."""


class Intake(msgspec.Struct):
    """What a body brought: events, items that are none, and what is stored with them."""

    workspace: str
    source_id: str
    mapper: str | None
    """`partner/config@version`, where one was used."""
    state: RequestState
    body: bytes
    """As it is stored: after Content-Encoding was undone."""
    rejected: list[RejectedItem]
    message_id: str | None
    """The sender's id of the message, the same on its retries."""
    refusal: Refusal | None
    """Answers the request in place of its rejected items; it is stored all the same."""

    def records(self, request_id: str, received_at: int) -> Iterator[Record]:
        """Return the events, each with its type, context and message id, as journal records in order."""
        raise NotImplementedError

    def all_records(self, request_id: str, received_at: int) -> list[Record]:
        """Return the same at once; for what is short."""
        return list(self.records(request_id, received_at))


class Admitted(Protocol):
    """What `admit` found out; the door gets it back in `read`."""

    @property
    def max_body_bytes(self) -> int:
        """Bytes a body may have, compressed or not."""
        ...


A = TypeVar("A", bound=Admitted)


class Door(Protocol[A]):
    """One kind of sender. All of it runs in the event loop's thread."""

    def admit(self, arrival: Arrival) -> A | Answer:
        """Judge a request by its head: what it may use, or the answer to one that needs no body.

        Raises:
            Refusal: it may not come in.
        """
        ...

    def read(self, arrival: Arrival, admitted: A, body: bytes) -> Intake | Answer | Errand[Intake]:
        """Return what a whole body brought, or the answer to one that brings nothing to keep.

        Where that takes more than a few milliseconds, it is done in slices: an `Errand` that returns it.

        Raises:
            Refusal: nothing of it is stored.
        """
        ...

    def answer(self, intake: Intake, request: StoredRequest) -> Answer:
        """Return the answer to a request that is on disk."""
        ...

    def refuse(self, refusal: Refusal, request_id: str) -> Answer:
        """Return a refusal in the words and the envelope of this door's senders."""
        ...
