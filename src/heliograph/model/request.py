"""One accepted or refused HTTP call, kept raw: what was received is the truth."""

from typing import Final, Literal

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
    """The raw item, when the payload could be split and it is small; the request's body holds it anyway."""
    explanation: str | None = None
    """Which path of the mapper led nowhere, what was found instead, what may have been meant."""


class RejectedCut(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all rejected items of a request when not all of them are kept in detail."""

    total: int
    """How many there are, those kept in detail included."""
    ranges: tuple[tuple[int, int], ...]
    """Their places in the batch, first and last of each run, rising."""


class StoredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the journal keeps it.

    `items` = `events` + `rejected_count` always holds: it is one line of the audit equation.
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
    """In detail; the first ones only when there are many, and then `cut` says how many and which."""
    cut: RejectedCut | None = None
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

    @property
    def rejected_count(self) -> int:
        """How many items became no event."""
        return len(self.rejected) if self.cut is None else self.cut.total

    def rejected_indexes(self) -> set[int]:
        """Return the places in the batch of the items that became no event."""
        if self.cut is None:
            return {item.index for item in self.rejected}
        return {index for first, last in self.cut.ranges for index in range(first, last + 1)}


class _Kept(msgspec.Struct, frozen=True):
    items: tuple[RejectedItem, ...]
    cut: RejectedCut


_encode: Final = msgspec.json.Encoder().encode
_decoder: Final = msgspec.json.Decoder(tuple[RejectedItem, ...] | _Kept)


def encode_rejected(request: StoredRequest) -> bytes:
    """Return the rejected items of a request as JSON, for a backend to keep."""
    if request.cut is None:
        return _encode(request.rejected)
    return _encode(_Kept(request.rejected, request.cut))


def decode_rejected(data: bytes) -> tuple[tuple[RejectedItem, ...], RejectedCut | None]:
    """Return what `encode_rejected` wrote.

    Raises:
        msgspec.MsgspecError: it is something else; so may be UnicodeDecodeError.
    """
    kept = _decoder.decode(data)
    return (kept.items, kept.cut) if isinstance(kept, _Kept) else (kept, None)
