"""What the doors of mapped webhooks share: a body is read, mapped by an inlet, and judged."""

from collections.abc import Callable, Generator, Iterator
from typing import Final

from heliograph.errors import InputError
from heliograph.gateway import refusals
from heliograph.gateway.answers import Answer, refused
from heliograph.gateway.directory import Inlet
from heliograph.gateway.doors import partner_words
from heliograph.gateway.doors.door import Arrival, Intake
from heliograph.gateway.intake.judge import judge
from heliograph.gateway.intake.records import record_of, records_of
from heliograph.gateway.intake.slices import Errand
from heliograph.gateway.refusals import Refusal
from heliograph.mapping.body.decode import decode_body, decode_encoding
from heliograph.mapping.body.query import read_query
from heliograph.mapping.explain.records import is_empty_batch
from heliograph.mapping.result import Mapped, MappingResult, Uncopied
from heliograph.model.ids import several_message_ids
from heliograph.model.json import Json, JsonObject
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.events.journal import Record


class MappedIntake(Intake):
    """What an inlet made of a body."""

    inlet: Inlet
    mapped: list[Mapped]
    update_existing_only: bool
    notes: tuple[Uncopied, ...]

    def records(self, request_id: str, received_at: int) -> Iterator[Record]:
        """Return one journal record per mapped item, in order."""
        return records_of(
            request_id,
            self.inlet,
            self.mapped,
            received_at=received_at,
            update_existing_only=self.update_existing_only,
            message_id=self.message_id,
        )

    def all_records(self, request_id: str, received_at: int) -> list[Record]:
        """Return the same at once."""
        inlet, existing, message_id = self.inlet, self.update_existing_only, self.message_id
        return [
            record_of(request_id, inlet, item, received_at, existing, message_id)
            for item in self.mapped
        ]


LIGHT_BYTES: Final = 8_192
"""A body up to this size is read and mapped in the event loop, a larger one in a thread."""


def read_mapped(
    arrival: Arrival,
    inlet: Inlet,
    body: bytes,
    *,
    pause: Callable[[], object],
    message_id: str | None = None,
    may_be_empty: bool = False,
) -> Intake | Errand[Intake]:
    """Return what an inlet makes of a body; one that cannot be read is an item that is rejected.

    A short plain body that is mapped without complaint or note is done at once, which is what nearly all are.
    A large or compressed one, one whose paths look at much, and one whose refusals must be explained is an
    errand, whose calls use `pause` (see `intake/slices.py`).

    Args:
        arrival: the request.
        inlet: the mapper.
        body: as it came.
        pause: see `intake/slices.py`.
        message_id: the vendor's id of the message; the mapper may know one for each item.
        may_be_empty: whether a batch without an item is accepted, as a sign of life, or refused.

    Raises:
        Refusal: 413, also of the errand.
    """
    if len(body) > LIGHT_BYTES or b"content-encoding" in arrival.head or body[:2] == b"\x1f\x8b":
        return _read_in_slices(arrival, inlet, body, message_id, pause, may_be_empty)
    try:
        payload = _payload(arrival, inlet, body)
        result = inlet.mapper.light(
            payload,
            received_at_ms=arrival.received_at,
            headers=arrival.headers,
            query=_query(arrival, inlet),
        )
    except InputError as error:
        return _unreadable(inlet, body, error, message_id)
    if result is None or result.rejected or result.uncopied:
        return _read_in_slices(arrival, inlet, body, message_id, pause, may_be_empty)
    if inlet.mapper.plan.message_id is not None:
        message_id = _message_id(arrival, inlet, payload, message_id)
    return _intake(inlet, body, result, message_id)


def _message_id(arrival: Arrival, inlet: Inlet, payload: Json, given: str | None) -> str | None:
    """Return what the request is kept under: the ids that the mapper finds, or the one that was given.

    An item without an id has its place under the given one. Where looking for ids costs too much there are
    none.
    """
    try:
        ids = inlet.mapper.message_ids(
            payload,
            received_at_ms=arrival.received_at,
            headers=arrival.headers,
            query=_query(arrival, inlet),
        )
    except InputError:
        return given
    if given is not None and any(ids):
        ids = [each or (f"{given}-{index}" if index else given) for index, each in enumerate(ids)]
    return several_message_ids(inlet.version.config, ids) or given


