"""What the doors of mapped webhooks share: a body is read, mapped by an inlet, and judged."""

from collections.abc import Iterator

from heliograph.errors import InputError
from heliograph.gateway import refusals
from heliograph.gateway.answers import Answer, refused
from heliograph.gateway.directory import Inlet
from heliograph.gateway.doors import partner_words
from heliograph.gateway.doors.door import Arrival, Intake
from heliograph.gateway.intake.judge import judge
from heliograph.gateway.intake.records import records_of
from heliograph.gateway.refusals import Refusal
from heliograph.mapping.body.decode import decode_body, decode_encoding
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.journal import Record


class MappedIntake(Intake, kw_only=True):
    """What an inlet made of a body."""

    inlet: Inlet
    mapped: list[Mapped]
    update_existing_only: bool

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


def read_mapped(
    arrival: Arrival, inlet: Inlet, body: bytes, *, message_id: str | None = None
) -> MappedIntake:
    """Return what an inlet makes of a body; one that cannot be read is an item that is rejected.

    Raises:
        Refusal: 413, the body grows too large when it is inflated.
    """
    refusal: Refusal | None = None
    try:
        encoding = arrival.head.get(b"content-encoding")
        if encoding is not None or body[:2] == b"\x1f\x8b":
            name = encoding.decode("latin-1") if encoding is not None else None
            body = decode_encoding(body, name, limit=inlet.max_body_bytes)
        result = _map(arrival, inlet, body)
    except InputError as error:
        if error.status == 413:
            raise refusals.of_input_error(error) from error
        if error.status != 400:
            refusal = refusals.of_input_error(error)
        item = RejectedItem(index=0, code=error.code, message=str(error))
        result = MappingResult(mapped=[], rejected=[item])
    state, rejected = judge(result, inlet)
    return MappedIntake(
        workspace=inlet.workspace,
        source_id=inlet.source_id,
        mapper=inlet.address,
        state=state,
        body=body,
        rejected=rejected,
        message_id=message_id,
        refusal=refusal,
        inlet=inlet,
        mapped=result.mapped if state != "refused" else [],
        update_existing_only=result.update_existing_only,
    )


def answer_mapped(intake: Intake, request: StoredRequest) -> Answer:
    """Return the answer to what `read_mapped` read, in the words of Connected Sources."""
    assert isinstance(intake, MappedIntake)
    request_id = request.request_id
    if request.state == "accepted":
        return intake.inlet.success.whole(request_id)
    if request.state == "partial":
        return intake.inlet.success.partial(request_id, request.events, intake.rejected)
    if intake.refusal is not None:
        return refused(request_id, intake.refusal)
    return partner_words.payload_refused(request_id, intake.rejected)


def _map(arrival: Arrival, inlet: Inlet, body: bytes) -> MappingResult:
    route, received_at, headers = arrival.route, arrival.received_at, arrival.headers
    if route.mapping_type != inlet.mapping_type and route.page == "partner":
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
