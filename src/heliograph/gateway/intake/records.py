"""What is stored of a request: the raw request, and one journal record per item that became an event.

Pure.
"""

from collections.abc import Sequence

from heliograph.gateway.directory import Inlet
from heliograph.mapping.result import Mapped
from heliograph.mapping.run.envelope import event_of
from heliograph.model.event import encode_event
from heliograph.model.ids import event_id_of, message_event_id
from heliograph.model.request import RejectedItem, RequestState, StoredRequest
from heliograph.storage.journal import Record


def stored_request(
    request_id: str,
    inlet: Inlet,
    *,
    state: RequestState,
    events: int,
    rejected: Sequence[RejectedItem],
    received_at: int,
    path: str,
    headers: dict[str, str],
    body: bytes,
    message_id: str | None = None,
) -> StoredRequest:
    """Return the raw request as the journal keeps it."""
    return StoredRequest(
        request_id=request_id,
        workspace=inlet.workspace,
        source_id=inlet.source_id,
        received_at=received_at,
        state=state,
        items=events + len(rejected),
        events=events,
        rejected=tuple(rejected),
        mapper=inlet.address,
        path=path,
        headers=headers,
        body=body,
        message_id=message_id,
    )


def records_of(
    request_id: str,
    inlet: Inlet,
    mapped: Sequence[Mapped],
    *,
    received_at: int,
    update_existing_only: bool,
    message_id: str | None = None,
) -> list[Record]:
    """Return one journal record per mapped item, in order.

    `message_id` is the vendor's id of the message, the same on its retries: events made from it carry
    ids that follow from it, so that a message that is sent twice is applied once.
    """
    if message_id is None:
        return [
            _record(
                request_id,
                inlet,
                item,
                received_at,
                update_existing_only,
                event_id=event_id_of(request_id, item.index),
            )
            for item in mapped
        ]
    records: list[Record] = []
    for item in mapped:
        index = item.index
        records.append(
            _record(
                request_id,
                inlet,
                item,
                received_at,
                update_existing_only,
                event_id=message_event_id(inlet.workspace, inlet.source_id, message_id, index),
                message_id=f"{message_id}-{index}" if index else message_id,
            )
        )
    return records


def _record(
    request_id: str,
    inlet: Inlet,
    item: Mapped,
    received_at: int,
    update_existing_only: bool,
    *,
    event_id: str,
    message_id: str | None = None,
) -> Record:
    event = event_of(
        item,
        type_="track" if inlet.mapping_type == "events" else "identify",
        event_id=event_id,
        message_id=message_id,
        workspace=inlet.workspace,
        source_id=inlet.source_id,
        request_id=request_id,
        received_at=received_at,
        mapper=inlet.address,
        update_existing_only=update_existing_only,
    )
    return Record(
        key=item.anonymous_id or item.customer_id or event_id,
        id=event_id,
        at=received_at,
        value=encode_event(event),
    )
