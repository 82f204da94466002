"""From a mapped item to the canonical event: the same in the gateway and in a remap."""

from heliograph.mapping.result import Mapped
from heliograph.model.event import Event, EventType


def type_of(item: Mapped) -> EventType:
    """Return what a mapped item is: membership of a group, an event, or an update of a profile."""
    if item.group_id is not None:
        return "group"
    return "identify" if item.event is None else "track"


def event_of(
    item: Mapped,
    *,
    event_id: str,
    workspace: str,
    source_id: str,
    request_id: str,
    received_at: int,
    mapper: str,
    message_id: str | None = None,
    update_existing_only: bool = False,
    generation: int = 1,
    supersedes: str | None = None,
    remap: str | None = None,
    resend: bool = False,
) -> Event:
    """Return the event of a mapped item; one without a time of its own happened when it was received."""
    timestamp = item.timestamp
    return Event(
        type=type_of(item),
        event_id=event_id,
        message_id=message_id,
        workspace=workspace,
        source_id=source_id,
        request_id=request_id,
        item_index=item.index,
        timestamp=received_at if timestamp is None else timestamp,
        received_at=received_at,
        event=item.event,
        customer_id=item.customer_id,
        anonymous_id=item.anonymous_id,
        group_id=item.group_id,
        properties=item.properties,
        traits=item.traits,
        platform=item.platform,
        app_version=item.app_version,
        mapper=mapper,
        update_existing_only=update_existing_only,
        generation=generation,
        supersedes=supersedes,
        remap=remap,
        resend=resend,
    )


def mapped_of(event: Event) -> Mapped:
    """Return the mapped item that an event was made of; its time is always set."""
    return Mapped(
        index=event.item_index,
        customer_id=event.customer_id,
        anonymous_id=event.anonymous_id,
        event=event.event,
        timestamp=event.timestamp,
        platform=event.platform,
        app_version=event.app_version,
        properties=event.properties,
        traits=event.traits,
        group_id=event.group_id,
    )
