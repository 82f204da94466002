"""Forms as JSON objects: `application/x-www-form-urlencoded` and the text fields of multipart bodies.

Both give `{name: text}`; a name that occurs more than once, or ends in `[]`, gives an array, in the order
sent. Texts are in the charset that the Content-Type, a part or a field `_charset_` (RFC 7578, section 4.6)
declares, else in the mapper's, else in UTF-8; what is in none of these is refused, see `charsets.py`. Names
stay flat (`data[email]` is one key, reached by `$['data[email]']`). Files of a multipart body are left out.
A form of one single field whose text is a JSON object or array is how GitHub and Slack post JSON from
forms: there the field holds the parsed value (`$.payload.…`).
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, FormParser, parse_options_header

from heliograph.errors import InputError
from heliograph.mapping.body.query import gathered
from heliograph.mapping.charsets import UTF_8, Charset, Decoder, charset_label, charset_of
from heliograph.model.json import Json, JsonObject

# What the parser would log about a bad body is said in the answer, and senders must not fill our logs.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

MAX_FIELDS: Final = 5_000
_PIECE: Final = 8_192
"""Bytes of a form undone at a time: doing a megabyte at once would keep every other thread waiting."""
_CHARSET_FIELD: Final = b"_charset_"
_PAIR: Final = rb"[A-Za-z0-9_$.\-+*~\[\]%@:]{1,200}=[^&=\s\"'<>{}]*=*"
_FORM: Final = re.compile(rb"\s*" + _PAIR + rb"(?:&" + _PAIR + rb")*&?\s*")


def looks_like_form(body: bytes) -> bool:
    """Return whether a body of unknown type can be nothing but `name=value&…`."""
    return _FORM.fullmatch(body) is not None


def read_form(
    body: bytes, declared: str | None, *, fallback: Charset | None, decode: Callable[[str], Json]
) -> JsonObject | None:
    """Return the fields of a URL-encoded form, or None when the body holds no `name=value`.

    Args:
        body: the form.
        declared: charset of its Content-Type.
        fallback: charset of a form that declares none.
        decode: reads a single field that looks like JSON; gives its text when it is none.

    Raises:
        InputError: `body.unreadable`, too many fields; `body.charset`.
    """
    if b"=" not in body:
        return None
    body = body.strip()
    if body.count(b"&") >= MAX_FIELDS:
        raise _too_many()
    pairs: list[tuple[bytes, bytes]] = []
    for field in body.split(b"&"):
        name, _, value = field.partition(b"=")
        if field:
            pairs.append((_plain(name), _plain(value)))
    if not pairs:
        return None
    declares = charset_of(declared, where="Content-Type") or _charset_field(pairs)
    if declares is not None and declares.name.startswith("utf-16"):
        declares = Charset(UTF_8)  # a form is never written in it (URL Standard, section 5.2)
    return _as_object(_texts(pairs, Decoder(declares, fallback)), decode)


def _charset_field(pairs: Iterable[tuple[bytes, bytes]]) -> Charset | None:
    """Return the charset that a field `_charset_` names, which browsers fill."""
    for name, value in pairs:
        if name == _CHARSET_FIELD:
            return charset_of(value.decode("latin-1"), where="form field '_charset_'")
    return None


def _texts(pairs: Iterable[tuple[bytes, bytes]], decoder: Decoder) -> Iterator[tuple[str, Json]]:
    for raw, value in pairs:
        name = decoder.text(raw, "the name of a form field")
        yield name, decoder.text(value, f"form field {name[:40]!r}")


def _plain(data: bytes) -> bytes:
    """Return a name or value of a form as it was before it was encoded (URL Standard, section 5.1)."""
    data = data.replace(b"+", b" ")
    return b"".join(map(unquote_to_bytes, _pieces(data))) if b"%" in data else data


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut bytes into short pieces, and no escape in two."""
    start = 0
    while start < len(data):
        end = start + _PIECE
        cut = data.find(b"%", end - 2, end)
        if cut > start:
            end = cut
        yield data[start:end]
        start = end


def read_multipart(
    body: bytes,
    content_type: str,
    *,
    fallback: Charset | None,
    decode: Callable[[str], Json],
) -> JsonObject | None:
    """Return the text fields of a multipart body, or None when it is none or has no end.

    Args:
        body: the whole body.
        content_type: header value as sent; without a usable boundary the body's first line gives it.
        fallback: charset of parts that declare none.
        decode: reads a part whose own Content-Type is JSON, and a single field that looks like it.

    Raises:
        InputError: `body.unreadable`, too many fields; `body.charset`.
    """
    kind, options = parse_options_header(content_type.encode("ascii", "ignore").decode())
    first_line = body.lstrip(b"\r\n").partition(b"\r\n")[0]
    if not first_line.startswith(b"--") or len(first_line) < 3:
        return None
    boundary = options.get(b"boundary") if kind == b"multipart/form-data" else None
    if boundary is None or not body.lstrip(b"\r\n").startswith(b"--" + boundary):
        boundary = first_line[2:].rstrip()
    if body.count(b"\n--" + boundary) > MAX_FIELDS:
        raise _too_many()
    parts: list[tuple[bytes, bytes, str]] = []
    ended: list[bool] = []

    def on_field(field: Field) -> None:
        if len(parts) >= MAX_FIELDS:
            raise _too_many()
        parts.append((field.field_name or b"", field.value or b"", field.content_type or ""))

    parser = FormParser(
        "multipart/form-data",
        on_field,
        None,
        on_end=lambda: ended.append(True),
        boundary=boundary,
        # Files are skipped, and never spill to disk: the body is in memory anyway.
        config={"MAX_MEMORY_FILE_SIZE": float("inf"), "MAX_BODY_SIZE": float("inf")},
    )
    try:
        parser.write(body.lstrip(b"\r\n"))
        parser.finalize()
    except (FormParserError, UnicodeDecodeError):
        return None
    finally:
        parser.close()
    if not ended:
        return None
    overall = options.get(b"charset", b"").decode("ascii")
    declares = _charset_field((name, value) for name, value, _ in parts)
    declares = declares or charset_of(overall, where="Content-Type")
    return _as_object(_texts_of_parts(parts, Decoder(declares, fallback), decode), decode)


def _texts_of_parts(
    parts: Iterable[tuple[bytes, bytes, str]], decoder: Decoder, decode: Callable[[str], Json]
) -> Iterator[tuple[str, Json]]:
    for raw, value, content_type in parts:
        name = decoder.text(raw, "the name of a form field")
        where = f"form field {name[:40]!r}"
        label = charset_label(content_type)
        text = decoder.with_declared(charset_of(label, where=where)).text(value, where)
        is_json = content_type.strip().lower().startswith("application/json")
        yield name, decode(text) if is_json else text


def _as_object(texts: Iterable[tuple[str, Json]], decode: Callable[[str], Json]) -> JsonObject:
    pairs = list(texts)
    fields = gathered(pairs)
    if len(pairs) == 1:
        name, value = pairs[0]
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            fields[name] = [decode(value)] if name.endswith("[]") else decode(value)
    return fields


def _too_many() -> InputError:
    return InputError(
        "body.unreadable",
        "The provided payload is invalid",
        found=f"a form of more than {MAX_FIELDS:,} fields",
        allowed=f"at most {MAX_FIELDS:,} fields",
        hint="Send JSON for payloads of this size.",
    )
