"""Which times are plausible for an event? From 2000 to a day after its receipt, if the mapper says no more.

A number read in the wrong unit, a spreadsheet's serial number, 0 and -1 become dates of 1970, 2034 or 2611:
what lies before 2000 or after 2099 nobody means, and it is refused. What lies less far ahead of its receipt
may be a clock that is wrong, or an appointment: it is kept, with a warning in `explain`, `mapper run` and
each plan of a delivery, and wins over no attribute (`profiles/draft.py`). A mapper may say otherwise.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import msgspec

from heliograph.mapping.wording import shown
from heliograph.model.json import Json

YEAR_2000_MS: Final = 946_684_800_000
YEAR_2100_MS: Final = 4_102_444_800_000
DAY_MS: Final = 86_400_000

HELP: Final = "Name any other form in formats, or take $receivedAt where a payload has no time"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SERIALS: Final = (36_526, 73_415)
"""Days since 1899-12-30, as spreadsheets count, at the beginnings of 2000 and 2101."""
_SERIAL_DAY_0: Final = date(1899, 12, 30)


class TimeWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Between which times an event of a mapper may have happened, and what becomes of the others."""

    earliest_ms: int = YEAR_2000_MS
    """UTC epoch milliseconds."""
    ahead_ms: int = DAY_MS
    """How long after its receipt."""
    outside: Literal["refuse", "keep"] | None = None
    """None: what is ahead of its receipt is kept until 2099, and everything else refused."""

    def holds(self, ms: int, received_at_ms: int) -> bool:
        """Tell whether a time is plausible."""
        return self.earliest_ms <= ms <= received_at_ms + self.ahead_ms

    def keeps(self, ms: int) -> bool:
        """Tell whether a time that is not is kept."""
        if self.outside is None:
            return self.earliest_ms <= ms < YEAR_2100_MS
        return self.outside == "keep"

    def why_not(self, value: Json, ms: int, received_at_ms: int) -> str:
        """Return a sentence about a time that is not."""
        return (
            f"The time {shown(value)} means {self.doubt(ms, received_at_ms)}.{_serial(value)} {HELP}; "
            "if it is meant, widen time_window."
        )

    def doubt(self, ms: int, received_at_ms: int) -> str:
        """Return what such a time is, with what is plausible, to go into a sentence."""
        hours = self.ahead_ms / 3_600_000
        span = f"{_utc(self.earliest_ms)} to {hours:g} hours after receipt"
        return (
            f"{_utc(ms)}, which is not plausible for an event received at {_utc(received_at_ms)} "
            f"(plausible: {span})"
        )


def _utc(ms: int) -> str:
    try:
        text = (
            (_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None).isoformat(timespec="seconds")
        )
    except OverflowError:
        return f"{ms} ms"
    return f"{text}Z"


def _serial(value: Json) -> str:
    """Return what a spreadsheet would mean by a number, in a sentence; nothing when it is no such number."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return ""
    if not _SERIALS[0] <= number < _SERIALS[1]:
        return ""
    day = _SERIAL_DAY_0 + timedelta(days=int(number))
    return f" A spreadsheet counts days so: let it write {day.isoformat()} as text."
