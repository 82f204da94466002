"""Reads `time_window` of a mapper document: which times are plausible, and what becomes of the others."""

from datetime import UTC
from typing import Final, Literal

from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.mapping.times.window import TimeWindow
from heliograph.mapping.wording import shown
from heliograph.model.json import Json

KEY: Final = "time_window"
_KEYS: Final = ("earliest", "ahead_hours", "outside")
_MOST_HOURS: Final = 24 * 366 * 1_000


def read_window(value: Json, findings: Findings) -> TimeWindow:
    """Return the window; the default where the document says nothing, or nothing that can be used."""
    window = TimeWindow()
    members = findings.object_at(value, KEY)
    for key in members:
        if key not in _KEYS:
            findings.problem(
                document_path(KEY, key), f"{key} is not known.", allowed=", ".join(_KEYS)
            )
    return TimeWindow(
        earliest_ms=_earliest(members.get("earliest"), window.earliest_ms, findings),
        ahead_ms=_ahead(members.get("ahead_hours"), window.ahead_ms, findings),
        outside=_outside(members.get("outside"), findings),
    )


def _earliest(value: Json, default: int, findings: Findings) -> int:
    if value is None:
        return default
    try:
        return TimeReader(pattern=None, zone=UTC).read(value)
    except UnreadableTime:
        findings.problem(
            document_path(KEY, "earliest"),
            "earliest is a date.",
            found=shown(value),
            allowed="ISO 8601, e.g. 1990-01-01",
        )
        return default


def _ahead(value: Json, default: int, findings: Findings) -> int:
    if value is None:
        return default
    if type(value) in (int, float) and 0 <= value <= _MOST_HOURS:  # type: ignore[operator]
        return round(value * 3_600_000)  # type: ignore[operator, arg-type]
    findings.problem(
        document_path(KEY, "ahead_hours"),
        "ahead_hours is how long after its receipt an event may happen.",
        found=shown(value),
        allowed="a number of hours, 0 or more",
    )
    return default


def _outside(value: Json, findings: Findings) -> Literal["refuse", "keep"] | None:
    if value == "refuse":
        return "refuse"
    if value == "keep":
        return "keep"
    if value is not None:
        findings.problem(
            document_path(KEY, "outside"),
            "outside says what becomes of a time that is not plausible.",
            found=shown(value),
            allowed='"refuse" or "keep"',
        )
    return None
