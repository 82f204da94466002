"""Which bytes each outcome is answered with: two envelopes, exact to the field.

- Success and payload errors: the Connected Sources shapes (seed "Connected Sources", API responses).
- Everything else (401, 403, 404, 405, 408, 413, 415, 429, 431, 5xx): the Data API envelope
  `{"status":"fail","error":{"message","type","request_id"}}` (seed for 401; reference/moengage.md 2.8 and
  readings A17, A18, mid-2026, for the rest).

Extensions to the published shapes, all additive: `accepted` and `rejected` in the 200 of a batch that
was taken in part; `index`, `path`, `reason`, `explanation` in the `details` of a 400. `reason` says in full
what the `message`, whose words are fixed by the interface, cannot; `explanation` is text, the very lines that
`heliograph mapper explain` prints for the fields that refuse the item, and is left out where there is none.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.model.request import RejectedItem

DETAILS_LIMIT: Final = 20
"""Rejected items listed in one answer; the stored request keeps all of them."""

INVALID_PAYLOAD: Final = "The provided payload is invalid"
_SUCCESS: Final = "Successfully submitted for processing"
_JSON: Final = (b"content-type", b"application/json")

Headers = list[tuple[bytes, bytes]]


class Answer(msgspec.Struct, frozen=True):
    """Status, headers (with content-type and content-length) and body of a response."""

    status: int
    headers: Headers
    body: bytes
    lines: bytes | None = None
    """The headers as they are written, where that was cheaper to make beforehand."""

    def header_lines(self) -> bytes:
        """Return the headers as HTTP/1.1 lines, without the empty line that ends them."""
        return self.lines or b"".join([b"%s: %s\r\n" % field for field in self.headers])


class Refusal(Exception):
    """An answer in the Data API envelope, raised from anywhere between the socket and the mapper.

    Args:
        status: HTTP status.
        type_: `error.type`.
        message: `error.message`, for the operator of the sender.
        headers: further headers of the answer.
        close: end the connection after it, because the rest of the body will not be read.
        unread: the body, or a part of it, was not read yet.
    """

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        close: bool = False,
        unread: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.message = message
        self.headers = tuple(headers)
        self.close = close
        self.unread = unread


_encode = msgspec.json.Encoder().encode


def _answer(
    status: int, body: bytes, request_id: str, *, extra: Sequence[tuple[bytes, bytes]] = ()
) -> Answer:
    return Answer(
        status,
        [
            _JSON,
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request_id.encode()),
            *extra,
        ],
        body,
    )


class SuccessAnswer:
    """The 200 of one partner with everything that never changes laid out beforehand."""

    __slots__ = ("_lengths", "_prefix", "_suffix")

    def __init__(self, partner: str) -> None:
        self._prefix: Final = b'{"request_id":"'
        self._suffix: Final = b'","name":%s,"description":"%s"}' % (
            _encode(partner),
            _SUCCESS.encode(),
        )
        self._lengths: dict[int, tuple[tuple[bytes, bytes], bytes]] = {}

    def whole(self, request_id: str) -> Answer:
        """Return the answer to a request of which every item was accepted."""
        id_ = request_id.encode()
        body = b"".join((self._prefix, id_, self._suffix))
        size = len(body)
        known = self._lengths.get(size)
        if known is None:
            length = (b"content-length", b"%d" % size)
            lines = b"%s: %s\r\n%s: %s\r\nx-request-id: " % (*_JSON, *length)
            known = self._lengths[size] = (length, lines)
        length, lines = known
        headers = [_JSON, length, (b"x-request-id", id_)]
        return Answer(200, headers, body, b"".join((lines, id_, b"\r\n")))

    def partial(self, request_id: str, accepted: int, rejected: Sequence[RejectedItem]) -> Answer:
        """Return the answer to a batch of which some items were refused.

        `rejected` lists at most `DETAILS_LIMIT` of them; `rejected_total` is their number.
        """
        listed: list[dict[str, str | int | None]] = []
        for item in rejected[:DETAILS_LIMIT]:
            entry: dict[str, str | int | None] = {
                "index": item.index,
                "code": item.code,
                "message": item.message,
                "path": item.path,
            }
            if item.explanation is not None:
                entry["explanation"] = item.explanation
            listed.append(entry)
        tail = b',"accepted":%d,"rejected_total":%d,"rejected":%s}' % (
            accepted,
            len(rejected),
            _encode(listed),
        )
        body = b"".join((self._prefix, request_id.encode(), self._suffix[:-1], tail))
        return _answer(200, body, request_id)


def public_message(item: RejectedItem) -> str:
    """Return the one of the two published messages that fits a rejected item.

    A missing mandatory field keeps its own sentence, `Required field '…' is missing in the payload`;
    everything else is `The provided payload is invalid`.
    """
    if item.message.startswith("Required field '"):
        return item.message
    return INVALID_PAYLOAD


def payload_refused(request_id: str, rejected: Sequence[RejectedItem]) -> Answer:
    """Return the 400 to a request of which no item could be used; the first item names the message."""
    message = public_message(rejected[0]) if rejected else INVALID_PAYLOAD
    details: list[dict[str, str | int | None]] = []
    for item in rejected[:DETAILS_LIMIT]:
        public = public_message(item)
        detail: dict[str, str | int | None] = {
            "code": "e_9004",
            "target": "payload_validation",
            "message": public,
            "index": item.index,
        }
        if item.path is not None:
            detail["path"] = item.path
        if item.message != public:
            detail["reason"] = item.message
        if item.explanation is not None:
            detail["explanation"] = item.explanation
        details.append(detail)
    error = {
        "code": "e_9004",
        "message": message,
        "target": "payload_validation",
        "details": details,
    }
    return _answer(400, _encode({"error": error}), request_id)


def refused(request_id: str, refusal: Refusal) -> Answer:
    """Return a refusal in the Data API envelope."""
    body = _encode(
        {
            "status": "fail",
            "error": {
                "message": refusal.message,
                "type": refusal.type,
                "request_id": request_id,
            },
        }
    )
    extra = list(refusal.headers)
    if refusal.close:
        extra.append((b"connection", b"close"))
    return _answer(refusal.status, body, request_id, extra=extra)


def document(status: int, body: object, request_id: str) -> Answer:
    """Return any JSON document as an answer (health pages, the greeting)."""
    return _answer(status, _encode(body), request_id, extra=[(b"cache-control", b"no-store")])


def text(body: bytes, content_type: bytes, request_id: str) -> Answer:
    """Return a page of text, e.g. the metrics."""
    return Answer(
        200,
        [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-request-id", request_id.encode()),
        ],
        body,
    )
