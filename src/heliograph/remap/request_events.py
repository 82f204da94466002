"""Which events the store knows of a request, of all generations: found by what their ids begin with."""

from collections.abc import Iterator, Sequence

from heliograph.model.ids import event_id_of, message_event_id
from heliograph.model.request import StoredRequest
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Reader


def first_id_of(request: StoredRequest, index: int) -> str:
    """Return the id of generation 1 of the event of an item, as the gateway names it."""
    if request.message_id is None:
        return event_id_of(request.request_id, index)
    return message_event_id(request.workspace, request.source_id, request.message_id, index)


def stem_of(request: StoredRequest) -> str:
    """Return what stands before the item and the generation in the ids of a request's events."""
    if request.message_id is None:
        return event_id_of(request.request_id, 0)[:-2]
    return f"{request.workspace}/{request.source_id}/{request.message_id}"


def applied_of(requests: Sequence[StoredRequest], reader: Reader) -> dict[str, AppliedEvent]:
    """Return event id -> what became of it, for the events of these requests; two queries.

    Of a message that came several times the events are found for each of its requests, though they were
    made from one. Ids of other messages whose name happens to begin alike may be among them.
    """
    stems = [stem_of(request) for request in requests]
    named = [stem for stem in stems if "/" in stem]
    found = {row.event_id: row for row in reader.applied.starting_with([*_beginnings(stems)])}
    return found | reader.applied.get_many(named)


def _beginnings(stems: Sequence[str]) -> Iterator[str]:
    for stem in stems:
        yield f"{stem}-"
        if "/" in stem:  # made of a message id, which the first item bears as it is
            yield f"{stem}~"
