"""How a mapping result becomes what is stored: one raw request, and one journal record per good item.

Pure. Which request becomes what:

| result | policy | stored | answered |
|---|---|---|---|
| every item good | any | accepted, n events | 200 |
| some good, some bad | partial | partial, good items as events, bad ones in `rejected` | 200 |
| some good, some bad | all_or_nothing | refused, no event; good items in `rejected` too | 400 |
| no item good, or unreadable | any | refused, no event | 400 |

`items` = `events` + len(`rejected`) in each row. Readings A16 and A20 of reference/moengage.md.
"""

from collections.abc import Sequence
from typing import Final

from heliograph.gateway.directory import Lane
from heliograph.mapping.envelope import event_of
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.model.event import encode_event
from heliograph.model.ids import event_id_of, message_event_id
from heliograph.model.request import RejectedItem, RequestState, StoredRequest
from heliograph.storage.journal import Record

BATCH_REFUSED: Final = (
    "This item is good, but another item of the batch is not, and the workspace's batch_policy is "
    "all_or_nothing"
)


def judge(result: MappingResult, lane: Lane) -> tuple[RequestState, list[RejectedItem]]:
    """Return what becomes of a request, and every item of it that becomes no event."""
    rejected = result.rejected
    if not rejected:
        return "accepted", rejected
    if not result.mapped:
        return "refused", rejected
    if not lane.all_or_nothing:
        return "partial", rejected
    spared = [
        RejectedItem(index=item.index, code="mapper.invalid_payload", message=BATCH_REFUSED)
        for item in result.mapped
    ]
    # The culprits first: the answer's message is about the first of them.
    return "refused", [*rejected, *spared]


def stored_request(
    request_id: str,
    lane: Lane,
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
        workspace=lane.workspace,
        source_id=lane.source_id,
        received_at=received_at,
        state=state,
        items=events + len(rejected),
        events=events,
        rejected=tuple(rejected),
        mapper=lane.address,
        path=path,
        headers=headers,
        body=body,
        message_id=message_id,
    )


def records_of(
    request_id: str,
    lane: Lane,
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
                lane,
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
                lane,
                item,
                received_at,
                update_existing_only,
                event_id=message_event_id(lane.workspace, lane.source_id, message_id, index),
                message_id=f"{message_id}-{index}" if index else message_id,
            )
        )
    return records


def _record(
    request_id: str,
    lane: Lane,
    item: Mapped,
    received_at: int,
    update_existing_only: bool,
    *,
    event_id: str,
    message_id: str | None = None,
) -> Record:
    event = event_of(
        item,
        type_="track" if lane.mapping_type == "events" else "identify",
        event_id=event_id,
        message_id=message_id,
        workspace=lane.workspace,
        source_id=lane.source_id,
        request_id=request_id,
        received_at=received_at,
        mapper=lane.address,
        update_existing_only=update_existing_only,
    )
    return Record(
        key=item.anonymous_id or item.customer_id or event_id,
        id=event_id,
        at=received_at,
        value=encode_event(event),
    )
