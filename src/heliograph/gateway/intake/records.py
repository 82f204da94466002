"""The journal records of mapped items: one per item that became an event. Pure."""

from collections.abc import Iterable, Iterator

from heliograph.gateway.directory import Inlet
from heliograph.mapping.result import Mapped
from heliograph.mapping.run.envelope import event_of
from heliograph.model.event import encode_event
from heliograph.model.ids import event_id_of, names_of
from heliograph.storage.events.journal import Record


def records_of(
    request_id: str,
    inlet: Inlet,
    mapped: Iterable[Mapped],
    *,
    received_at: int,
    update_existing_only: bool,
    message_id: str | None = None,
) -> Iterator[Record]:
    """Return one journal record per mapped item, in order.

    `message_id` is the vendor's id of the message, the same on its retries: events made from it carry
    ids that follow from it, so that a message that is sent twice is applied once.
    """
    for item in mapped:
        yield record_of(request_id, inlet, item, received_at, update_existing_only, message_id)


def record_of(
    request_id: str,
    inlet: Inlet,
    item: Mapped,
    received_at: int,
    update_existing_only: bool,
    message_id: str | None,
    /,
) -> Record:
    """Return the journal record of one mapped item; see `records_of`."""
    index = item.index
    if message_id is None:
        event_id = event_id_of(request_id, index)
    else:
        names = names_of(message_id)
        event_id = names.event_id(request_id, inlet.workspace, inlet.source_id, index)
        message_id = names.message_id(index)
    event = event_of(
        item,
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
