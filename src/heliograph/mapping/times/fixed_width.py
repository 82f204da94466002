"""The short way through the commonest time texts: a date, a separator, `HH:mm:ss`, and a zone or nothing.

The zone is `Z` or a whole quarter of an hour (`+05:30`, `-0400`). Without a pattern also the milliseconds
of JavaScript's `toISOString` (`2024-10-25T14:30:00.123Z`).

A text is cut in two by position, both parts are looked up, and the sum is the time. A part that is not there
raises KeyError: such a text goes the long way, so nothing is refused here. `mapping.times.reader` defines
what a time is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from heliograph.mapping.times.patterns import FixedForm, fixed_form

_SECONDS: Final = {f":{n:02}": n * 1000 for n in range(60)}
_MINUTES: Final = {f":{n:02}": n * 60_000 for n in range(60)}
_MILLISECONDS: Final = {f".{n:03}Z": n for n in range(1000)}
_OFFSETS: Final = {
    f"{sign}{hours:02}{colon}{minutes:02}": factor * (hours * 60 + minutes) * 60_000
    for sign, factor in (("+", -1), ("-", 1))
    for hours in range(15)
    for colon in (":", "")
    for minutes in (0, 15, 30, 45)
}
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY_MS: Final = 86_400_000
_REMEMBERED: Final = 4096
_YEARS: Final = range(2, 9999)
"""At both ends of the calendar an offset may lead out of it: those go the long way."""


class FixedWidth(NamedTuple):
    """`minutes[text[:16]] + rests[text[16:]]` is a time, or raises KeyError."""

    minutes: Mapping[str, int]
    """Epoch milliseconds of a date, hour and minute as if in UTC."""
    rests: Mapping[str, int]
    """What the seconds and the zone add to that."""


def fixed_width(pattern: str | None, *, naive_is_utc: bool) -> FixedWidth | None:
    """Return the tables for a pattern that compiles (None: for ISO 8601); None when there is no short way.

    Args:
        pattern: of the mapper's `formats`.
        naive_is_utc: whether a text without a zone is in UTC.
    """
    form = fixed_form(pattern)
    if form is None:
        return None
    ends: dict[str, int] = {}
    if form.naive and naive_is_utc:
        ends[""] = 0
    if form.zoned:
        ends["Z"] = 0
    if form.offset:
        ends |= _OFFSETS
    if pattern is None:
        ends |= _MILLISECONDS
    return FixedWidth(_Minutes(form), _Rests(ends))


def midnight_of(year: int, month: int, day: int) -> int:
    """Return epoch milliseconds of a date's midnight in UTC.

    Raises:
        ValueError: there is no such day.
    """
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * _DAY_MS


class _Minutes(dict[str, int]):
    """Remembers the minutes it was asked for: real traffic has few at a time."""

    def __init__(self, form: FixedForm) -> None:
        self._form = form

    def __missing__(self, text: str) -> int:
        found = self._form.hour.fullmatch(text[:13])
        if found is None or int(found["year"]) not in _YEARS:
            raise KeyError(text)
        try:
            midnight = midnight_of(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            raise KeyError(text) from None
        minute = midnight + int(found["hour"]) * 3_600_000 + _MINUTES[text[13:]]
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = minute
        return minute


class _Rests(dict[str, int]):
    """Remembers the first seconds with zone that it was asked for: most traffic has one zone."""

    def __init__(self, ends: Mapping[str, int]) -> None:
        self._ends = ends

    def __missing__(self, text: str) -> int:
        rest = _SECONDS[text[:3]] + self._ends[text[3:]]
        if len(self) < _REMEMBERED:
            self[text] = rest
        return rest
