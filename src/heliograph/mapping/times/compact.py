"""Digits that form a date, at every length they are written in.

| digits | are | and not |
|---|---|---|
| 4 | a year of 1900 to 2099 | seconds after 1970 |
| 6 | year and month, unless the same digits are a day of 2001 to 2012 with a two-digit year | |
| 7 | year and day of the year | |
| 8 | year, month, day | |
| 10, 12, 14 | the same with hour, minute, second | 10: an epoch time in seconds, if that is past |
| 15 to 23 | the same with a fraction | 16, 19: an epoch time in µs or ns, if that is past |

Nobody writes epoch times with the other lengths: seconds have 10 digits from 2001 to 2286, milliseconds 13.
Where both readings are possible, the epoch time wins unless it lies in the future.
"""

import re
from datetime import date
from typing import Final

_COMPACT: Final = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})"
    r"(?:(?P<ordinal>[0-3][0-9]{2})|(?P<month>0[1-9]|1[0-2])"
    r"(?:(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?:(?P<hour>[01][0-9]|2[0-4])(?:(?P<minute>[0-5][0-9])"
    r"(?:(?P<second>[0-5][0-9]|60)(?P<fraction>[0-9]{1,9})?)?)?)?)?)?"
)
_EPOCH_LENGTHS: Final = (10, 16, 19)
"""Lengths at which epoch times of our days and dates look alike."""
LONGEST: Final = 23


def read_compact(digits: str) -> re.Match[str] | None:
    """Return the date that digits form, with groups as those of a pattern; None when they form none."""
    if not 4 <= len(digits) <= LONGEST:
        return None
    found = _COMPACT.fullmatch(digits)
    if found is None:
        return None
    year, month, day, ordinal = found["year"], found["month"], found["day"], found["ordinal"]
    if ordinal is not None:
        days = date(int(year), 12, 31).timetuple().tm_yday
        return found if 1 <= int(ordinal) <= days else None
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:  # 30 February
        return None
    return found


def may_be_epoch(digits: str) -> bool:
    """Tell whether digits that form a date may be an epoch time of our days as well."""
    return len(digits) in _EPOCH_LENGTHS


def is_ambiguous(digits: str) -> bool:
    """Tell whether six digits may be year and month, or a day with a two-digit year."""
    return len(digits) == 6 and 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31
