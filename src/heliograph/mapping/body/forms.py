"""Forms as JSON objects: `application/x-www-form-urlencoded` and the text fields of multipart bodies.

Both give `{name: text}`; a name that occurs more than once gives an array, in the order sent. Names stay
flat (`data[email]` is one key, reached by `$['data[email]']`). Files of a multipart body are left out.
A form of one single field whose text is a JSON object or array is how GitHub and Slack post JSON from
forms: there the field holds the parsed value (`$.payload.…`).
"""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, FormParser, parse_options_header

from heliograph.errors import InputError
from heliograph.model.json import Json, JsonObject

# What the parser would log about a bad body is said in the answer, and senders must not fill our logs.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

MAX_FIELDS: Final = 5_000
_PIECE: Final = 8_192
"""Characters of a form undone at a time: doing a megabyte at once would keep every other thread waiting."""
_ASCII: Final = re.compile("([\x00-\x7f]+)")
_PAIR: Final = rb"[A-Za-z0-9_$.\-+*~\[\]%@:]{1,200}=[^&=\s\"'<>{}]*=*"
_FORM: Final = re.compile(rb"\s*" + _PAIR + rb"(?:&" + _PAIR + rb")*&?\s*")


def looks_like_form(body: bytes) -> bool:
    """Return whether a body of unknown type can be nothing but `name=value&…`."""
    return _FORM.fullmatch(body) is not None


def read_form(
    body: bytes, content_type: str, *, decode: Callable[[bytes], Json]
) -> JsonObject | None:
    """Return the fields of a URL-encoded form, or None when the body holds no `name=value`.

    Args:
        body: the form; percent-encoded UTF-8 unless the type names another charset.
        content_type: lower-case header value.
        decode: reads a single field that looks like JSON; gives its text when it is none.
    """
    if b"=" not in body:
        return None
    charset = re.search(r'charset="?(iso-8859-1|iso-8859-15|windows-1252)', content_type)
    encoding = charset[1] if charset else "utf-8"
    text = body.strip().decode(encoding, errors="replace")
    if text.count("&") >= MAX_FIELDS:
        raise _too_many()
    pairs: list[tuple[str, Json]] = []
    for field in text.split("&"):
        name, _, value = field.partition("=")
        if field:
            pairs.append((_plain(name, encoding), _plain(value, encoding)))
    return _as_object(pairs, decode) if pairs else None


def _plain(text: str, encoding: str) -> str:
    """Return a name or value of a form as it was before it was encoded (URL Standard, section 5.1)."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    # Escapes stand for bytes of the charset; a character that needs none is a character already.
    parts = _ASCII.split(text)
    parts[1::2] = [
        b"".join(map(unquote_to_bytes, _pieces(part))).decode(encoding, errors="replace")
        for part in parts[1::2]
    ]
    return "".join(parts)


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into short pieces, and no escape in two."""
    start = 0
    while start < len(text):
        end = start + _PIECE
        cut = text.find("%", end - 2, end)
        if cut > start:
            end = cut
        yield text[start:end]
        start = end


def read_multipart(
    body: bytes, content_type: str, *, decode: Callable[[bytes], Json]
) -> JsonObject | None:
    """Return the text fields of a multipart body, or None when it is none or has no end.

    Args:
        body: the whole body.
        content_type: header value as sent; without a usable boundary the body's first line gives it.
        decode: reads a part whose own Content-Type is JSON, and a single field that looks like it.
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
    pairs: list[tuple[str, Json]] = []
    ended: list[bool] = []

    def on_field(field: Field) -> None:
        if len(pairs) >= MAX_FIELDS:
            raise _too_many()
        name = (field.field_name or b"").decode(errors="replace")
        value = field.value or b""
        is_json = (field.content_type or "").lower().startswith("application/json")
        pairs.append((name, decode(value) if is_json else value.decode(errors="replace")))

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
    return _as_object(pairs, decode) if ended else None


def _as_object(pairs: list[tuple[str, Json]], decode: Callable[[bytes], Json]) -> JsonObject:
    fields: JsonObject = {}
    repeated: dict[str, list[Json]] = {}
    for name, value in pairs:
        if name in repeated:
            repeated[name].append(value)
        elif name in fields:
            fields[name] = repeated[name] = [fields[name], value]
        else:
            fields[name] = value
    if len(pairs) == 1:
        name, value = pairs[0]
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            fields[name] = decode(value.encode())
    return fields


def _too_many() -> InputError:
    return InputError(
        "body.unreadable",
        "The provided payload is invalid",
        found=f"a form of more than {MAX_FIELDS:,} fields",
        allowed=f"at most {MAX_FIELDS:,} fields",
        hint="Send JSON for payloads of this size.",
    )
