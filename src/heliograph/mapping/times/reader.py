"""When did it happen? Reads the time forms of webhook payloads as UTC epoch milliseconds.

`TimeReader(pattern, zone)` is made once per mapper; `read(value)` is pure.

- Numbers: epoch seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds
  (by magnitude, reading A10); fractions are cut to whole milliseconds. A number ignores the pattern.
- Text with a pattern: must match it exactly.
- Text without a pattern: digits as a number, but 8 or 14 that form a date of 1900 to 2099 as that date;
  ISO 8601, RFC 3339, SQL, RFC 2822 and JavaScript's `Date` text. Day before month is never guessed
  (`02/01/2025` is refused).
- Text without a zone is read in the mapper's or workspace's zone. A time that occurs twice (clocks put
  back) is its first occurrence; one that never occurs (clocks put forward) moves forward by the gap.
- A date alone is its midnight. Second 60 is the first second of the next minute. Years 1 to 9999.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from heliograph.errors import ConfigError
from heliograph.mapping.times.date_order import why_unreadable
from heliograph.mapping.times.fixed_width import fixed_width, midnight_of
from heliograph.mapping.times.patterns import compile_pattern
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

EARLIEST_MS: Final = -62_135_596_800_000
"""0001-01-01T00:00:00Z."""
LATEST_MS: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""

ACCEPTED: Final = (
    "epoch seconds, milliseconds, microseconds or nanoseconds as a number or digits, ISO 8601 / RFC 3339 "
    "(2024-10-25T14:30:00Z, 2024-10-25T14:30:00.123+05:30), SQL (2024-10-25 14:30:00), a date "
    "(2024-10-25), RFC 2822 (Fri, 25 Oct 2024 14:30:00 +0000), or text in one of the patterns of formats: "
    "yyyy-MM-dd, yyyy/MM/dd, dd-MM-yyyy, dd/MM/yyyy with an optional time"
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (only ever subtracted from naive times)
_MILLISECOND: Final = timedelta(milliseconds=1)

_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?")
_ZONE: Final = r"(?P<zone>[Zz]|UTC|GMT|UT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_ISO: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>[-/]?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?:(?:[Tt]| +)(?P<hour>[0-9]{2})(?P<colon>:?)(?P<minute>[0-9]{2})"
    r"(?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,30}))?)?"
    rf"(?: *{_ZONE})?)?"
)
_DAY_NAME: Final = r"(?:[A-Za-z]{3,9},? +)?"
_CLOCK: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
)
_RFC2822: Final = re.compile(
    rf"{_DAY_NAME}(?P<day>[0-9]{{1,2}})[ -](?P<month>[A-Za-z]{{3,9}})[ -](?P<year>[0-9]{{4}})"
    rf"(?:,? +{_CLOCK}(?: *{_ZONE})?)?(?: *\([^()]*\))?"
)
_JAVASCRIPT: Final = re.compile(
    rf"{_DAY_NAME}(?P<month>[A-Za-z]{{3,9}})\.? +(?P<day>[0-9]{{1,2}}),? +(?P<year>[0-9]{{4}})"
    rf"(?:,? +{_CLOCK}(?: *(?:GMT|UTC)?{_ZONE})?)?(?: *\([^()]*\))?"
)
_BASIC: Final = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?:(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9]))?"
    r"(?P<fraction>(?!))?(?P<zone>(?!))?"
)
_MONTH_NAMES: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTHS: Final = {
    "sept": 9,
    **{name: index + 1 for index, name in enumerate(_MONTH_NAMES)},
    **{name[:3]: index + 1 for index, name in enumerate(_MONTH_NAMES)},
}


_SECONDS: Final[dict[str | None, int]] = {None: 0, **{f"{n:02}": n for n in range(61)}}
_MINUTES: Final[dict[str | None, int]] = {None: 0, **{f"{n:02}": n for n in range(60)}}
_HOURS: Final[dict[str | None, int]] = {
    None: 0,
    **{f"{n:02}": n for n in range(24)},
    **{str(n): n for n in range(10)},
}
_GROUPS: Final = ("year", "month", "day", "hour", "minute", "second", "fraction", "zone")


class UnreadableTime(Exception):
    """The value is no time; the message says why and what is accepted, in one sentence."""


class TimeReader:
    """Reads times of one field: with its pattern, or any known form; in its zone if none is written."""

    __slots__ = ("_expression", "_zone", "fixed_width", "pattern")

    def __init__(self, *, pattern: str | None, zone: tzinfo) -> None:
        """Compile the pattern.

        Raises:
            ConfigError: `mapper.invalid`, for a pattern that is not supported.
        """
        self.pattern = pattern
        self._expression = compile_pattern(pattern) if pattern is not None else None
        self._zone = None if zone is UTC else zone
        self.fixed_width = fixed_width(pattern, naive_is_utc=zone is UTC)
        """A short way to what `read` returns for the commonest texts, if there is one."""

    def without_pattern(self) -> "TimeReader":
        """Return a reader of any known form in the same zone."""
        return TimeReader(pattern=None, zone=self._zone or UTC)

    def read(self, value: Json) -> int:
        """Return UTC epoch milliseconds, in years 1 to 9999.

        Raises:
            UnreadableTime: the message names the value and what is accepted.
        """
        if isinstance(value, str):
            return self._read_text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return read_number(value)
        raise UnreadableTime(
            f"The time {shown(value)} is {a_kind_of(value)}. Accepted: {self.accepted}."
        )

    @property
    def accepted(self) -> str:
        """What `read` accepts, for messages."""
        if self.pattern is None:
            return ACCEPTED
        return f"epoch numbers, or text in the form {self.pattern}"

    def form_of(self, value: Json) -> str:
        """Return which form a readable value has, in words, for explanations."""
        if isinstance(value, str):
            if self.pattern is not None:
                return f"matches {self.pattern}"
            stripped = value.strip()
            found = _ISO.fullmatch(stripped)
            if _basic(stripped) is not None:
                return "ISO 8601 without separators"
            if not stripped.isdecimal() and found is not None:
                return "ISO 8601"
            if not _DIGITS.fullmatch(stripped):
                return "RFC 2822" if _RFC2822.fullmatch(stripped) else "JavaScript date"
            value = float(stripped)
        size = abs(value) if isinstance(value, int | float) else 0
        units = ((10**11, "seconds"), (10**14, "milliseconds"), (10**17, "microseconds"))
        return f"epoch {next((unit for limit, unit in units if size < limit), 'nanoseconds')}"

    def _read_text(self, text: str) -> int:
        stripped = text.strip()
        if self._expression is not None:
            return self._from_match(self._expression.fullmatch(stripped), text)
        if stripped.isdecimal() and stripped.isascii() and len(stripped) <= 40:
            basic = _basic(stripped)
            return self._from_match(basic, text) if basic else read_number(int(stripped))
        found = _ISO.fullmatch(stripped)
        if found is not None:
            return self._from_match(found, text)
        if _DIGITS.fullmatch(stripped):
            return read_number(Decimal(stripped))
        found = _RFC2822.fullmatch(stripped) or _JAVASCRIPT.fullmatch(stripped)
        return self._from_match(found, text)

    def _from_match(self, found: re.Match[str] | None, text: str) -> int:
        if found is None:
            raise self._refusal(text, why_unreadable(text) if self.pattern is None else None)
        year, month, day, hour, minute, second, fraction, zone = found.group(*_GROUPS)
        try:
            midnight = _midnight(year, month, day)
            clock = (_HOURS[hour] * 60 + _MINUTES[minute]) * 60 + _SECONDS[second]
            ms = midnight + clock * 1000
            if fraction:
                ms += int(fraction[:3].ljust(3, "0"))
            if zone is not None:
                ms -= _offset_ms(zone)
            elif self._zone is not None:
                ms = _in_zone(ms, self._zone)
        except KeyError as error:
            raise self._refusal(text, f"{error} is out of range") from error
        except (ValueError, OverflowError) as error:
            raise self._refusal(text, str(error)) from error
        if second == "60":
            ms = ms // 1000 * 1000
        if not EARLIEST_MS <= ms <= LATEST_MS:
            raise self._refusal(text, "out of range")
        return ms

    def _refusal(self, text: str, why: str | None) -> UnreadableTime:
        reason = f" ({why})" if why else ""
        return UnreadableTime(
            f"The time {shown(text)} could not be read{reason}. Accepted: {self.accepted}."
        )


def read_number(value: float | Decimal) -> int:
    """Return epoch milliseconds of a number in seconds, ms, µs or ns, told apart by magnitude.

    Raises:
        UnreadableTime: not finite, or outside years 1 to 9999.
    """
    size = abs(value)
    if not size < 10**21:  # also NaN
        raise _out_of_range(value)
    exact = value if isinstance(value, int | Decimal) else Decimal(repr(value))
    if size < 10**11:
        scaled = exact * 1000
    elif size < 10**14:
        scaled = exact
    elif size < 10**17:
        scaled = exact // 1000 if isinstance(exact, int) else exact / 1000
    else:
        scaled = exact // 1_000_000 if isinstance(exact, int) else exact / 1_000_000
    ms = scaled if isinstance(scaled, int) else int(scaled.to_integral_value(ROUND_FLOOR))
    if not EARLIEST_MS <= ms <= LATEST_MS:
        raise _out_of_range(value)
    return ms


def _out_of_range(value: float | Decimal) -> UnreadableTime:
    text = shown(float(value) if isinstance(value, Decimal) else value)
    return UnreadableTime(f"The time {text} is out of range. Accepted: {ACCEPTED}.")


def read_zone(name: str, *, where: str) -> tzinfo:
    """Return the IANA zone; `UTC` is the constant.

    Raises:
        ConfigError: `mapper.invalid`, for a name the zone database does not hold.
    """
    if name in ("UTC", "Etc/UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            "mapper.invalid",
            f"The time zone {name!r} is not known.",
            where=where,
            found=name,
            allowed="a name of the IANA zone database, e.g. UTC, Europe/Berlin, Asia/Kolkata",
        ) from error


@lru_cache(maxsize=1024)
def _midnight(year: str, month: str, day: str) -> int:
    """Return epoch milliseconds of a date's midnight in UTC; real traffic has few dates at a time.

    Raises:
        ValueError: there is no such day.
    """
    number = int(month) if month[0] in "01" else _MONTHS.get(month.lower(), 0)
    return midnight_of(int(year), number, int(day))


def _in_zone(local_ms: int, zone: tzinfo) -> int:
    """Return epoch milliseconds of a local time given as if it were UTC."""
    local = _NAIVE_EPOCH + timedelta(milliseconds=local_ms)
    return (local.replace(tzinfo=zone) - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=256)
def _offset_ms(zone: str) -> int:
    """Return milliseconds east of UTC.

    Raises:
        ValueError: more than 18 hours, or more than 59 minutes.
    """
    if zone[0] not in "+-":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 18 or minutes > 59:
        raise ValueError(f"the offset {zone} is out of range")
    return (hours * 60 + minutes) * (-60_000 if zone[0] == "-" else 60_000)


def _basic(digits: str) -> re.Match[str] | None:
    """Return digits as a date, or a date and time, of 1900 to 2099; None when they are a number.

    Nobody writes an epoch time with 8 or 14 digits: seconds have 10, milliseconds 13, microseconds 16.
    """
    if len(digits) not in (8, 14):
        return None
    found = _BASIC.fullmatch(digits)
    if found is not None:
        try:
            _midnight(found["year"], found["month"], found["day"])
        except ValueError:  # 30 February
            return None
    return found
