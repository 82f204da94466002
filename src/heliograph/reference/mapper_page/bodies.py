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


def render() -> str:
    """Return the section, with its heading."""
    rows = "\n".join(
        f"| `{_line(body)}` | {_label(type_)} | {_read(body, type_)} |" for body, type_ in _BODIES
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
"""


def _line(body: str) -> str:
    return body.replace("\n", "⏎")


def _label(type_: str | None) -> str:
    return "none" if type_ is None else f"`{type_}`"


def _read(body: str, type_: str | None) -> str:
    try:
        value = decode_body(body.encode(), type_)
    except InputError as error:
        return f"400, {error.found}"
    return f"`{json.dumps(value, ensure_ascii=False)}`"