def _read_in_slices(
    arrival: Arrival,
    inlet: Inlet,
    body: bytes,
    message_id: str | None,
    pause: Callable[[], object],
    may_be_empty: bool,
) -> Errand[Intake]:
    """Do what `read_mapped` does; what cannot be cut into short slices is done in a thread."""
    mapper = inlet.mapper
    try:
        encoding = arrival.head.get(b"content-encoding")
        if encoding is not None or body[:2] == b"\x1f\x8b":
            name = encoding.decode("latin-1") if encoding is not None else None
            sent = body
            body = yield lambda: decode_encoding(sent, name, limit=inlet.max_body_bytes)
        plain = body
        if len(body) > LIGHT_BYTES:
            payload = yield lambda: _payload(arrival, inlet, plain)
        else:
            payload = _payload(arrival, inlet, plain)
        if may_be_empty and is_empty_batch(mapper.plan, payload):
            return _intake(inlet, body, MappingResult(mapped=[], rejected=[]), message_id)
        elsewhere = mapper.open_paths or len(body) > LIGHT_BYTES
        mapping = mapper.slices(
            payload,
            received_at_ms=arrival.received_at,
            headers=arrival.headers,
            query=_query(arrival, inlet),
            pause=pause if elsewhere else None,
        )
        if elsewhere:
            # One item may be most of the body, and no slice ends within an item.
            result = yield lambda: _to_its_end(mapping, pause)
        else:
            result = yield from mapping
    except InputError as error:
        return _unreadable(inlet, body, error, message_id)
    if mapper.plan.message_id is not None:
        given = message_id
        message_id = yield lambda: _message_id(arrival, inlet, payload, given)
    return _intake(inlet, body, result, message_id)


def _to_its_end(
    mapping: Generator[None, None, MappingResult], pause: Callable[[], object]
) -> MappingResult:
    """Run a mapping in a thread, because its items cannot be cut."""
    try:
        while True:
            next(mapping)
            pause()
    except StopIteration as end:
        return end.value


def _unreadable(
    inlet: Inlet, body: bytes, error: InputError, message_id: str | None
) -> MappedIntake:
    """Return what is kept of a body that cannot be read.

    Raises:
        Refusal: 413, of which nothing is kept.
    """
    if error.status == 413:
        raise refusals.of_input_error(error) from error
    item = RejectedItem(index=0, code=error.code, message=str(error))
    result = MappingResult(mapped=[], rejected=[item])
    refusal = refusals.of_input_error(error) if error.status != 400 else None
    return _intake(inlet, body, result, message_id, refusal)


def _intake(
    inlet: Inlet,
    body: bytes,
    result: MappingResult,
    message_id: str | None,
    refusal: Refusal | None = None,
) -> MappedIntake:
    state, rejected = judge(result, inlet)
    # By position, which is twice as fast: one is made for every request.
    return MappedIntake(
        inlet.workspace,
        inlet.source_id,
        inlet.address,
        state,
        body,
        rejected,
        message_id,
        refusal,
        inlet,
        result.mapped if state != "refused" else [],
        result.update_existing_only,
        result.notes,
    )


def answer_mapped(intake: Intake, request: StoredRequest) -> Answer:
    """Return the answer to what `read_mapped` read, in the words of Connected Sources."""
    assert isinstance(intake, MappedIntake)
    request_id = request.request_id
    if request.state == "accepted":
        if intake.notes:
            return intake.inlet.success.noted(request_id, intake.notes)
        return intake.inlet.success.whole(request_id)
    if request.state == "partial":
        success = intake.inlet.success
        return success.partial(request_id, request.events, intake.rejected, intake.notes)
    if intake.refusal is not None:
        return refused(request_id, intake.refusal)
    return partner_words.payload_refused(request_id, intake.rejected)


def _payload(arrival: Arrival, inlet: Inlet, body: bytes) -> Json:
    """Return what a plain body holds, if the address fits the mapper."""
    route = arrival.route
    other = inlet.mapping_type not in (None, route.mapping_type)
    if other and route.page == "partner":
        raise InputError(
            "mapper.invalid_payload",
            partner_words.INVALID_PAYLOAD,
            where="URL",
            found=f"the URL is for {route.mapping_type}, the mapper "
            f"{route.partner}/{route.config} is for {inlet.mapping_type}",
            hint=f"Send to /v1/partner/{route.partner}/{inlet.mapping_type}/?configName="
            f"{route.config}.",
        )
    content_type = arrival.head.get(b"content-type")
    return decode_body(
        body,
        content_type.decode("latin-1") if content_type is not None else None,
        limit=inlet.max_body_bytes,
        charset=inlet.mapper.plan.charset,
    )


def _query(arrival: Arrival, inlet: Inlet) -> JsonObject:
    """Return the parameters of the address; what is not UTF-8 in it is read in the mapper's charset.

    Raises:
        InputError: 400 `body.charset`, naming the parameter.
    """
    route = arrival.route
    if not route.undecoded:
        return route.query
    return read_query(route.undecoded, charset=inlet.mapper.plan.charset)
