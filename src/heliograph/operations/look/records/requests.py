"""Requests as they were received, the refused ones too."""

import msgspec

from heliograph.model.request import StoredRequest
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.names import FITS, Parts, full_id, not_found
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.views import RequestView, request_view
from heliograph.storage.data import Data
from heliograph.storage.events.requests import RequestQuery

_NOUN = "request"


class RequestFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests are wanted."""

    workspace: str | None = None
    source_id: str | None = None
    states: tuple[str, ...] = ()
    """`accepted`, `partial`, `refused`; empty means all."""
    before: str | None = None
    """Only requests older than this one; its id, or a part of it."""


def list_requests(
    caller: Caller, hub: Hub, wanted: RequestFilter, page: Page
) -> Listed[RequestView]:
    """Return requests, newest first, without their bodies.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous` for `before`; `caller.refused`,
            `page.invalid`.
        StoreUnavailable: the journal cannot be read.
    """
    caller.require("look")
    key = page.key(_NOUN)
    before = wanted.before
    if before is not None and find_request(caller, hub.data, before) is None:
        before = full_id(_NOUN, before, id_parts(caller, hub.data))
    query = RequestQuery(
        workspace=caller.within(wanted.workspace),
        source_id=wanted.source_id,
        states=wanted.states,
        before_id=str(key[0]) if key else before,
        limit=page.limit + 1,
    )
    found = hub.data.requests.find(query)
    more = len(found) > page.limit
    shown = [request_view(request, whole=False) for request in found[: page.limit]]
    return Listed(items=shown, next=cursor(_NOUN, shown[-1].request_id) if more else None)


def show_request(caller: Caller, hub: Hub, said: str) -> RequestView:
    """Return a request with its body; `said` is its id, or a part of it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    found = find_request(caller, hub.data, said)
    if found is None:
        id_ = full_id(_NOUN, said, id_parts(caller, hub.data))
        found = find_request(caller, hub.data, id_)
    if found is None:
        raise not_found(_NOUN, said)
    return request_view(found, whole=True)


def find_request(caller: Caller, data: Data, request_id: str) -> StoredRequest | None:
    """Return the request of a full id, if there is one that the caller sees."""
    found = data.requests.get(request_id)
    return found if found is not None and caller.sees(found.workspace) else None


def id_parts(caller: Caller, data: Data) -> Parts:
    """Return how ids of requests are found by a part of them."""

    def found(**part: str) -> list[str]:
        query = RequestQuery(workspace=caller.workspace, limit=FITS, **part)  # type: ignore[arg-type]
        return [request.request_id for request in data.requests.find(query)]

    return Parts(
        starting_with=lambda said: found(id_prefix=said),
        ending_with=lambda said: found(id_suffix=said),
    )
