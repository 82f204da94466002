"""Which JSON value does a webhook's body hold, whatever its sender calls it?

`decode_encoding` undoes the Content-Encoding, `decode_body` reads what remains. Both judge by the bytes
and take the headers as a hint, because real senders mislabel: gzip sent as a form, JSON sent as text or
as a form, a form or nothing at all in the Content-Type (reference of tracking clients, mid-2026).

What is read, and as what:

- JSON (any label) → the object or array. A byte order mark, UTF-16 and UTF-32 are understood; of repeated
  keys the last wins; integers stay exact up to 4,300 digits; half a surrogate pair becomes U+FFFD.
- a form or the text fields of a multipart body → an object of strings (`forms.py`).
- JSON objects one per line (NDJSON) → an array of them; under a Content-Type of NDJSON a single object is
  an array of one, so that a batch is read alike whatever its size.

Everything else is refused with `InputError`, never with another exception: numbers beyond a double
(`1e400`), NaN, more than `MAX_NESTING` levels, bytes that are no UTF-8, a bare string or number.
"""

import codecs
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.body.content_encoding import GZIP_MAGIC, decode_encoding, inflate
from heliograph.mapping.body.forms import looks_like_form, read_form, read_multipart
from heliograph.mapping.body.json_fault import describe_json_fault
from heliograph.mapping.body.json_lines import describe_line_fault, is_lines, read_lines
from heliograph.mapping.charsets import Charset, Decoder, charset_label, charset_of, without_charset
from heliograph.mapping.values.surrogates import with_whole_surrogates
from heliograph.model.json import Json

__all__ = ["MAX_NESTING", "decode_body", "decode_encoding", "decode_json", "unreadable"]

INVALID: Final = "The provided payload is invalid"
"""The message of every 400 that is not about one field (seed, Connected Sources: API responses)."""
MAX_NESTING: Final = 100
"""Levels of arrays and objects; deeper values could not be written again by every part behind us."""
_MAX_INFLATED: Final = 32_000_000

