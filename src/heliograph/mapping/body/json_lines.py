"""NDJSON: objects, one per line. What they are read as, and which line is wrong when they cannot be."""

import re
from typing import Final

import msgspec

from heliograph.mapping.body.json_fault import describe_json_fault
from heliograph.mapping.values.surrogates import with_whole_surrogates
from heliograph.mapping.wording import a_kind_of
from heliograph.model.json import Json

_LINES: Final = frozenset(
    ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
)
"""Content-Types of JSON values one per line, as senders spell them; none is registered."""
_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError)
_BLANKS: Final = b" \t\v\f"
_FIRST_LINE: Final = re.compile(rb"\s*+([^\r\n]*+)[\r\n]")
_lines: Final[msgspec.json.Decoder[Json]] = msgspec.json.Decoder()


def is_lines(label: str) -> bool:
    """Return whether a Content-Type says NDJSON."""
    return label.partition(";")[0].strip().lower() in _LINES


def read_lines(body: bytes) -> Json | None:
    """Return the objects of NDJSON as an array, or None when the lines are not objects each."""
    first = _FIRST_LINE.match(body)
    if first is None or not first[1].startswith(b"{") or not _is_object(first[1]):
        return None
    try:
        values: list[Json] = _lines.decode_lines(with_whole_surrogates(body))
    except (*_JSON_ERRORS, RecursionError):
        return None
    is_ndjson = len(values) > 1 and set(map(type, values)) == {dict}
    return values if is_ndjson and _count_lines(body) == len(values) else None


def _count_lines(body: bytes) -> int:
    """Return the number of lines that are not blank, without an object for each."""
    rest = body.translate(None, _BLANKS).replace(b"\r", b"\n")
    while b"\n\n" in rest:
        rest = rest.replace(b"\n\n", b"\n")
    rest = rest.strip(b"\n")
    return rest.count(b"\n") + 1 if rest else 0


def describe_line_fault(body: bytes, kind: str) -> tuple[str, str] | None:
    """Return what is wrong with the first bad line of NDJSON and what to do; None: not meant as NDJSON.

    Raises:
        RecursionError: the first bad line is nested too deeply to be read.
    """
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if not is_lines(kind) and not (
        len(lines) > 1 and lines[1][1].lstrip().startswith(b"{") and _is_object(lines[0][1])
    ):
        return None
    for number, line in lines:
        try:
            value: Json = _lines.decode(with_whole_surrogates(line))
        except _JSON_ERRORS as error:
            found, hint = describe_json_fault(line, error, is_line=True)
            return f"line {number} of NDJSON: {found}", hint
        if not isinstance(value, dict):
            found = f"line {number} of NDJSON: {a_kind_of(value)} in place of an object"
            return found, "Send one JSON object per line."
    return None


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(_lines.decode(with_whole_surrogates(line)), dict)
    except (*_JSON_ERRORS, RecursionError):
        return False
