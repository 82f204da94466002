"""A request as bytes, and a body without its content-encoding. Pure."""

import re
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from heliograph.delivery.send.transport import BODY_MAX, USER_AGENT
from heliograph.destinations.base import RequestPlan

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_UNSENDABLE: Final = bytes([*range(0x09), *range(0x0A, 0x20), 0x7F])
_METHOD: Final = re.compile(r"[A-Z]+\Z")
_OURS: Final = {
    "user-agent": f"\r\nUser-Agent: {USER_AGENT}",
    "accept": "\r\nAccept: */*",
    "accept-encoding": "\r\nAccept-Encoding: gzip, deflate",
}
"""Headers of every request that does not bring its own."""
_NOT_THEIRS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
HEADS_KEPT: Final = 256


class _Head(NamedTuple):
    """The head of requests that differ in values only."""

    parts: list[str]
    """Its pieces; every second one is a gap: for target, host, each value, and the length of the body."""
    dropped: list[int]
    """Gaps of headers that are not the request's own to set."""
    sized: bool
    """Whether it tells the length."""


_heads: dict[tuple[str, bool, *tuple[str, ...]], _Head] = {}


def request_bytes(request: RequestPlan, *, host: str, target: str) -> bytes:
    """Return the whole request: head and body.

    Args:
        request: what to send.
        host: value of `Host`.
        target: path and query.

    Raises:
        ValueError: method, name or value of a header cannot be sent; the value is not repeated.
    """
    headers, body = request.headers, request.body
    form = (request.method, bool(body), *headers)
    head = _heads.get(form) or _head(form)
    values = headers.values()
    if not _sendable("\t".join(values)):
        name = next(name for name, value in headers.items() if not _sendable(value))
        raise ValueError(f"the header {name} has a value that cannot be sent")
    parts = head.parts.copy()
    parts[1] = target
    parts[3] = host
    parts[5:-2:2] = values
    if head.sized:
        parts[-2] = str(len(body))
    for gap in head.dropped:
        parts[gap] = ""
    return "".join(parts).encode("utf-8", "replace") + body


def _sendable(text: str) -> bool:
    data = text.encode("utf-8", "replace")
    return len(data.translate(None, _UNSENDABLE)) == len(data)


def _head(form: tuple[str, bool, *tuple[str, ...]]) -> _Head:
    """Return the head of requests of a form: most of a destination differ in values only."""
    method, bodied, *names = form
    if not _METHOD.match(method):
        raise ValueError("the method is malformed")
    parts = [f"{method} ", "", " HTTP/1.1\r\nHost: ", ""]
    dropped: list[int] = []
    left = dict(_OURS)
    typed = not bodied
    for name in names:
        if not _NAME.match(name):
            raise ValueError("the name of a header is malformed")
        lower = name.lower()
        if lower in _NOT_THEIRS:
            dropped.append(len(parts) + 1)
            parts += ["", ""]
            continue
        left.pop(lower, None)
        typed = typed or lower == "content-type"
        parts += [f"\r\n{name}: ", ""]
    end = "".join(left.values())
    if not typed:
        end += "\r\nContent-Type: application/octet-stream"
    sized = bodied or method not in _BODILESS
    parts += [f"{end}\r\nContent-Length: " if sized else end, "", "\r\n\r\n"]
    if len(_heads) >= HEADS_KEPT:
        _heads.clear()
    return _heads.setdefault(form, _Head(parts, dropped, sized))


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body with its content-encoding undone, as far as that goes, at most `BODY_MAX` bytes."""
    for coding in reversed(headers.get("content-encoding", "").lower().split(",")):
        match coding.strip():
            case "gzip" | "x-gzip":
                body = _inflated(body, 31)
            case "deflate":
                # Some servers send it without the zlib wrapper that RFC 9110 section 8.4.1.2 asks for.
                body = _inflated(body, 15) or _inflated(body, -15)
            case "" | "identity":
                continue
            case _:
                break  # not asked for: given as it is
    return body[:BODY_MAX]


def _inflated(body: bytes, bits: int) -> bytes:
    inflate = zlib.decompressobj(bits)
    out = b""
    try:
        # In pieces: what came before the damage is kept.
        for start in range(0, len(body), 1024):
            out += inflate.decompress(body[start : start + 1024], BODY_MAX - len(out))
            if len(out) >= BODY_MAX:
                break
    except zlib.error:
        return out
    return out
