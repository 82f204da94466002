"""Does a value have the type that `payload_validations` asks for?

Source: Connected Sources shows only `"string"` (copy of mid-2026); the other names are reading A15.
"""

from collections.abc import Callable
from typing import Final

from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.model.json import Json


def _is_integer(value: Json) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPES: Final[dict[str, Callable[[Json], bool] | None]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": _is_number,
    "float": _is_number,
    "double": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "datetime": None,
}
"""Test of each type; `datetime` is what the mapper's time reader, or one without a pattern, reads."""


def has_type(value: Json, type_name: str, reader: TimeReader) -> bool:
    """Tell whether a value (not null) is of a type of `TYPES`."""
    test = TYPES[type_name]
    return test(value) if test is not None else _is_time(value, reader)


def _is_time(value: Json, reader: TimeReader) -> bool:
    for attempt in (reader, reader.without_pattern()):
        try:
            attempt.read(value)
        except UnreadableTime:
            continue
        return True
    return False
