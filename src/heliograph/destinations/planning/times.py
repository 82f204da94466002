"""How instants are written for vendors, and how a date in a person's attributes is read."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

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
    offset = when.strftime("%z") or "+0000"
    return when.replace(tzinfo=None, microsecond=0).isoformat() + offset[:5]


def read_date(value: Json) -> datetime | None:
    """Return the date or instant in a JSON value, None when it is none.

    Reads ISO 8601 text (`1992-05-15`, `1992-05-15T08:30:00Z`, `+0530` and `+05:30`) and, as a number,
    epoch milliseconds. Text without a zone is taken as UTC.
    """
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return _EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            return None
    return None
