"""The section of the mapper reference about bodies: each row is read by the code it describes."""

import json
from typing import Final

from heliograph.errors import InputError
from heliograph.mapping.body.decode import decode_body

_NDJSON: Final = "application/x-ndjson"
_FORM: Final = "application/x-www-form-urlencoded"
_BODIES: Final = (
    ('{"id": "c-1"}', "application/json"),
    ('{"id": "c-1"}', "text/plain"),
    ('[{"id": "c-1"}]', None),
    ('{"id": "c-1"}\n{"id": "c-2"}\n', _NDJSON),
    ('{"id": "c-1"}\n{"id": "c-2"}\n', None),
    ('{"id": "c-1"}\n', _NDJSON),
    ('{"id": "c-1"}\n{"id": c-2}\n', _NDJSON),
    ("id=c-1&tag=a&tag=b", _FORM),
    ('{"id": "\\ud83d"}', "application/json"),
    ('{"id": "c-1"', "application/json"),
)


_CHARSETS: Final[tuple[tuple[str, str | None], ...]] = (
    ("n=J%C3%BCrgen", "application/x-www-form-urlencoded"),
    ("n=J%FCrgen", "application/x-www-form-urlencoded; charset=windows-1252"),
    ("_charset_=iso-8859-1&n=J%FCrgen", "application/x-www-form-urlencoded"),
    ("n=%93%8C%8B%9E", "application/x-www-form-urlencoded; charset=shift_jis"),
    ("n=J%FCrgen", "application/x-www-form-urlencoded"),
    ("n=J%FCrgen", "application/x-www-form-urlencoded; charset=rot13"),
    ("tag[]=a", "application/x-www-form-urlencoded"),
)


def render() -> str:
    """Return the section, with its heading."""
    rows = "\n".join(
        f"| `{_line(body)}` | {_label(type_)} | {_read(body, type_)} |" for body, type_ in _BODIES
    )
    charsets = "\n".join(
        f"| `{body}` | {_label(type_)} | {_read(body, type_)} |" for body, type_ in _CHARSETS
    )
    return f"""## Bodies

What a mapper gets is an object or an array. A body is judged by its bytes; the Content-Type is a hint, and
decides alone whether a single object is a batch of one: with a type of NDJSON (`application/x-ndjson`,
`application/ndjson`, `application/jsonl`, `application/x-jsonlines`) it is an array, as are two lines, so
its mapper has `batching` and paths that begin with `$[*]`. Of a multipart body the text fields are read as
those of a form. Bodies compressed with gzip or deflate are read like others. ⏎ is a line's end.

| body | Content-Type | the mapper gets |
|---|---|---|
{rows}

A name of a form or query string that occurs several times, or ends in `[]`, is a list, in the order sent.

### Charsets

Text is read in the charset that is declared: by a part of a multipart body, a field `_charset_`, or the
Content-Type of a form; else in the mapper's `charset` (`"charset": "windows-1252"` beside `mappings`,
which also reads what is not as it is declared); else in UTF-8. JSON is UTF-8, or begins with a byte
order mark or as UTF-16 and UTF-32 do, whatever is declared; only what is none of these is read as
declared. Labels are those of the WHATWG Encoding Standard, as browsers read them (`latin1` is
windows-1252). Query strings are UTF-8, or the mapper's charset. Text in none of these, and a label that
nobody knows, are refused with `body.charset` and the field's name; no character of a text is replaced.
Only half a surrogate pair that JSON escapes (`"\\ud83d"`, of a sender that cut a text) becomes U+FFFD, as
UTF-8 cannot hold it. Headers are UTF-8, or else Latin-1.

| body | Content-Type | the mapper gets |
|---|---|---|
{charsets}
"""


def _line(body: str) -> str:
    return body.replace("\n", "⏎")


def _label(type_: str | None) -> str:
    return "none" if type_ is None else f"`{type_}`"


def _read(body: str, type_: str | None) -> str:
    try:
        value = decode_body(body.encode(), type_)
    except InputError as error:
        place = f" in {error.where}" if error.code == "body.charset" else ""
        return f"{error.status}, {error.found}{place}"
    return f"`{json.dumps(value, ensure_ascii=False)}`"
