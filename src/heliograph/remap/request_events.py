"""Which events the store knows of a request, of all generations: found by what their ids begin with."""

from collections.abc import Iterator, Sequence

from heliograph.model.ids import event_id_of, names_of
from heliograph.model.request import StoredRequest
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Reader


def first_id_of(request: StoredRequest, index: int) -> str:
    """Return the id of generation 1 of the event of an item, as the gateway names it."""
    if request.message_id is None:
        return event_id_of(request.request_id, index)
    names = names_of(request.message_id)
    return names.event_id(request.request_id, request.workspace, request.source_id, index)


def stems_of(request: StoredRequest) -> list[str]:
    """Return what stands before the item and the generation in the ids of a request's events.

    One for most requests; where items have ids of their own, one for each.
    """
    own = event_id_of(request.request_id, 0)[:-2]
    if request.message_id is None:
        return [own]
    return [
        f"{request.workspace}/{request.source_id}/{name}" if name else own
        for name in names_of(request.message_id).all()
    ]


def applied_of(requests: Sequence[StoredRequest], reader: Reader) -> dict[str, AppliedEvent]:
    """Return event id -> what became of it, for the events of these requests; two queries.

    Of a message that came several times the events are found for each of its requests, though they were
    made from one. Ids of other messages whose name happens to begin alike may be among them.
    """
    stems = [stem for request in requests for stem in stems_of(request)]
    named = [stem for stem in stems if "/" in stem]
    found = {row.event_id: row for row in reader.applied.starting_with([*_beginnings(stems)])}
    return found | reader.applied.get_many(named)


def _beginnings(stems: Sequence[str]) -> Iterator[str]:
    for stem in stems:
        yield f"{stem}-"
        if "/" in stem:  # made of a message id, which the first item bears as it is
            yield f"{stem}~"
