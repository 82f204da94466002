"""When did it happen? Reads the time forms of webhook payloads as UTC epoch milliseconds.

`TimeReader(pattern, zone)` is made once per mapper; `read(value)` is pure.

- Digits that form a date of 1900 to 2099 are that date, in a text and as a number (`compact.py`).
- Other numbers: epoch seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds
  (by magnitude, reading A10); fractions are cut to whole milliseconds. A number ignores the pattern, unless
  that reads digits alone (`ddMMyyyy`).
- Text with a pattern: must match it exactly.
- Text without a pattern: digits as a number; ISO 8601 with its months, weeks and days of the year, RFC 3339,
  RFC 9557, SQL, RFC 2822 and JavaScript's `Date` text. Day before month is never guessed (`02/01/2025` is
  refused).
- Text without a zone is read in the mapper's or workspace's zone. A time that occurs twice (clocks put
  back) is its first occurrence; one that never occurs (clocks put forward) moves forward by the gap.
- A date alone is its midnight. 24:00 is the next midnight, second 60 the first second of the next minute.
  Years 1 to 9999; which of them are plausible for an event is `window.py`'s matter.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from heliograph.mapping.times.compact import LONGEST, is_ambiguous, may_be_epoch, read_compact
from heliograph.mapping.times.date_order import why_unreadable
from heliograph.mapping.times.fixed_width import fixed_width, midnight_of
from heliograph.mapping.times.patterns import NAMED_ZONE, OFFSET, compile_pattern, digits_of
from heliograph.mapping.times.window import DAY_MS, HELP
from heliograph.mapping.times.zones import in_written_zone, utc_of
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

EARLIEST_MS: Final = -62_135_596_800_000
"""0001-01-01T00:00:00Z."""
LATEST_MS: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""

ACCEPTED: Final = (
    "epoch seconds, milliseconds, microseconds or nanoseconds as a number or digits, ISO 8601 / RFC 3339 "
    "(2024-10-25T14:30:00Z, 2024-10-25T14:30:00.123+05:30), SQL (2024-10-25 14:30:00), a date "
    "(2024-10-25, 20241025), RFC 2822 (Fri, 25 Oct 2024 14:30:00 +0000), or text in a pattern that formats "
    "names, e.g. dd.MM.yyyy HH:mm"
)

_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?")
_ZONE: Final = rf"(?P<zone>[Zz]|(?:UTC|GMT)?{OFFSET}|{NAMED_ZONE})(?:\[[A-Za-z0-9_+/-]+\])?"
_PLACE: Final = r"\[(?P<place>[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*)\]"
_TIME: Final = (
    r"(?:(?:[Tt]| +)(?P<hour>[0-9]{2})(?P<colon>:?)(?P<minute>[0-9]{2})"
    r"(?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,30}))?)?"
    rf"(?: *{_ZONE}|{_PLACE})?)?"
)
_ISO: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>[-/]?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})" + _TIME
)
_ISO_WEEK: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>-?)W(?P<week>[0-9]{2})(?:(?P=dash)(?P<weekday>[1-7]))?" + _TIME
)
_ISO_ORDINAL: Final = re.compile(r"(?P<year>[0-9]{4})-(?P<ordinal>[0-9]{3})" + _TIME)
_ISO_MONTH: Final = re.compile(r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{2})")
_GENERALIZED: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})"
    rf"(?:(?P<second>[0-9]{{2}})(?:[.,](?P<fraction>[0-9]{{1,30}}))?)? *{_ZONE}"
)
"""GeneralizedTime of X.680, as directories and certificates write it: 20241025143000Z."""
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
    rf"(?:,? +{_CLOCK}(?: *{_ZONE})?)?(?: *\([^()]*\))?"
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

_SECONDS: Final[dict[str | None, int]] = {
    None: 0,
    **{f"{n:02}": n for n in range(61)},
    **{str(n): n for n in range(10)},
}
_MINUTES: Final = {written: n for written, n in _SECONDS.items() if n < 60}
_HOURS: Final = {written: n for written, n in _SECONDS.items() if n < 24}


class EpochMs(int):
    """Epoch milliseconds that were read already: no epoch seconds, and no date in digits."""


class UnreadableTime(Exception):
    """The value is no time; the message says why and what is accepted, in one sentence."""


class TimeReader:
    """Reads times of one field: with its pattern, or any known form; in its zone if none is written."""

    __slots__ = ("_digits", "_expression", "_zone", "fixed_width", "pattern")

    def __init__(self, *, pattern: str | None, zone: tzinfo) -> None:
        """Compile the pattern.

        Raises:
            ConfigError: `mapper.invalid`, for a pattern that is not supported.
        """
        self.pattern = pattern
        self._expression = compile_pattern(pattern) if pattern is not None else None
        self._digits = digits_of(pattern) if pattern is not None else None
        self._zone = None if zone is UTC else zone
        self.fixed_width = fixed_width(pattern, naive_is_utc=zone is UTC)
        """A short way to what `read` returns for the commonest texts, if there is one."""

    def without_pattern(self) -> "TimeReader":
        """Return a reader of any known form in the same zone."""
        return TimeReader(pattern=None, zone=self._zone or UTC)

    def read(self, value: Json, latest_ms: int | None = None) -> int:
        """Return UTC epoch milliseconds, in years 1 to 9999.

        Args:
            value: of the payload.
            latest_ms: what an epoch time cannot be later than; digits that may be one or a date are the
                date when it is. None: they are the date.

        Raises:
            UnreadableTime: the message names the value and what is accepted.
        """
        if isinstance(value, str):
            return self._read_text(value, latest_ms)
        if isinstance(value, EpochMs):
            return int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._read_number(value, latest_ms)
        raise UnreadableTime(
            f"The time {shown(value)} is {a_kind_of(value)}. Accepted: {self.accepted}. {HELP}."
        )

    @property
    def accepted(self) -> str:
        """What `read` accepts, for messages."""
        if self.pattern is None:
            return ACCEPTED
        return f"epoch numbers, or text in the form {self.pattern}"

    def form_of(self, value: Json) -> str:
        """Return which form a readable value has, in words, for explanations."""
        if isinstance(value, EpochMs):
            return "epoch milliseconds"
        text = value.strip() if isinstance(value, str) else _digits_in(value)
        if self.pattern is not None and (isinstance(value, str) or text.isdecimal()):
            written = text if isinstance(value, str) else text.zfill(self._digits or 0)
            if self._expression is not None and self._expression.fullmatch(written):
                return f"matches {self.pattern}"
        if read_compact(text.partition(".")[0]) is not None:
            return "a date in digits"
        if isinstance(value, str):
            if (
                _ISO_WEEK.fullmatch(text)
                or _ISO_ORDINAL.fullmatch(text)
                or _ISO_MONTH.fullmatch(text)
            ):
                return "ISO 8601"
            if not text.isdecimal() and (_ISO.fullmatch(text) or _GENERALIZED.fullmatch(text)):
                return "ISO 8601"
            if not _DIGITS.fullmatch(text):
                return "RFC 2822" if _RFC2822.fullmatch(text) else "JavaScript date"
            value = float(text)
        size = abs(value) if isinstance(value, int | float) else 0
        units = ((10**11, "seconds"), (10**14, "milliseconds"), (10**17, "microseconds"))
        return f"epoch {next((unit for limit, unit in units if size < limit), 'nanoseconds')}"

    def _read_text(self, text: str, latest_ms: int | None) -> int:
        stripped = text.strip()
        if self._expression is not None:
            return self._from_match(self._expression.fullmatch(stripped), text)
        if stripped.isascii() and stripped.isdecimal() and len(stripped) <= 40:
            return self._read_digits(stripped, text, int(stripped), latest_ms)
        found = _ISO.fullmatch(stripped)
        if found is not None:
            return self._from_match(found, text)
        if _DIGITS.fullmatch(stripped):
            whole, _, fraction = stripped.partition(".")
            if len(whole) == 14 and read_compact(whole) is not None:
                return self._from_match(read_compact(whole + fraction[:9]), text)
            return read_number(Decimal(stripped))
        for form in (_RFC2822, _JAVASCRIPT, _ISO_MONTH, _ISO_ORDINAL, _ISO_WEEK, _GENERALIZED):
            found = form.fullmatch(stripped)
            if found is not None:
                break
        return self._from_match(found, text)

    def _read_number(self, value: float, latest_ms: int | None) -> int:
        digits = _digits_in(value)
        if self._digits is not None and digits.isdecimal() and self._expression is not None:
            # A leading zero is no part of a number: 5102024 is 05102024.
            found = self._expression.fullmatch(digits.zfill(self._digits))
            if found is not None and len(digits) >= self._digits - 1:
                return self._from_match(found, value)
        whole, _, fraction = digits.partition(".")
        if fraction and len(whole) == 14 and read_compact(whole) is not None:
            return self._from_match(read_compact(whole + fraction[:9]), value)
        return self._read_digits(digits, value, value, latest_ms)

    def _read_digits(
        self, digits: str, shown_as: Json, number: float, latest_ms: int | None
    ) -> int:
        """Read digits as the date they form, or as an epoch time."""
        found = read_compact(digits)
        if found is None:
            return read_number(number)
        if is_ambiguous(digits):
            raise self._refusal(
                shown_as, "six digits may be year and month, or a day with a two-digit year"
            )
        if latest_ms is not None and may_be_epoch(digits):
            ms = read_number(number)
            if ms <= latest_ms:
                return ms
        return self._from_match(found, shown_as)

    def _from_match(self, found: re.Match[str] | None, value: Json) -> int:
        if found is None:
            text = value if isinstance(value, str) else str(value)
            raise self._refusal(value, why_unreadable(text) if self.pattern is None else None)
        part = found.groupdict().get
        fraction, zone, place = part("fraction"), part("zone"), part("place")
        try:
            ms = _day(part) + _clock(
                part("hour"), part("minute"), part("second"), part("half"), fraction
            )
            if fraction:
                ms += int(fraction[:3].ljust(3, "0"))
            if zone is not None or place is not None:
                ms = in_written_zone(ms, zone or f"{place}")
            elif self._zone is not None:
                ms = utc_of(ms, self._zone)
        except KeyError as error:
            raise self._refusal(value, f"{error} is out of range") from error
        except (ValueError, OverflowError) as error:
            raise self._refusal(value, str(error)) from error
        if part("second") == "60":
            ms = ms // 1000 * 1000
        if not EARLIEST_MS <= ms <= LATEST_MS:
            raise self._refusal(value, "out of range")
        return ms

    def _refusal(self, value: Json, why: str | None) -> UnreadableTime:
        reason = f" ({why})" if why else ""
        return UnreadableTime(
            f"The time {shown(value)} could not be read{reason}. Accepted: {self.accepted}. {HELP}."
        )


def _digits_in(value: Json) -> str:
    """Return a number as it is written in decimal, without the fraction of a whole one."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    if isinstance(value, int) and abs(value) >= 10 ** (LONGEST + 1):
        return ""  # too long for any date, and perhaps for decimal digits
    return str(value)


