"""How things look to people and programs: one struct, and so one JSON shape, per noun.

Whatever shows a noun (a list, one by its id, a trace, inside another one) gives this struct. What a list
leaves out for its length is null there: a request's body, an event's person and deliveries, a delivery's
event and attempts. What is stored but cannot be decoded is shown too: the fields that say what it is, and
in `fault` why it cannot be read.

Times are UTC epoch milliseconds. Persons, merges, remaps and the audit are shown as the structs that their
own modules make; `VIEWS` names all of them.
"""

from typing import Literal

import msgspec

from heliograph.engine.stages.seen import SourceSeen
from heliograph.model.delivery import DeliveryState, DestinationState
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.event import Event
from heliograph.model.ids import names_of
from heliograph.model.json import Json
from heliograph.model.remap import RemapCounts
from heliograph.model.request import RejectedItem, RequestState, StoredRequest
from heliograph.operations.delivery_views import DeliveryView
from heliograph.profiles.fold import Person
from heliograph.storage.configuration import Document
from heliograph.storage.folder.run_files import RoleNote
from heliograph.storage.profiles import ProfileRecord

EventState = Literal["pending", "applied", "skipped", "duplicate"]
LineState = DestinationState | Literal["disabled", "removed"]
"""`disabled`: its document says `enabled = false`. `removed`: its document is gone, its deliveries not."""


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP call as it was received."""

    request_id: str
    workspace: str
    source_id: str
    received_at: int
    state: RequestState
    items: int
    events: int
    rejected: tuple[RejectedItem, ...]
    """In detail; of many only the first ones."""
    rejected_total: int
    """How many there are."""
    mapper: str | None
    """`partner/config@version` that was used."""
    path: str
    """With its query."""
    headers: dict[str, str]
    """Lower-case names; credentials were left out when it was stored."""
    message_id: str | None
    """The sender's id of the message; null in a list."""
    body: str | None = None
    """As text; bytes that are no UTF-8 are replaced. Null in a list."""
    fault: str | None = None
    """What of it cannot be read, and why."""


def request_view(request: StoredRequest, *, whole: bool) -> RequestView:
    """Return the view of a request; `whole` with its body."""
    return RequestView(
        request_id=request.request_id,
        workspace=request.workspace,
        source_id=request.source_id,
        received_at=request.received_at,
        state=request.state,
        items=request.items,
        events=request.events,
        rejected=request.rejected,
        rejected_total=request.rejected_count,
        mapper=request.mapper,
        path=request.path,
        headers=request.headers,
        message_id=names_of(request.message_id).shown() if request.message_id else None,
        body=request.body.decode("utf-8", "replace") if whole else None,
        fault=request.fault,
    )


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One event, its place in the journal, and what became of it."""

    event_id: str
    partition: int
    position: int
    received_at: int | None
    event: Event | None
    """The canonical event; null when it was trimmed from the journal, or cannot be read (see `fault`)."""
    fault: str | None
    """Why its bytes are no event."""
    state: EventState
    """`pending`: the engine has not come to it yet; `duplicate`: another place in the journal had this id
    before and is the one that counts."""
    reason: str | None
    """Why it was skipped."""
    profile_id: str | None
    superseded_by: str | None
    """Id of the generation that a remap put in its place."""
    person: Person | None = None
    """As known now; null in a list."""
    deliveries: list[DeliveryView] | None = None
    """With their attempts, oldest first; null in a list."""
    halted: str | None = None
    """Why it is not applied yet, or became no delivery; null in a list and when neither is so."""


class TraceView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole life of one thing."""

    id: str
    """In full, also when a part of it was asked for; of a person, the profile id."""
    request: RequestView | None
    """With its body and rejected items; null when it was trimmed, and for a person."""
    events: list[EventView]
    """In the order of the request's items; of a person, the last received first."""
    person: "PersonView | None" = None
    """Whom it is about, when a person was asked for."""
    further: int = 0
    """Events of the person that are not shown: earlier ones."""
    note: str | None = None
    """What the one who asked should know: the identifier is spelled otherwise."""


class IdentifierView(msgspec.Struct, frozen=True, kw_only=True):
    """What one identifier has gathered; a person is made of one or several."""

    profile_id: str
    """First profile id: of the identifier."""
    canonical: str
    """Profile id of the person it belongs to."""
    workspace: str
    kind: str
    value: str
    first_seen: int
    last_seen: int
    events: int
    attributes: dict[str, Json]


def identifier_view(record: ProfileRecord, canonical: str) -> IdentifierView:
    """Return the view of an identifier's record."""
    return IdentifierView(
        profile_id=record.profile_id,
        canonical=canonical,
        workspace=record.workspace,
        kind=record.kind,
        value=record.value,
        first_seen=record.first_seen,
        last_seen=record.last_seen,
        events=record.events,
        attributes={name: attribute.value for name, attribute in record.attributes.items()},
    )