_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NEVER_READABLE: Final = re.compile(
    r"(?:image|audio|video|font|model)/|application/(?:pdf|zip|gzip|x-tar|xml|soap\+xml|protobuf"
    r"|x-protobuf|msgpack|grpc|wasm|cbor|vnd\.ms-|vnd\.openxmlformats)|text/(?:xml|html|css|csv)"
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_body(
    body: bytes,
    content_type: str | None,
    *,
    limit: int = _MAX_INFLATED,
    charset: Charset | None = None,
) -> Json:
    """Return the object or array that a body holds.

    Args:
        body: the bytes after `decode_encoding`.
        content_type: the header as sent, or None; a hint, never the last word.
        limit: bytes a mislabelled gzip body may grow to.
        charset: of texts that declare none, or are not what they declare; None: UTF-8.

    Returns:
        A dict (JSON object, form, multipart) or a list (JSON array, NDJSON).

    Raises:
        InputError: 400 `body.unreadable` with the message "The provided payload is invalid";
            415 `body.media_type` for a type that can never be read; 413 `body.too_large`;
            `body.charset`, 400 for a text that is not in its charset, 415 for a charset nobody knows.
    """
    try:
        value = _read_json(body)
    except _JSON_ERRORS as error:
        value = _read_other(body, content_type or "", error, limit, charset)
    if type(value) is dict and content_type is not None and is_lines(content_type):
        return [value]
    return value


def decode_json(body: bytes) -> Json:
    """Return the JSON value in a file, read as leniently as that of a body, whatever its type or depth.

    Raises:
        msgspec.DecodeError: it is no JSON; so may be UnicodeDecodeError and RecursionError.
        InputError: `body.unreadable`, for UTF-16 and UTF-32 that are none.
    """
    value: Json = msgspec.json.decode(with_whole_surrogates(_to_utf8(body, "", None)))
    return value


def _read_other(
    body: bytes, label: str, fault: Exception, limit: int, charset: Charset | None
) -> Json:
    """Return what a body holds that is not JSON as it stands; `fault` says why it is not."""
    kind = label.strip().lower()
    inflated = inflate(body, "gzip", limit=limit) if body.startswith(GZIP_MAGIC) else body
    plain = _to_utf8(inflated, kind, charset)
    if plain is not inflated:  # whatever is declared, it is UTF-8 now
        label, charset = without_charset(label), None
        kind = label.strip().lower()
    if plain is not body:
        try:
            return _read_json(plain)
        except _JSON_ERRORS as error:
            fault = error
    return _judge(plain, kind, label, fault, charset)


def _read_json(body: bytes) -> Json:
    value: Json = msgspec.json.decode(body)
    if type(value) is not dict and type(value) is not list:
        raise _scalar(value)
    if body.count(b"{") + body.count(b"[") > MAX_NESTING:
        _check_levels(value)
    return value


def unreadable(found: str, hint: str | None = None) -> InputError:
    """Return the 400 of a body that cannot be read; `found` never quotes the body."""
    return InputError(
        "body.unreadable",
        INVALID,
        found=found,
        allowed="a JSON object or array, a form, multipart text fields, or one JSON object per line",
        hint=hint,
    )


def _judge(body: bytes, kind: str, label: str, error: Exception, charset: Charset | None) -> Json:
    """Read a body that is not whole JSON: mend it, or take it for what else it may be."""
    if isinstance(error, RecursionError):
        raise _too_deep() from error
    if not body.strip():
        raise unreadable("an empty body", "Send the event as JSON in the body of the request.")
    readers: tuple[Callable[[], Json | None], ...] = (
        lambda: _read_mended(body),
        lambda: read_lines(body),
        lambda: read_multipart(body, label, fallback=charset, decode=_decode_part),
        lambda: (
            read_form(body, charset_label(kind), fallback=charset, decode=_decode_part)
            if kind.startswith(_FORM) or looks_like_form(body)
            else None
        ),
    )
    for reader in readers:
        value = reader()
        if value is not None:
            if not isinstance(value, dict | list):
                raise _scalar(value)
            _check_levels(value)
            return value
    if _NEVER_READABLE.match(kind):
        raise InputError(
            "body.media_type",
            f"a webhook cannot be read from the Content-Type {kind.partition(';')[0]}",
            status=415,
            where="Content-Type",
            found=kind.partition(";")[0],
            allowed="application/json, application/x-www-form-urlencoded, multipart/form-data, "
            "application/x-ndjson",
            hint="Set the sender to JSON.",
        )
    if kind.startswith("multipart/"):
        raise unreadable(
            "a multipart body whose parts or closing boundary cannot be found",
            "Name the boundary in the Content-Type, end the body with --boundary--, or send JSON.",
        ) from error
    if kind.startswith(_FORM) and not body.lstrip().startswith((b"{", b"[")):
        raise unreadable("a form without any name=value", "Send name=value&… or JSON.") from error
    try:
        found, hint = describe_line_fault(body, kind) or describe_json_fault(body, error)
    except RecursionError as too_deep:
        raise _too_deep() from too_deep
    raise unreadable(found, hint) from error


_FORM: Final = ("application/x-www-form-urlencoded", "application/x-url-encoded")


def _to_utf8(body: bytes, kind: str, charset: Charset | None) -> bytes:
    """Return the body in UTF-8, or the same object when it is UTF-8 already or nothing we can tell."""
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return _recode(body[len(bom) :], codec)
    # RFC 4627 section 3: the pattern of zero bytes at the start tells the encoding of JSON.
    head = body[:4]
    if len(head) == 4 and 0 in head:
        zeros = "".join("0" if byte == 0 else "x" for byte in head)
        wide = {
            "000x": "utf-32-be",
            "x000": "utf-32-le",
            "0x0x": "utf-16-be",
            "x0x0": "utf-16-le",
        }.get(zeros)
        if wide:
            return _recode(body, wide)
    # A form is cut into fields before its text is decoded, and JSON is UTF-8 whatever it says (RFC 8259).
    is_form = kind.startswith((*_FORM, "multipart/")) or looks_like_form(body)
    if is_form or _NEVER_READABLE.match(kind) or _is_utf8(body):
        return body
    declared = charset_of(charset_label(kind), where="Content-Type")
    if declared is None and charset is None:
        return body
    return Decoder(declared, charset).text(body, "body").encode()


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _recode(body: bytes, codec: str) -> bytes:
    try:
        return body.decode(codec).lstrip("\ufeff").encode()
    except UnicodeError as error:
        raise unreadable(f"bytes that are not {codec.upper()}", "Send UTF-8.") from error


def _read_mended(body: bytes) -> Json | None:
    """Return the JSON with halves of surrogate pairs replaced, or None if that does not mend it."""
    mended = with_whole_surrogates(body)
    if mended is body:
        return None
    try:
        value: Json = msgspec.json.decode(mended)
    except _JSON_ERRORS:
        return None
    return value


def _decode_part(text: str) -> Json:
    """Read a part of a form that should be JSON; one that is not stays text."""
    try:
        value: Json = msgspec.json.decode(with_whole_surrogates(text.encode()))
    except _JSON_ERRORS:
        return text
    return value


def _scalar(value: Json) -> InputError:
    match value:
        case None:
            found = "null"
        case bool():
            found = "a bare boolean"
        case str():
            found = "a bare string"
        case _:
            found = "a bare number"
    return unreadable(found, "A webhook's body is one JSON object, or an array of objects.")


def _too_deep() -> InputError:
    return unreadable(
        f"more than {MAX_NESTING} levels of nested arrays and objects",
        "Flatten the payload, or send the inner part as text.",
    )


def _check_levels(value: Json) -> None:
    """Refuse a value nested deeper than `MAX_NESTING`, whatever it was read from.

    Counting the brackets of the body would be quicker, but those inside its texts may hide levels.
    """
    layer: list[Json] = [value]
    for _ in range(MAX_NESTING):
        below: list[Json] = []
        for node in layer:
            members: Iterable[Json] = ()
            if type(node) is dict:
                members = node.values()
            elif type(node) is list:
                members = node
            for member in members:
                kind = type(member)
                if kind is dict or kind is list:
                    below.append(member)
        if not below:
            return
        layer = below
    raise _too_deep()
