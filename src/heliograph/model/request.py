"""One accepted or refused HTTP call, kept raw: what was received is the truth."""

from typing import Literal

import msgspec

from heliograph.model.json import Json

RequestState = Literal["accepted", "partial", "refused"]


class RejectedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item of a request that became no event: why, where, and the item itself."""

    index: int
    """Position in the batch, from 0."""
    code: str
    message: str
    path: str | None = None
    """JSON path in the sender's payload."""
    item: Json = None
    """The raw item, when the payload could be split."""
    explanation: str | None = None
    """Which path of the mapper led nowhere, what was found instead, what may have been meant."""


class StoredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the journal keeps it.

    `items` = `events` + len(`rejected`) always holds: it is one line of the audit equation.
    `refused` requests (authenticated, but nothing usable inside) are kept too, so that their sender's
    operator can see them; requests that fail authentication are not stored.
    """

    request_id: str
    workspace: str
    source_id: str
    received_at: int
    """UTC epoch milliseconds."""
    state: RequestState
    items: int
    events: int
    rejected: tuple[RejectedItem, ...] = ()
    mapper: str | None = None
    """`partner/config@version` that was used."""
    path: str = ""
    """Request path with query string."""
    headers: dict[str, str] = {}
    """Lower-case names; credentials are left out."""
    body: bytes = b""
    """As received, after content-encoding was undone."""
    message_id: str | None = None
    """The vendor's id of the message, the same on its retries; its events' ids follow from it."""
    fault: str | None = None
    """What of it could not be read back, and why; None as it is written."""
