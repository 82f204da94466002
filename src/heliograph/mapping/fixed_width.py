"""The short way through the commonest time texts: a date, a separator, `HH:mm:ss`, and `Z` or nothing.

Without a pattern also the milliseconds of JavaScript's `toISOString` (`2024-10-25T14:30:00.123Z`).

It reads by position and remembers the minutes and hours it has seen (real traffic has few at a time).
Everything else it hands on, so it never refuses; `mapping.times` defines what a time is.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

from heliograph.mapping.patterns import date_expression
from heliograph.model.json import Json

_SIXTY: Final = {f":{n:02}": n for n in range(60)}
_SECONDS: Final = {text: n * 1000 for text, n in _SIXTY.items()}
_MILLISECONDS: Final = {f".{n:03}Z": n for n in range(1000)}
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def fixed_width(
    pattern: str | None, otherwise: Callable[[Json], int], *, naive_is_utc: bool
) -> Callable[[Json], int]:
    """Return a function that reads times as `otherwise` does, but the commonest texts sooner.

    Args:
        pattern: a pattern that compiles, or None for ISO 8601.
        otherwise: the long way.
        naive_is_utc: whether a text without a zone is in UTC.
    """
    found = date_expression(pattern)
    if found is None:
        return otherwise
    expression, may_be_naive, may_be_zoned = found
    ends: dict[str, int] = {}
    if may_be_naive and naive_is_utc:
        ends[""] = 0
    if may_be_zoned:
        ends["Z"] = 0
    if pattern is None:
        ends |= _MILLISECONDS
    minute = lru_cache(maxsize=4096)(_minutes(expression))

    def read(value: Json) -> int:
        if type(value) is str:
            try:
                return minute(value[:16]) + _SECONDS[value[16:19]] + ends[value[19:]]
            except (KeyError, ValueError):
                pass
        return otherwise(value)

    return read


def midnight_of(year: int, month: int, day: int) -> int:
    """Return epoch milliseconds of a date's midnight in UTC.

    Raises:
        ValueError: there is no such day.
    """
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * 86_400_000


def _minutes(expression: re.Pattern[str]) -> Callable[[str], int]:
    @lru_cache(maxsize=4096)
    def hour(text: str) -> int:
        """Return epoch milliseconds of a date and hour, e.g. `2024-10-25 14`."""
        parts = expression.fullmatch(text)
        if parts is None:
            raise ValueError
        midnight = midnight_of(int(parts["year"]), int(parts["month"]), int(parts["day"]))
        return midnight + int(parts["hour"]) * 3_600_000

    def minute(text: str) -> int:
        """Return epoch milliseconds of a date, hour and minute, e.g. `2024-10-25 14:30`."""
        return hour(text[:13]) + _SIXTY[text[13:]] * 60_000

    return minute
