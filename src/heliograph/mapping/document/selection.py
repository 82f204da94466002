"""Which value does a field get from what its path selects?

- Identity, event name, time, platform and version take one value: the first match.
- An attribute takes the value of a path to one place. A path with a wildcard, a slice or several selectors
  gives a list of all matches (reading A6), even of one. A path whose only open part is a filter or `..`
  gives the value when one matches, and the list when more do.
- JSON null is the same as no match (reading A8).
"""

import math
from typing import Final

from jsonpath_rfc9535.segments import JSONPathSegment
from jsonpath_rfc9535.selectors import FilterSelector, IndexSelector, NameSelector

from heliograph.mapping.document.plan import (
    Constant,
    First,
    JsonText,
    Path,
    Source,
    Split,
    Template,
    ValueMap,
    operands_of,
)
from heliograph.mapping.paths.jsonpath import ANY
from heliograph.model.json import Json
from heliograph.model.nobody import Blocklist, trimmed

EXACT: Final = 2**53
"""Integral floats from here on may have lost digits, so they are no identifiers."""

MAX_ID_BITS: Final = 4096
"""Integers beyond (1,233 digits) are no identifiers or texts."""


def is_singular(path: Path) -> bool:
    """Tell whether the path selects one value at most within one record."""
    return not path.query.tail and ANY not in path.query.head[path.start :]


def is_list(path: Path) -> bool:
    """Tell whether the path gives a list within one record, however many values match."""
    return ANY in path.query.head[path.start :] or any(map(_gives_list, path.query.tail))


def _gives_list(segment: JSONPathSegment) -> bool:
    return len(segment.selectors) != 1 or not isinstance(
        segment.selectors[0], NameSelector | IndexSelector | FilterSelector
    )


def gives_list(source: Source) -> bool:
    """Tell whether a source gives a list within one record, whatever the payload holds.

    `$first` never does on account of a path: each match is one of the values it tries.
    """
    match source:
        case Path():
            return is_list(source)
        case Constant():
            return isinstance(source.value, list)
        case First():
            return any(gives_list(each) for each in source.of if not isinstance(each, Path))
        case Template():
            return False
        case JsonText():
            return any(map(_gives_list, source.query.tail)) or ANY in source.query.head
        case Split() if source.take is None:
            return True
        case _:
            return any(map(gives_list, operands_of(source)))


def may_be_literal(source: Source) -> bool:
    """Tell whether a source may come to a literal, as the last resort or the default is."""
    match source:
        case Path():
            return False
        case Constant():
            return source.value is not None
        case First():
            return any(map(may_be_literal, source.of))
        case ValueMap():
            return source.default is not None and may_be_literal(source.default)
        case Template():
            return False
        case _:
            return any(map(may_be_literal, operands_of(source)))


def attribute_value(path: Path, values: list[Json]) -> Json:
    """Return the value of an attribute from the matches of its path; None when it is to be left out."""
    if is_list(path):
        return values or None
    if len(values) <= 1:
        return values[0] if values else None
    return values


def first_value(values: list[Json]) -> Json:
    """Return the value of a field that takes one."""
    return values[0] if values else None


def id_of(value: Json) -> str | None:
    """Return an identifier as text, or None when the value is none (reading A14).

    Text is trimmed, also of what is invisible; integers and integral floats below 2**53 become digits.
    """
    if isinstance(value, str):
        return trimmed(value) or None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value.bit_length() <= MAX_ID_BITS else None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return None


def usable_id(blocked: Blocklist, value: Json) -> str | None:
    """Return an identifier as text, or None when the value is none or stands for nobody."""
    text = id_of(value)
    return None if text is None or blocked.holds(text) else text


def text_of(value: Json) -> str | None:
    """Return a scalar as text: strings as they are, numbers in decimal; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
        return repr(value)
    return id_of(value)
