"""A request as bytes, and a body without its content-encoding. Pure."""

import re
import zlib
from collections.abc import Mapping
from typing import Final

from heliograph.delivery.send.transport import BODY_MAX, USER_AGENT
from heliograph.destinations.base import RequestPlan

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_METHOD: Final = re.compile(r"[A-Z]+\Z")
_OURS: Final = {
    "user-agent": f"User-Agent: {USER_AGENT}\r\n",
    "accept": "Accept: */*\r\n",
    "accept-encoding": "Accept-Encoding: gzip, deflate\r\n",
}
"""Headers of every request that does not bring its own."""
_NOT_THEIRS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
HEADS_KEPT: Final = 256
_heads: dict[tuple[str, bool, *tuple[str, ...]], str] = {}


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
    if _UNSENDABLE.search("\t".join(values)):
        name = next(name for name, value in headers.items() if _UNSENDABLE.search(value))
        raise ValueError(f"the header {name} has a value that cannot be sent")
    return (head % (target, host, *values, len(body))).encode("utf-8", "replace") + body


def _head(form: tuple[str, bool, *tuple[str, ...]]) -> str:
    """Return the head of a request with a mark for target, host, each value, and the length.

    Most requests of a destination differ in nothing else, so it is made once for them.
    """
    method, bodied, *names = form
    if not _METHOD.match(method):
        raise ValueError("the method is malformed")
    lines = [f"{method} %s HTTP/1.1\r\nHost: %s\r\n"]
    left = dict(_OURS)
    typed = not bodied
    for name in names:
        if not _NAME.match(name):
            raise ValueError("the name of a header is malformed")
        lower = name.lower()
        if lower in _NOT_THEIRS:
            lines.append("%.0s")
            continue
        left.pop(lower, None)
        typed = typed or lower == "content-type"
        lines.append(f"{name.replace('%', '%%')}: %s\r\n")
    lines += left.values()
    if not typed:
        lines.append("Content-Type: application/octet-stream\r\n")
    lines.append("Content-Length: %d\r\n" if bodied or method not in _BODILESS else "%.0s")
    lines.append("\r\n")
    if len(_heads) >= HEADS_KEPT:
        _heads.clear()
    return _heads.setdefault(form, "".join(lines))


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
