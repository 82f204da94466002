"""What a head may be: its size, its fields, its Host. Pure; `protocol.py` asks, and ends what breaks them.

Sources: RFC 9110 sections 5.3 (fields that may not be repeated), 6.5.1 (trailers) and 7.2 (Host), RFC 9112
sections 3.2 (exactly one valid Host) and 7.1 (chunked).
"""

import re
from collections.abc import Sequence
from typing import Final

from heliograph.gateway import refusals
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.settings import GatewaySettings

Field = tuple[bytes, bytes]

_HOST: Final = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?::[0-9]{0,5})?"
    rb"|\[[0-9A-Fa-f:.]{2,64}\](?::[0-9]{0,5})?"
)
_ONCE: Final = (b"host", b"authorization", b"content-length")


def head_bytes(url: bytes, fields: Sequence[Field]) -> int:
    """Return about how many bytes of a request its line and header fields were."""
    return len(url) + 16 + sum([len(name) + len(value) + 4 for name, value in fields])


def too_large(settings: GatewaySettings, url: bytes, fields: Sequence[Field]) -> Refusal | None:
    """Return the answer to a head over the limits of size or number of fields, or None."""
    if len(fields) > settings.max_headers:
        return refusals.too_many_fields(settings.max_headers, len(fields))
    size = head_bytes(url, fields)
    limit = settings.max_header_bytes
    return refusals.head_too_large(limit, size) if size > limit else None


def is_host(value: bytes) -> bool:
    """Tell whether a Host header says a host and perhaps a port (RFC 3986 section 3.2.2)."""
    return _HOST.fullmatch(value) is not None


def ambiguous(fields: Sequence[Field], version: str) -> Refusal | None:
    """Return the answer to a head that two readers could read differently, or None.

    Args:
        fields: with names in lower case.
        version: `1.1` needs exactly one Host, `1.0` at most one.
    """
    values: dict[bytes, bytes] = {}
    for name, value in fields:
        if name in _ONCE:
            if name in values:
                return refusals.repeated_field(name.decode())
            values[name] = value
    host = values.get(b"host")
    if host is None:
        return refusals.no_host() if version != "1.0" else None
    return None if is_host(host) else refusals.bad_host()


def lookup(fields: Sequence[Field]) -> dict[bytes, bytes]:
    """Return the fields by name; of a repeated one the last, but all codings of the content in order."""
    found = dict(fields)
    if len(found) != len(fields) and b"content-encoding" in found:
        codings = [value for name, value in fields if name == b"content-encoding"]
        found[b"content-encoding"] = b", ".join(codings)
    return found
