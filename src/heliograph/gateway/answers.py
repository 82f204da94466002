"""An answer, and the envelopes that belong to no kind of sender: refusals, pages, text.

A refusal (401, 403, 404, 405, 408, 413, 415, 429, 431, 5xx) has the Data API's envelope
`{"status":"fail","error":{"message","type","request_id"}}` (seed for 401; reference/moengage.md 2.8 and
readings A17, A18, mid-2026, for the rest), unless its door has one of its own. What the senders of a door
read when they succeed, and what is wrong with a payload, is in the door's own words (`doors/`).
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from heliograph.gateway.refusals import Refusal
from heliograph.gateway.registration import Reply

JSON: Final = (b"content-type", b"application/json")

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

    def closing(self) -> "Answer":
        """Return the same answer with the word that the connection ends after it."""
        headers = [*self.headers, (b"connection", b"close")]
        return msgspec.structs.replace(self, headers=headers, lines=None)


encode: Final = msgspec.json.Encoder().encode


def json_answer(
    status: int, body: bytes, request_id: str, *, extra: Sequence[tuple[bytes, bytes]] = ()
) -> Answer:
    """Return an answer whose body is JSON already."""
    return Answer(
        status,
        [
            JSON,
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request_id.encode()),
            *extra,
        ],
        body,
    )


def refused(request_id: str, refusal: Refusal) -> Answer:
    """Return a refusal in the Data API envelope."""
    body = encode(
        {
            "status": "fail",
            "error": {
                "message": refusal.message,
                "type": refusal.type,
                "request_id": request_id,
            },
        }
    )
    return json_answer(refusal.status, body, request_id, extra=refusal.headers)


def document(status: int, body: object, request_id: str) -> Answer:
    """Return any JSON document as an answer (health pages, the greeting)."""
    return json_answer(status, encode(body), request_id, extra=[(b"cache-control", b"no-store")])


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


def reply(given: Reply, request_id: str) -> Answer:
    """Return the answer to what a vendor asks when it registers an address."""
    headers: Headers = [(name.encode(), value.encode()) for name, value in given.headers]
    if given.body:
        headers.append((b"content-type", given.content_type.encode()))
    if given.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(given.body)))
    headers += [(b"cache-control", b"no-store"), (b"x-request-id", request_id.encode())]
    return Answer(given.status, headers, given.body)
