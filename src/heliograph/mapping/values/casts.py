"""What does `$cast` make of a value?

Numbers are read as JSON writes them. `1,234.50`, `12,5` and `$5` are none: what a comma means depends on who
wrote it, and a wrong amount is worse than none.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from heliograph.mapping.document.plan import Cast
from heliograph.mapping.document.selection import EXACT
from heliograph.mapping.times.reader import EpochMs, TimeReader, UnreadableTime
from heliograph.mapping.values.texts import as_text
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

_SURELY_FINITE: Final = 300
_SURELY_EXACT: Final = 15
"""Digits of a number below 2^53."""
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,400}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0"), False),
}


class Uncastable(Exception):
    """A value is not of the type; the message says why, in one sentence."""


def number_of(value: Json) -> Json:
    """Return a number: integers exact, texts as JSON writes numbers, with blanks around them.

    Raises:
        Uncastable: it is none.
    """
    if isinstance(value, str):
        return _number_in(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Uncastable(f"{a_kind_of(value).capitalize()} is no number.")


def _number_in(value: str) -> Json:
    text = value.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if abs(number) >= EXACT and "e" not in text.lower():
            # What has a point and nothing behind it is an integer, exact as one without.
            whole = _whole_in(text)
            return number if whole is None else whole
        if math.isfinite(number):
            return number
        raise Uncastable(f"{shown(value)} is larger than a number may be.")
    why = " What a comma means depends on who wrote it." if "," in text else ""
    raise Uncastable(f"{shown(value)} is no number.{why}")


def integer_of(value: Json) -> Json:
    """Return a whole number, exact to the last digit; one with a fraction is none.

    A number that JSON wrote with a point or an exponent is exact below 2^53 only, and none from there on; a
    text is exact at any size.

    Raises:
        Uncastable: it is none.
    """
    number = number_of(value)
    if not isinstance(number, float):
        return number
    whole = _whole_in(value.strip()) if isinstance(value, str) else _whole_of(number)
    if whole is None:
        raise Uncastable(f"{shown(value)} is no whole number.")
    return whole


def _whole_in(text: str) -> int | None:
    """Return the integer that a text which is a number says, exactly; None when it has a fraction."""
    mantissa, _, exponent = text.lower().partition("e")
    before, _, after = mantissa.partition(".")
    digits = (before + after).rstrip("0")
    shift = int(exponent or 0) - len(after) + len(before + after) - len(digits)
    if digits in ("", "+", "-"):
        return 0
    return int(digits) * 10**shift if shift >= 0 else None


def _whole_of(number: float) -> int | None:
    if not number.is_integer():
        return None
    if abs(number) >= EXACT:
        raise Uncastable(
            f"{shown(number)} may have lost digits: a number with a point or an exponent is exact below "
            "2^53. Send it as digits or as a text."
        )
    return int(number)


def text_from(value: Json) -> Json:
    """Return a text; numbers in decimal.

    Raises:
        Uncastable: an object, or a number whose digits are not exact.
    """
    text = as_text(value)
    if text is None:
        raise Uncastable(f"{a_kind_of(value).capitalize()} like this is no text.")
    return text


def boolean_of(value: Json) -> Json:
    """Return true or false, also of the usual words and of 1 and 0.

    Raises:
        Uncastable: it is none of them.
    """
    if isinstance(value, bool):
        return value
    found = (
        None if isinstance(value, dict) else _BOOLEANS.get((as_text(value) or "").strip().lower())
    )
    if found is None:
        raise Uncastable(f"{shown(value)} is neither true nor false.")
    return found


def _time_of(reader: TimeReader, *, as_ms: bool) -> Callable[[Json], Json]:
    tables = reader.fixed_width

    def ms_of(value: Json) -> int:
        if tables is not None and type(value) is str:
            try:
                return tables.minutes[value[:16]] + tables.rests[value[16:]]
            except KeyError:
                pass
        try:
            return reader.read(value)
        except UnreadableTime as error:
            raise Uncastable(str(error)) from None

    if as_ms:
        return lambda value: EpochMs(ms_of(value))
    return lambda value: iso_of(ms_of(value))


def iso_of(ms: int) -> str:
    """Return epoch milliseconds as `2024-10-25T14:30:00.000Z`."""
    return _MINUTES[ms // 60_000] + _SECONDS[ms % 60_000]


class _Minutes(dict[int, str]):
    """`2024-10-25T14:30` by minutes since 1970; remembers those asked for, as traffic has few."""

    def __missing__(self, minute: int) -> str:
        moment = _EPOCH + timedelta(minutes=minute)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[minute] = text = moment.isoformat(timespec="minutes")[:16]
        return text


class _Seconds(dict[int, str]):
    """`:00.000Z` by milliseconds of a minute."""

    def __missing__(self, ms: int) -> str:
        text = f":{ms // 1000:02}.{ms % 1000:03}Z"
        if len(self) < _REMEMBERED:
            self[ms] = text
        return text


_REMEMBERED: Final = 4096
_MINUTES: Final = _Minutes()
_SECONDS: Final = _Seconds()


def quick_caster(cast: Cast) -> Callable[[Json], Json]:
    """Return what `caster` does, with None instead of an error, and for None.

    What most texts are is done without a pattern and without an error to catch.
    """
    plain = caster(cast)

    def slow(value: Json) -> Json:
        try:
            return None if value is None else plain(value)
        except Uncastable:
            return None

    def to_number(value: Json) -> Json:
        if type(value) is str:
            digits = value.replace(".", "", 1)
            if digits.isdigit() and digits.isascii() and len(digits) < _SURELY_FINITE:
                if digits == value:
                    return int(value)
                if len(digits) <= _SURELY_EXACT:
                    return float(value)
        elif type(value) is int or type(value) is float:
            return value
        return slow(value)

    def to_boolean(value: Json) -> Json:
        found = _BOOLEANS.get(value) if type(value) is str else None
        return slow(value) if found is None else found

    if cast.to == "number":
        return to_number
    return to_boolean if cast.to == "boolean" else slow


def caster(cast: Cast) -> Callable[[Json], Json]:
    """Return the function of one value that is not null; it raises `Uncastable`."""
    if cast.reader is not None:
        return _time_of(cast.reader, as_ms=cast.as_ms)
    return {
        "number": number_of,
        "integer": integer_of,
        "text": text_from,
        "boolean": boolean_of,
    }[cast.to]