class PersonView(Person, frozen=True, kw_only=True):
    """Everything known of one person, and which sources told it."""

    sources: list[SourceSeen]
    """When each source first and last told something about the person; the one heard last first."""
    note: str | None = None
    """What the one who asked should know: the identifier is spelled otherwise."""


def person_view(
    person: Person, sources: list[SourceSeen], *, note: str | None = None
) -> PersonView:
    """Return the view of a person."""
    fields = {name: getattr(person, name) for name in Person.__struct_fields__}
    return PersonView(**fields, sources=sources, note=note)


class ReaderView(msgspec.Struct, frozen=True, kw_only=True):
    """One group of readers of the journal."""

    name: str
    registered_at: int
    seen_at: int
    """When one of it last showed that it works, UTC epoch milliseconds."""
    behind: int
    """Events of the journal that it has not read."""
    missed: int
    """Events that were gone before it had read them."""
    holds_back: int
    """Events that every other group has read and that stay in the journal for this one."""


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """Events that were gone from the journal before a group had read them."""

    group: str
    partition: int
    first: int
    last: int
    """Positions, both included."""
    events: int
    found_at: int
    """When that was noticed, UTC epoch milliseconds."""
    acknowledged_at: int | None
    """When a person had looked at it and left it as it is; null: nobody has."""
    acknowledged_by: str | None
    reason: str | None


class DocumentView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One configuration document in one version, literal secrets masked unless revealed."""

    workspace: str
    kind: DocumentKind
    name: str
    version: int
    body: dict[str, Json]
    changed_at: int
    state: LineState | None = None
    """Of a destination: whether it is sent to. Absent for other kinds."""
    reason: str | None = None
    """Of a destination: why nothing is sent; empty while `active`."""
    fault: str | None = None
    """Why its body cannot be read; absent when it can."""


def document_view(
    document: Document, *, state: LineState | None = None, reason: str | None = None
) -> DocumentView:
    """Return the view of a document."""
    return DocumentView(
        workspace=document.workspace,
        kind=document.kind,
        name=document.name,
        version=document.version,
        body=document.body,
        changed_at=document.changed_at,
        state=state,
        reason=reason,
        fault=document.fault,
    )


class MergeView(msgspec.Struct, frozen=True, kw_only=True):
    """What became one person."""

    old: str
    canonical: str
    merged_at: int
    reason: str
    parent: str | None


class UnmergeView(msgspec.Struct, frozen=True, kw_only=True):
    """What is a person of its own again."""

    profile_id: str
    was_merged_into: str


class DestinationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a destination that was paused or resumed."""

    destination: str
    before: DestinationState
    before_reason: str
    after: DestinationState
    reason: str
    at: int
    by: str
    state: LineState
    """What it is now: its document may say `disabled`, or be gone, whatever was asked for."""
    state_reason: str = ""
    """Why nothing is sent although it was resumed; empty when it is."""


class RemapView(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a mapper version over stored requests."""

    remap_id: str
    workspace: str
    source_id: str
    mapper: str
    received_under: tuple[str, ...]
    since_ms: int | None
    until_ms: int
    resend: bool
    started_at: int
    state: Literal["running", "interrupted", "done"]
    """`interrupted`: not done, and no process works on it."""
    finished_at: int | None
    counts: RemapCounts
    reached_ms: int | None
    reached_id: str | None


class DestinationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One destination: whether it is sent to, and its deliveries by state."""

    name: str
    """`<workspace>/<name>`."""
    type: str | None
    """None when its document is gone but deliveries are left."""
    state: LineState
    reason: str
    """Why nothing is sent, and what to do; empty while `active`."""
    deliveries: dict[DeliveryState, int]


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the machine's clock; times are UTC epoch milliseconds."""

    now: int
    """What it shows."""
    trusted: int | None = None
    """What retention goes by; None: no worker has looked yet."""
    held_s: int = 0
    """How far that lags behind because the clock jumped; 0 when it does not."""
    step_s: float = 0.0
    """The last step that was seen, forward when positive; 0 when there was none."""
    stepped_at: int | None = None
    """What the clock showed after it."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a hub. Numbers are totals since the data folder was made."""

    data_dir: str
    bytes: int
    """Size of the data folder."""
    roles: dict[str, RoleNote | None]
    """`up`, `gateway`, `worker`; None when it does not run."""
    revision: int
    """Of the configuration."""
    requests: int
    refused_requests: int
    events: int
    rejected: int
    lag: int
    """Events that were not applied yet."""
    profiles: int
    trimmed_requests: int
    """Of the requests, those whose retention has ended."""
    trimmed_events: int
    """Of the events, likewise."""
    destinations: tuple[DestinationLine, ...]
    problems: tuple[str, ...]
    """A worker that does not respond, documents that cannot be used, destinations that are not sent to or do
    not take everything, dead letters."""
    stalled: str | None = None
    """Why the worker applies nothing, and what to do; None while journal and store belong together."""
    needs_person: bool = False
    """Whether somebody must do something; `heliograph status` exits 1 then. What a person chose (a paused or
    disabled destination), what mends itself (a long `Retry-After`) and dead letters do not count."""
