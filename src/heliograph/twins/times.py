"""Whether a text is a time in the form a vendor documents, and which instant it is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_WEBENGAGE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?[+-]\d{4}", re.ASCII)
_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
EPOCH_MS_FROM: Final = 100_000_000_000  # 1e11: as seconds it would be the year 5138


def read_offset_seconds(text: str) -> int | None:
    """Return epoch ms of `yyyy-MM-ddTHH:mm:ss±hhmm`, the form WebEngage documents, else None.

    A fraction of one to three digits is taken as well: WebEngage's own client (webengage-migration 0.2.0)
    passes it on.
    """
    if not _WEBENGAGE.fullmatch(text):
        return None
    return _instant(text)


def read_iso(text: str) -> int | None:
    """Return epoch ms of an ISO 8601 date or date-time (UTC when it names no zone), else None."""
    if not _ISO.fullmatch(text):
        return None
    return _instant(text)


def read_epoch(value: float | str) -> int | None:
    """Return epoch ms of a number or digit string of seconds or milliseconds, else None."""
    try:
        number = float(value)
    except ValueError:
        return None
    if not 0 <= number < 1e14:
        return None
    return int(number) if number >= EPOCH_MS_FROM else int(number * 1000)


def _instant(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
