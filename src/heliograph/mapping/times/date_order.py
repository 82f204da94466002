"""Why can this date not be read without a pattern? Tells the orders of day, month and year apart.

A date that starts with day or month is never guessed, as a wrong guess moves events by months. What to do
about it differs: the order is known, or may be either.
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
    " H:mm",
    " H:mm:ss",
    " h:mm a",
    " h:mm:ss a",
    ", HH:mm",
    ", HH:mm:ss",
    ", h:mm a",
    ", h:mm:ss a",
    " HH:mm:ssZ",
    "'T'HH:mm",
    "'T'HH:mm:ss",
    "'T'HH:mm:ssZ",
)


def why_unreadable(text: str) -> str | None:
    """Return what stands in the way of reading a date of three numbers; None for any other text."""
    stripped = text.strip()
    found = _NUMBERS.fullmatch(stripped)
    if found is None:
        return None
    first, second = found["first"], found["second"]
    day_may_be_first = int(second) in _MONTHS
    month_may_be_first = int(first) in _MONTHS
    if not day_may_be_first and not month_may_be_first:
        return f"neither {first} nor {second} is a month"
    day_first = _pattern_of(found, "d", "M")
    month_first = _pattern_of(found, "M", "d")
    if day_may_be_first and month_may_be_first:
        return (
            "day and month cannot be told apart: give the pattern in formats, "
            f"{day_first} if the day stands first, {month_first} if the month does"
        )
    if day_may_be_first:
        return f"the day stands first: give the pattern in formats, e.g. {day_first}"
    return f"the month stands first: give the pattern in formats, e.g. {month_first}"


def _pattern_of(found: re.Match[str], first: str, second: str) -> str:
    """Return the pattern that reads the text, or, if none does, that of its date with a time."""
    mark = found["mark"]
    year = "y" * (4 if len(found["year"]) > 2 else 2)
    name = f"{first * len(found['first'])}{mark}{second * len(found['second'])}{mark}{year}"
    patterns = _patterns(name)
    return next((name for name, form in patterns if form.fullmatch(found[0])), patterns[1][0])


@lru_cache(maxsize=64)
def _patterns(of_date: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = [f"{of_date}{clock}" for clock in _CLOCKS]
    return tuple((name, compile_pattern(name)) for name in names)