def _day(part: Callable[[str], str | None]) -> int:
    """Return epoch milliseconds of the midnight of a date's parts, in UTC.

    Raises:
        ValueError: there is no such day.
    """
    year = part("year") or ""
    if len(year) == 2:
        year = f"20{year}"
    ordinal, week = part("ordinal"), part("week")
    if week is not None:
        day = date.fromisocalendar(int(year), int(week), int(part("weekday") or 1))
        return midnight_of(day.year, day.month, day.day)
    if ordinal is not None:
        days = date(int(year), 12, 31).timetuple().tm_yday
        if not 1 <= int(ordinal) <= days:
            raise ValueError(f"{year} has no day {ordinal}")
        return midnight_of(int(year), 1, 1) + (int(ordinal) - 1) * DAY_MS
    return _midnight(year, part("month") or "01", part("day") or "01")


def _clock(
    hour: str | None, minute: str | None, second: str | None, half: str | None, fraction: str | None
) -> int:
    """Return milliseconds since midnight of a time of day.

    Raises:
        KeyError: a part is out of range.
    """
    if half is not None:
        hours = int(hour or 0)
        if not 1 <= hours <= 12:
            raise KeyError(hour)
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    elif hour == "24" and not any(int(rest or 0) for rest in (minute, second, fraction)):
        hours = 24
    else:
        hours = _HOURS[hour]
    return ((hours * 60 + _MINUTES[minute]) * 60 + _SECONDS[second]) * 1000


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
    return UnreadableTime(f"The time {text} is out of range. Accepted: {ACCEPTED}. {HELP}.")


@lru_cache(maxsize=1024)
def _midnight(year: str, month: str, day: str) -> int:
    """Return epoch milliseconds of a date's midnight in UTC; real traffic has few dates at a time.

    Raises:
        ValueError: there is no such day.
    """
    number = int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0)
    return midnight_of(int(year), number, int(day))
