"""Which JSON does a text hold? Read as leniently as a body, and with the same bounds."""

from collections.abc import Iterable
from typing import Final

import msgspec

from heliograph.mapping.paths.work import Work
from heliograph.mapping.values.surrogates import with_whole_surrogates
from heliograph.model.json import Json

MAX_LEVELS: Final = 100
"""Levels of arrays and objects in a text; as many as in a body."""


_LOOKED_AT: Final = 65_536
"""Characters of a text that is looked at for advice."""
_DECODE: Final = msgspec.json.Decoder().decode


class NoJson(Exception):
    """The text holds no JSON; the message says why, in one sentence."""


def read_json(value: Json, work: Work) -> Json:
    """Return what a text holds; an object or array is there already.

    Raises:
        NoJson: it holds none.
        TooMuchWork: reading it costs more than is left.
    """
    if type(value) is not str:
        if isinstance(value, dict | list):
            return value
        raise NoJson("Only a text can hold JSON.")
    work.spend(len(value) >> 3)
    try:
        found: Json = _DECODE(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        found = _mended(value, error)
    if len(value) > MAX_LEVELS and _is_deeper(value, found, MAX_LEVELS):
        raise NoJson(f"The JSON in the text has more than {MAX_LEVELS} levels.")
    return found


def holds_json(text: str) -> bool:
    """Tell whether a text holds a JSON object or array; of a very long one, no."""
    if len(text) > _LOOKED_AT or not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return isinstance(_DECODE(text), dict | list)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _mended(text: str, fault: Exception) -> Json:
    if isinstance(fault, RecursionError):
        raise NoJson(f"The JSON in the text has more than {MAX_LEVELS} levels.") from None
    try:
        body = text.encode("utf-8", "replace").lstrip(b"\xef\xbb\xbf")
        found: Json = msgspec.json.decode(with_whole_surrogates(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise NoJson(f"The text holds no JSON ({fault}).") from None
    return found


def _is_deeper(text: str, value: Json, levels: int) -> bool:
    if text.count("{") + text.count("[") <= levels:
        return False  # as in nearly all
    layer: list[Json] = [value]
    for _ in range(levels):
        layer = [
            member for node in layer for member in _members(node) if isinstance(member, dict | list)
        ]
        if not layer:
            return False
    return True


def _members(node: Json) -> Iterable[Json]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()
