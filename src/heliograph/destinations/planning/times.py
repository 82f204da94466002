"""How instants are written for vendors, and how a date in a person's attributes is read."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from heliograph.errors import DestinationError
from heliograph.model.json import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(epoch_ms: int) -> datetime:
    """Return the UTC instant of epoch milliseconds.

    Raises:
        DestinationError: `destination.invalid_event`, outside of the years 1 to 9999.
    """
    try:
        return _EPOCH + timedelta(milliseconds=epoch_ms)
    except OverflowError as error:
        raise DestinationError(
            "destination.invalid_event",
            "the event's time is outside of the years 1 to 9999",
            where="$.timestamp",
            found=str(epoch_ms)[:40],
            allowed="UTC epoch milliseconds",
        ) from error


def iso_utc(epoch_ms: int) -> str:
    """Return `2026-06-06T18:29:00Z`, with `.mmm` only when the milliseconds are not zero."""
    seconds, rest = divmod(epoch_ms, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z" if rest else f"{_to_the_second(seconds)}Z"


@lru_cache(maxsize=256)
def _to_the_second(epoch_s: int) -> str:
    """Events come many a second, and their times are written for each delivery."""
    return instant(epoch_s * 1000).replace(tzinfo=None).isoformat()


def iso_offset(when: datetime) -> str:
    """Return `2026-06-06T18:29:00+0000`: seconds, and an offset without a colon."""
    if when.tzinfo is UTC or when.tzinfo is None:
        return when.replace(tzinfo=None, microsecond=0).isoformat() + "+0000"
    offset = when.strftime("%z")
    return when.replace(tzinfo=None, microsecond=0).isoformat() + offset[:5]


class DateText(NamedTuple):
    """A text that is a date or an instant, and nothing else."""

    when: datetime
    """In its own zone, UTC when it names none."""
    has_zone: bool
    has_fraction: bool
    """A fraction of a second that is not zero."""


_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def read_date_text(text: str) -> DateText | None:
    """Return the date of ISO 8601 text with hyphens (`2026-06-06T18:29:00.5+05:30`), else None.

    Digits alone (`20260606`), week dates and whatever merely holds a date are no dates here.
    """
    found = _DATE.fullmatch(text) if len(text) >= 10 and text[4] == "-" else None
    if found is None:
        return None
    try:
        when = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    has_zone = found["zone"] is not None
    return DateText(
        when=when if has_zone else when.replace(tzinfo=UTC),
        has_zone=has_zone,
        has_fraction=when.microsecond != 0,
    )


def read_date(value: Json) -> datetime | None:
    """Return the date or instant in a JSON value, None when it is none.

    Reads ISO 8601 text (`1992-05-15`, `1992-05-15T08:30:00Z`, `+0530` and `+05:30`); a number as
    `read_number` does. Text without a zone is taken as UTC.
    """
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return read_number(value)
    return None


_MS_FROM: Final = 4.2e9


def read_number(number: float) -> datetime | None:
    """Return the date that a number stands for, None when it stands for none.

    Eight digits that are a day are that day (`19920515`); else epoch seconds below 4.2e9 (to 2103, and from
    1836), milliseconds from there on. Times of events are read otherwise (seconds below 1e11): none is of
    before 2000, but people were born when milliseconds have 11 digits and fewer. Milliseconds of the seven
    weeks on either side of 1970 are taken for seconds: nothing tells them apart.
    """
    if 19_000_101 <= number <= 21_001_231 and number == int(number):
        try:
            return datetime.strptime(str(int(number)), "%Y%m%d").replace(tzinfo=UTC)
        except ValueError:
            pass
    try:
        return _EPOCH + timedelta(milliseconds=number if abs(number) >= _MS_FROM else number * 1000)
    except (OverflowError, ValueError):
        return None
