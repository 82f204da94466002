"""What do the parameters of a query string hold? As a form: a name that occurs several times is a list."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from heliograph.mapping.charsets import Charset, Decoder
from heliograph.model.json import Json, JsonObject

_PLUS: Final = b"+"


def split_query(query: bytes) -> list[tuple[bytes, bytes]]:
    """Return the names and values of a query string as bytes, blank ones included, in order."""
    pairs: list[tuple[bytes, bytes]] = []
    for part in query.split(b"&"):
        if part:
            name, _, value = part.replace(_PLUS, b" ").partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def read_query(query: bytes, *, charset: Charset | None = None) -> JsonObject:
    """Return the parameters of a query string: UTF-8, or else the given charset.

    Raises:
        InputError: 400 `body.charset`: a name or value is in neither; `where` names the parameter.
    """
    decoder = Decoder(Charset("utf-8"), charset)
    pairs: list[tuple[str, Json]] = []
    for raw, value in split_query(query):
        name = decoder.text(raw, "the name of a query parameter")
        pairs.append((name, decoder.text(value, f"query parameter {name[:40]!r}")))
    return gathered(pairs)


def gathered(pairs: Iterable[tuple[str, Json]]) -> JsonObject:
    """Return pairs as an object: a name that occurs several times, or ends in `[]`, is a list."""
    fields: JsonObject = {}
    lists: dict[str, list[Json]] = {}
    for name, value in pairs:
        if name in lists:
            lists[name].append(value)
        elif name.endswith("[]"):
            fields[name] = lists[name] = [value]
        elif name in fields:
            fields[name] = lists[name] = [fields[name], value]
        else:
            fields[name] = value
    return fields
