"""Which date patterns may `formats` hold, and what does each accept?

A pattern is a date, and optionally a time of day, a fraction and a zone:

    yyyy-MM-dd | yyyy/MM/dd | dd-MM-yyyy | dd/MM/yyyy
    [ space or 'T' or T, HH:mm or HH:mm:ss, [.S to .SSSSSSSSS], [Z or 'Z' or XXX] ]

Source: Connected Sources, "Timestamps" (copy of mid-2026), with the variants it names in words. Java's
letters: a text must match to the digit. `Z` (and `XXX`) accepts `+0530`, `+05:30`, `+05` and `Z`; a quoted
`'Z'` accepts the letter and means UTC. `MM/dd/yyyy` is not supported, as it cannot be told from `dd/MM/yyyy`.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from heliograph.errors import ConfigError

DOCUMENTED: Final = (
    "yyyy-MM-dd",
    "yyyy/MM/dd",
    "dd/MM/yyyy",
    "dd-MM-yyyy",
    "yyyy-MM-dd HH:mm:ss",
    "dd-MM-yyyy HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
    "yyyy/MM/dd HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ssZ",
    "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'",
)

_PATTERN: Final = re.compile(
    r"(?P<date>yyyy-MM-dd|yyyy/MM/dd|dd-MM-yyyy|dd/MM/yyyy)"
    r"(?:(?P<gap> |'T'|T)HH:mm(?P<seconds>:ss(?:\.(?P<fraction>S{1,9}))?)?"
    r"(?P<space> ?)(?P<zone>Z|'Z'|X{1,3})?)?"
)

_DATES: Final = {
    "yyyy-MM-dd": r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
    "yyyy/MM/dd": r"(?P<year>[0-9]{4})/(?P<month>[0-9]{2})/(?P<day>[0-9]{2})",
    "dd-MM-yyyy": r"(?P<day>[0-9]{2})-(?P<month>[0-9]{2})-(?P<year>[0-9]{4})",
    "dd/MM/yyyy": r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})",
}


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a date pattern.

    Its groups are `year month day hour minute second fraction zone`; those a pattern lacks are
    present and match nothing.

    Raises:
        ConfigError: `mapper.invalid`, for a pattern outside the grammar above.
    """
    found = _PATTERN.fullmatch(pattern)
    if found is None or (found["space"] and not found["zone"]):
        raise ConfigError(
            "mapper.invalid",
            f"The date pattern {pattern!r} is not supported.",
            found=pattern,
            allowed="yyyy-MM-dd, yyyy/MM/dd, dd-MM-yyyy or dd/MM/yyyy, optionally followed by "
            "HH:mm or HH:mm:ss (after a space or 'T'), .SSS to .SSSSSSSSS, and Z or 'Z'",
            hint=_advice(pattern),
        )
    text = _DATES[found["date"]]
    if found["gap"]:
        text += " " if found["gap"] == " " else "T"
        text += r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
        text += r":(?P<second>[0-9]{2})" if found["seconds"] else "(?P<second>(?!))?"
        text += _fraction(found["fraction"]) + found["space"] + _zone(found["zone"])
    else:
        text += "(?P<hour>(?!))?(?P<minute>(?!))?(?P<second>(?!))?(?P<fraction>(?!))?"
        text += "(?P<zone>(?!))?"
    return re.compile(text)


class FixedForm(NamedTuple):
    """A form of time in which every part has its place."""

    hour: re.Pattern[str]
    """Date, separator and hour."""
    naive: bool
    """Whether nothing may follow `HH:mm:ss`."""
    zoned: bool
    """Whether `Z` may."""
    offset: bool
    """Whether `+HH:mm` and `+HHmm` may."""


def fixed_form(pattern: str | None) -> FixedForm | None:
    """Return the form of a pattern, of ISO 8601 for None; None for a pattern of another kind."""
    hour = "(?P<hour>[01][0-9]|2[0-3])"
    if pattern is None:
        expression = re.compile(_DATES["yyyy-MM-dd"] + "[T ]" + hour)
        return FixedForm(expression, naive=True, zoned=True, offset=True)
    found = _PATTERN.fullmatch(pattern)
    if found is None or not found["seconds"] or found["fraction"] or found["space"]:
        return None
    gap = " " if found["gap"] == " " else "T"
    zone = found["zone"]
    return FixedForm(
        re.compile(_DATES[found["date"]] + gap + hour),
        naive=zone is None,
        zoned=zone is not None,
        offset=zone is not None and zone != "'Z'",
    )


def joiner(pattern: str | None) -> str:
    """Return what stands between the date and the time of a `#MERGE` (reading A13)."""
    return "T" if pattern is not None and "T" in pattern else " "


def _fraction(letters: str | None) -> str:
    return rf"\.(?P<fraction>[0-9]{{{len(letters)}}})" if letters else "(?P<fraction>(?!))?"


def _zone(letters: str | None) -> str:
    if letters is None:
        return "(?P<zone>(?!))?"
    if letters == "'Z'":
        return "(?P<zone>Z)"
    return "(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)"


_ADVICE: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (
        lambda text: text.startswith(("MM/dd", "MM-dd")),
        "Month first cannot be told from day first: let the sender write the year first.",
    ),
    (lambda text: "%" in text, "Write yyyy-MM-dd HH:mm:ss instead of %Y-%m-%d %H:%M:%S."),
    (lambda text: "YYYY" in text or "DD" in text, "Years are yyyy and days are dd."),
    (lambda text: "hh" in text, "Hours of the day are HH."),
)


def _advice(pattern: str) -> str:
    for applies, advice in _ADVICE:
        if applies(pattern):
            return advice
    return "Epoch times and ISO 8601 need no entry in formats."
