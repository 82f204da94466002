"""HMAC signatures of every vendor in the table: find the parts, rebuild what was signed, compare."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from heliograph.gateway.signatures.results import (
    Call,
    Failed,
    Verification,
    Verified,
    mismatch,
    missing,
)
from heliograph.gateway.signatures.schemes import HmacScheme, key_of
from heliograph.model.secret import Secret

_MAX_SIGNATURES: Final = 16
_DIGEST_BYTES: Final = {"sha1": 20, "sha256": 32, "sha512": 64}
_PLACEHOLDER: Final = re.compile(r"\{(body|timestamp|id|method|url)\}")
_EPOCH: Final = re.compile(r"[0-9]{1,16}")
# developers.hubspot.com, Validating requests: the escapes that are undone, and no others.
_HUBSPOT_ESCAPES: Final = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers of a signed request say."""

    signatures: list[bytes]
    timestamp: str
    message_id: str | None


def verify_hmac(scheme: HmacScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    """Return whether one of the secrets made one of the signatures in the header."""
    parts = _read_parts(scheme, call)
    if isinstance(parts, Failed):
        return parts
    signed_at: int | None = None
    if scheme.has_time:
        header = scheme.timestamp_header or scheme.header
        read = read_time(parts.timestamp, scheme.timestamp_unit, header)
        if isinstance(read, Failed):
            return read
        late = outside_window(read, call.now_ms, scheme.tolerance_s)
        if late is not None:
            return late
        signed_at = read
    content = _content(scheme, call, parts)
    matched = -1
    for index, secret in enumerate(secrets):
        key = key_of(scheme, secret)
        if key is None:
            continue
        expected = hmac.digest(key, content, scheme.algorithm)
        # No early exit: the time of the answer says nothing about which pair was close.
        for signature in parts.signatures:
            if hmac.compare_digest(expected, signature) and matched < 0:
                matched = index
    if matched < 0:
        return mismatch(scheme.header, signs_url="{url}" in scheme.signed)
    return Verified(secret=matched, signed_at_ms=signed_at, message_id=parts.message_id)


def _read_parts(scheme: HmacScheme, call: Call) -> _Parts | Failed:
    header = call.headers.get(scheme.header.lower())
    if header is None:
        return missing(scheme.header)
    texts, timestamp = _split(scheme, header)
    if scheme.timestamp_header:
        timestamp = call.headers.get(scheme.timestamp_header.lower())
        if timestamp is None:
            return missing(scheme.timestamp_header)
    message_id = None
    if scheme.id_header:
        message_id = call.headers.get(scheme.id_header.lower())
        if message_id is None:
            return missing(scheme.id_header)
    signatures = [raw for text in texts[:_MAX_SIGNATURES] if (raw := _decode(scheme, text))]
    if not signatures or (scheme.has_time and timestamp is None):
        return Failed(
            part="header",
            message=f"The header {scheme.header} is not of the form {_form_of(scheme)}.",
        )
    return _Parts(signatures=signatures, timestamp=timestamp or "", message_id=message_id)


def read_time(text: str, unit: str, header: str) -> int | Failed:
    """Return a signed time as UTC epoch milliseconds."""
    if unit == "iso":
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            pass
    elif _EPOCH.fullmatch(text):
        return int(text) * (1000 if unit == "s" else 1)
    form = {"s": "epoch seconds", "ms": "epoch milliseconds", "iso": "an ISO 8601 time"}[unit]
    return Failed(part="timestamp", message=f"The time in {header} is not {form}.")


def outside_window(signed_at_ms: int, now_ms: int, tolerance_s: int) -> Failed | None:
    """Return the failure of a request signed too long ago or too far ahead."""
    age_s = (now_ms - signed_at_ms) / 1000
    if abs(age_s) <= tolerance_s:
        return None
    when = f"{age_s:.0f} s ago" if age_s > 0 else f"{-age_s:.0f} s in the future"
    return Failed(
        part="timestamp",
        message=f"The request was signed {when}; {tolerance_s} s are accepted. "
        "Check the clocks, or whether an old request was sent again.",
    )


def _split(scheme: HmacScheme, header: str) -> tuple[list[str], str | None]:
    """Return the texts of the signatures and, where the header carries it, the time."""
    if scheme.layout == "plain":
        text = header.strip()
        if text[: len(scheme.prefix)].lower() != scheme.prefix.lower():
            return [], None
        return [text[len(scheme.prefix) :]], None
    if scheme.layout == "list":
        versions = [item.partition(",") for item in header.split()]
        return [text for name, _, text in versions if name == scheme.signature_key], None
    signatures: list[str] = []
    timestamp: str | None = None
    for pair in header.split(scheme.separator):
        name, _, value = pair.strip().partition(scheme.equals)
        if name == scheme.signature_key:
            signatures.append(value)
        elif name == scheme.timestamp_key:
            timestamp = value
    return signatures, timestamp


def _decode(scheme: HmacScheme, text: str) -> bytes | None:
    """Return the signature's bytes, or None when it can be none of this algorithm."""
    try:
        is_hex = scheme.encoding == "hex"
        raw = bytes.fromhex(text) if is_hex else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _DIGEST_BYTES[scheme.algorithm] else None


def _form_of(scheme: HmacScheme) -> str:
    value = "<hex>" if scheme.encoding == "hex" else "<Base64>"
    match scheme.layout:
        case "plain":
            return f"{scheme.prefix}{value}"
        case "list":
            return f"{scheme.signature_key},{value}"
        case "pairs":
            time = f"{scheme.timestamp_key}{scheme.equals}<time>{scheme.separator}"
            return f"{time}{scheme.signature_key}{scheme.equals}{value}"


def _content(scheme: HmacScheme, call: Call, parts: _Parts) -> bytes:
    """Return the bytes that were signed; the body goes in as it came."""
    url = call.url
    if scheme.unescape_url:
        path, mark, query = url.partition("?")
        url = _unescape(path) + mark + _unescape(query)
    values = {
        "body": call.body,
        "timestamp": parts.timestamp.encode(),
        "id": (parts.message_id or "").encode(),
        "method": call.method.upper().encode(),
        "url": url.encode(),
    }
    pieces = _PLACEHOLDER.split(scheme.signed)
    return b"".join(
        values[piece] if position % 2 else piece.encode() for position, piece in enumerate(pieces)
    )


def _unescape(text: str) -> str:
    return _HUBSPOT_ESCAPES.sub(lambda match: chr(int(match[0][1:], 16)), text)
