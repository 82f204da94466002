"""Zones of time texts: offsets, names of places, and what a local time is in a zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from heliograph.errors import ConfigError
from heliograph.mapping.times.patterns import US_ZONES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (only ever subtracted from naive times)
_MILLISECOND: Final = timedelta(milliseconds=1)
_UTC: Final = frozenset(["z", "utc", "gmt", "ut"])


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


def utc_of(local_ms: int, zone: tzinfo) -> int:
    """Return epoch milliseconds of a local time given as if it were UTC.

    A time that occurs twice is its first occurrence; one that never occurs moves forward by the gap.

    Raises:
        OverflowError: it leads out of the calendar.
    """
    local = _NAIVE_EPOCH + timedelta(milliseconds=local_ms)
    return (local.replace(tzinfo=zone) - _EPOCH) // _MILLISECOND


def in_written_zone(local_ms: int, zone: str) -> int:
    """Return epoch milliseconds of a local time with the zone that is written beside it.

    Raises:
        ValueError: an offset of more than 18 hours or 59 minutes, or a place nobody knows.
        OverflowError: it leads out of the calendar.
    """
    if "/" in zone:
        return utc_of(local_ms, _place(zone))
    return local_ms - _offset_ms(zone)


@lru_cache(maxsize=256)
def _place(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"the time zone {name} is not known") from error


@lru_cache(maxsize=256)
def _offset_ms(zone: str) -> int:
    """Return milliseconds east of UTC.

    Raises:
        ValueError: more than 18 hours, or more than 59 minutes.
    """
    if zone.lower() in _UTC:
        return 0
    if zone in US_ZONES:
        return US_ZONES[zone] * 3_600_000
    offset = zone.lstrip("UTCGM")
    hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
    if hours > 18 or minutes > 59:
        raise ValueError(f"the offset {offset} is out of range")
    return (hours * 60 + minutes) * (-60_000 if offset[0] == "-" else 60_000)
