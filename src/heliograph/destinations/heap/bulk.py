"""Several events as one bulk track request, and what its answer means for each.

Source: Heap, "Bulk track" (developers.heap.io, copy of mid-2026): `events`, up to 1,000, each with its own
`idempotency_key`. What becomes of the rest when one is refused is not documented, so a refusal, whatever its
status, is taken for the whole and halves are sent: only what is refused alone is rejected, and a part that
was taken all the same is recognised by its key.
"""

from collections.abc import Sequence

import msgspec

from heliograph.destinations.base import RequestPlan, Response
from heliograph.destinations.heap.classify import classify
from heliograph.destinations.planning.http import json_body
from heliograph.model.delivery import Outcome, Reject
from heliograph.model.json import Json


def combine(requests: Sequence[RequestPlan]) -> RequestPlan:
    """Return one bulk request for single track requests of one environment."""
    events: list[Json] = []
    app_id: Json = None
    for request in requests:
        body: dict[str, Json] = msgspec.json.decode(request.body)
        app_id = body.pop("app_id")
        events.append(body)
    return msgspec.structs.replace(
        requests[0],
        body=json_body({"app_id": app_id, "events": events}),
        cost=sum(request.cost for request in requests),
        label="events",
    )


def split(response: Response, number: int) -> list[Outcome] | None:
    """Return the outcome of each of `number` events; None when the whole was refused."""
    outcome: Outcome = classify(response)
    if response.status == 413 or isinstance(outcome, Reject):
        return None
    outcomes: list[Outcome] = [outcome]
    return outcomes * number
