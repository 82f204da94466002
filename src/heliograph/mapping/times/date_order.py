"""Why can this date not be read without a pattern? Tells the orders of day, month and year apart.

A date that starts with day or month is never guessed, as a wrong guess moves events by months. What to do
about it differs: the order is known and has a pattern, may be either, or has no pattern at all.
"""

import re
from functools import lru_cache
from typing import Final

from heliograph.mapping.times.patterns import compile_pattern

_NUMBERS: Final = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[-/.])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{2,4})(?:[ T,].*)?",
    re.DOTALL,
)
_MONTHS: Final = range(1, 13)
_CLOCKS: Final = (
    "",
    " HH:mm",
    " HH:mm:ss",
    " HH:mm:ssZ",
    "'T'HH:mm",
    "'T'HH:mm:ss",
    "'T'HH:mm:ssZ",
)
_YEAR_FIRST: Final = "let the sender write the year first, e.g. 2024-10-25"


def why_unreadable(text: str) -> str | None:
    """Return what stands in the way of reading a date of three numbers; None for any other text."""
    stripped = text.strip()
    found = _NUMBERS.fullmatch(stripped)
    if found is None:
        return None
    first, second, mark = found["first"], found["second"], found["mark"]
    day_may_be_first = int(second) in _MONTHS
    month_may_be_first = int(first) in _MONTHS
    if not day_may_be_first and not month_may_be_first:
        return f"neither {first} nor {second} is a month"
    if mark == ".":
        return f"dots between day and month are not supported: {_YEAR_FIRST}"
    if not day_may_be_first:
        return f"the month stands first, which is not supported: {_YEAR_FIRST}"
    if len(found["year"]) != 4:
        return f"the year needs four digits: {_YEAR_FIRST}"
    if len(first) + len(second) != 4:
        return f"day and month need two digits each: {_YEAR_FIRST}"
    pattern = _pattern_of(stripped, mark)
    if month_may_be_first:
        return (
            "day and month cannot be told apart: if the day stands first, "
            f"give the pattern in formats, e.g. {pattern}; if the month does, {_YEAR_FIRST}"
        )
    return f"the day stands first: give the pattern in formats, e.g. {pattern}"


def _pattern_of(text: str, mark: str) -> str:
    """Return the pattern that reads the text, or, if none does, that of its date with a time."""
    patterns = _patterns(mark)
    return next((name for name, form in patterns if form.fullmatch(text)), patterns[1][0])


@lru_cache(maxsize=2)
def _patterns(mark: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = [f"dd{mark}MM{mark}yyyy{clock}" for clock in _CLOCKS]
    return tuple((name, compile_pattern(name)) for name in names)
