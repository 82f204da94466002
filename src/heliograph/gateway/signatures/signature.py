"""Signatures of every vendor in the table: find the parts, rebuild what was signed, compare."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from heliograph.gateway.signatures.keys import has_signed, public_key
from heliograph.gateway.signatures.parts import (
    Given,
    is_listed,
    place_of,
    template_of,
    values_at,
)
from heliograph.gateway.signatures.results import (
    Call,
    Failed,
    Verification,
    Verified,
    mismatch,
    missing,
)
from heliograph.gateway.signatures.schemes import (
    PLAIN,
    PROVED,
    HmacScheme,
    PublicKeyScheme,
    SignedScheme,
    key_of,
)
from heliograph.model.secret import Secret

_MAX_SIGNATURES: Final = 16
_MAX_TIMES: Final = 2
"""Times of one request that signatures are computed for: each costs a pass over the body."""
_MAX_OF_KEYS: Final = 4
"""Signatures of one request that a public key is tried on, each of which is a pass over the body too."""
_DIGEST_BYTES: Final = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_EPOCH: Final = re.compile(r"[0-9]{1,16}")
_FORMS: Final = {
    "s": "epoch seconds",
    "ms": "epoch milliseconds",
    "iso": "an ISO 8601 time",
    "http": "an HTTP date",
}
# developers.hubspot.com, Validating requests: the escapes that are undone, and no others.
_HUBSPOT_ESCAPES: Final = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class _Found(msgspec.Struct, frozen=True):
    """One signature of a request, with the time that was signed with it."""

    signature: bytes
    timestamp: str


def verify_signed(scheme: SignedScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    """Return whether one of the secrets belongs to one of the signatures of the request."""
    texts = _texts(scheme, call)
    if isinstance(texts, Failed):
        return texts
    ambiguous = _stranger(scheme, call)
    if ambiguous is not None:
        return ambiguous
    message_id = ""
    if scheme.id_header:
        message_id = call.headers.get(scheme.id_header.lower(), "")
        if not message_id:
            return missing(scheme.id_header)
    found: list[_Found] = []
    failed: Failed | None = None
    times: set[str] = set()
    timed: dict[str, int | None] = {}
    most = _MAX_OF_KEYS if isinstance(scheme, PublicKeyScheme) else _MAX_SIGNATURES
    for text, timestamp in texts[:most]:
        raw = _decode(scheme, text)
        if raw is None or (timestamp is None and "{timestamp}" in scheme.signed):
            continue
        signed = timestamp or ""
        if len(times) == _MAX_TIMES and signed not in times:
            continue
        if scheme.has_time and signed not in timed:
            late = _time_or_failure(scheme, signed, call.now_ms)
            if isinstance(late, Failed):
                failed = late
                continue
            timed[signed] = late
        times.add(signed)
        found.append(_Found(raw, signed))
    if not found:
        return failed or Failed(
            part="header", message=f"The {_where(scheme)} is not of the form {_form_of(scheme)}."
        )
    url = _unescaped(call.url) if scheme.unescape_url else call.url
    match = _match(
        scheme, secrets, call, Given(id=message_id, url=url, account=scheme.account), found
    )
    if match is None:
        return mismatch(_where(scheme, plain=True), signs_url="{url}" in scheme.signed)
    index, timestamp = match
    return Verified(secret=index, signed_at_ms=timed.get(timestamp), message_id=message_id or None)


def _stranger(scheme: SignedScheme, call: Call) -> Failed | None:
    """Return why the request is not accepted though its signature may be right, None when nothing is odd."""
    if scheme.account_at is not None:
        accounts = values_at(place_of(scheme.account_at), call)
        if not accounts:
            return _nothing_at(scheme.account_at)
        if any(each != scheme.account for each in accounts):
            return Failed(
                part="signature",
                message=f"What stands at {scheme.account_at} is not the account of this source. "
                "Check `account` of [verify], and which address the sender was given.",
            )
    if scheme.only_one is not None and _count(scheme.only_one, call) > 1:
        return Failed(
            part="signature",
            message=f"The request holds more than one thing at {scheme.only_one}, and only the first of "
            "them is signed. Have the sender send them one by one.",
        )
    if scheme.challenge in PROVED and (not call.body or _may_be_challenge(call.body)):
        return Failed(
            part="signature",
            message="The body could be a challenge, whose signature anybody can ask for; it is no webhook.",
        )
    header = scheme.timestamp_header
    is_in_list = header and scheme.has_time and "{listed:" in scheme.signed
    if header and is_in_list and not is_listed(header, call, scheme.signed):
        return Failed(
            part="timestamp", message=f"The header {header} is not among those that are signed."
        )
    return None


def _count(place: str, call: Call) -> int:
    return sum(1 for _ in place_of(place).query.values(call.payload))


def _may_be_challenge(content: bytes) -> bool:
    return PLAIN.fullmatch(content.decode("latin-1")) is not None


def _match(
    scheme: SignedScheme,
    secrets: Sequence[Secret],
    call: Call,
    given: Given,
    found: Sequence[_Found],
) -> tuple[int, str] | None:
    """Return the secret that belongs to a signature, and the time it was made with.

    No early exit: the time of the answer says nothing about which pair was close.
    """
    matched: tuple[int, str] | None = None
    for timestamp in dict.fromkeys([each.timestamp for each in found]):
        signatures = [each.signature for each in found if each.timestamp == timestamp]
        given.timestamp = timestamp
        for index, secret in enumerate(secrets):
            given.secret = secret.reveal().encode()
            if _has_made(scheme, secret, signatures, call, given) and matched is None:
                matched = index, timestamp
    return matched


def _has_made(
    scheme: SignedScheme, secret: Secret, signatures: Sequence[bytes], call: Call, given: Given
) -> bool:
    """Tell whether a secret belongs to one of the signatures; of HMACs all are compared."""
    content = template_of(scheme.signed).fill(call, given)
    if scheme.challenge in PROVED and _may_be_challenge(content):
        return False
    if isinstance(scheme, PublicKeyScheme):
        key = public_key(secret, scheme.algorithm)
        if key is None:
            return False
        return any(has_signed(key, scheme.algorithm, each, content) for each in signatures)
    assert isinstance(scheme, HmacScheme)
    expected = _digest(scheme, secret, content)
    same = [hmac.compare_digest(expected, each) for each in signatures]
    return bool(expected) and any(same)


def _digest(scheme: HmacScheme, secret: Secret, content: bytes) -> bytes:
    """Return what the signature must be; empty when the secret is none."""
    if not secret:
        return b""
    if scheme.function == "hash":
        return hashlib.new(scheme.algorithm, content, usedforsecurity=False).digest()
    key = key_of(scheme, secret)
    return b"" if key is None else hmac.digest(key, content, scheme.algorithm)


def _texts(scheme: SignedScheme, call: Call) -> list[tuple[str, str | None]] | Failed:
    """Return the signatures as they are written, each with the time that was signed with it."""
    timestamp: str | None = None
    if scheme.timestamp_header:
        timestamp = call.headers.get(scheme.timestamp_header.lower())
        if timestamp is None:
            return missing(scheme.timestamp_header)
    elif scheme.timestamp_at:
        timestamp = next(iter(values_at(place_of(scheme.timestamp_at), call)), None)
        if timestamp is None:
            return _nothing_at(scheme.timestamp_at)
    if scheme.signature_at:
        carriers = values_at(place_of(scheme.signature_at), call)
        if not carriers:
            return _nothing_at(scheme.signature_at)
    else:
        header = scheme.header or ""
        first = call.headers.get(header.lower())
        carriers = [] if first is None else [first]
        for name in scheme.more_headers:
            more = call.headers.get(name.lower())
            if more is not None:
                carriers.append(more)
        if not carriers:
            return missing(header)
    found = [each for carrier in carriers for each in _split(scheme, carrier)]
    return found if timestamp is None else [(text, timestamp) for text, _ in found]


def _split(scheme: SignedScheme, carrier: str) -> list[tuple[str, str | None]]:
    """Return the texts of the signatures and, where they stand beside it, their time."""
    match scheme.layout:
        case "plain":
            texts = [text.strip() for text in carrier.split(scheme.separator)]
            prefix, size = scheme.prefix.lower(), len(scheme.prefix)
            return [(text[size:], None) for text in texts if text[:size].lower() == prefix]
        case "time-first":
            at, *texts = [each.strip() for each in carrier.split(scheme.separator)]
            return [(text, at) for text in texts]
        case "list":
            items = [item.partition(",") for item in carrier.split()]
            return [(text, None) for name, _, text in items if name == scheme.signature_key]
        case "pairs":
            return _pairs(scheme, carrier)


def _pairs(scheme: SignedScheme, carrier: str) -> list[tuple[str, str | None]]:
    """Return the signatures of `t=…,v1=…`, each with the time before it, or else with the first one."""
    apart = carrier.replace(scheme.separator, " ").split()
    items = [pair.partition(scheme.equals) for pair in apart]
    times = [value for name, _, value in items if name == scheme.timestamp_key]
    timestamp = times[0] if times else None
    found: list[tuple[str, str | None]] = []
    for name, _, value in items:
        if name == scheme.timestamp_key:
            timestamp = value
        elif name == scheme.signature_key:
            found.append((value, timestamp))
    return found


def read_time(text: str, unit: str, header: str) -> int | Failed:
    """Return a signed time as UTC epoch milliseconds."""
    try:
        if unit == "iso":
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return int(moment.timestamp() * 1000)
        elif unit == "http":
            moment = parsedate_to_datetime(text)
            # RFC 9110, 5.6.7: an HTTP date is in UTC, whatever it says or leaves out.
            return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
        elif _EPOCH.fullmatch(text):
            return int(text) * (1000 if unit == "s" else 1)
    except (ValueError, OverflowError):
        pass
    return Failed(part="timestamp", message=f"The time in {header} is not {_FORMS[unit]}.")


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


def _time_or_failure(scheme: SignedScheme, text: str, now_ms: int) -> int | Failed:
    where = scheme.timestamp_header or scheme.timestamp_at or scheme.place
    read = read_time(text, scheme.timestamp_unit, where)
    if isinstance(read, Failed):
        return read
    return outside_window(read, now_ms, scheme.tolerance_s) or read


def _decode(scheme: SignedScheme, text: str) -> bytes | None:
    """Return the signature's bytes, or None when it can be none of this algorithm."""
    try:
        match scheme.encoding:
            case "hex":
                raw = bytes.fromhex(text)
            case "base64":
                raw = base64.b64decode(text, validate=True)
            case "base64url":
                raw = base64.urlsafe_b64decode(
                    text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
                )
            case "hex-in-base64":
                raw = bytes.fromhex(base64.b64decode(text, validate=True).decode("ascii"))
    except (binascii.Error, ValueError):
        return None
    size = _DIGEST_BYTES[scheme.algorithm] if isinstance(scheme, HmacScheme) else len(raw)
    return raw if raw and len(raw) == size else None


def _where(scheme: SignedScheme, *, plain: bool = False) -> str:
    return scheme.place if plain or not scheme.header else f"header {scheme.header}"


def _nothing_at(place: str) -> Failed:
    return Failed(
        part="header",
        message=f"The request has nothing at {place}. Is signing switched on at the sender?",
    )


def _form_of(scheme: SignedScheme) -> str:
    value = "<hex>" if scheme.encoding == "hex" else "<Base64>"
    match scheme.layout:
        case "plain":
            return f"{scheme.prefix}{value}"
        case "list":
            return f"{scheme.signature_key},{value}"
        case "time-first":
            return f"<time>{scheme.separator}{value}"
        case "pairs":
            signature = f"{scheme.signature_key}{scheme.equals}{value}"
            if scheme.timestamp_header or scheme.timestamp_at:
                return signature
            return f"{scheme.timestamp_key}{scheme.equals}<time>{scheme.separator}{signature}"


def _unescaped(url: str) -> str:
    path, mark, query = url.partition("?")
    return _unescape(path) + mark + _unescape(query)


def _unescape(text: str) -> str:
    return _HUBSPOT_ESCAPES.sub(lambda match: chr(int(match[0][1:], 16)), text)
