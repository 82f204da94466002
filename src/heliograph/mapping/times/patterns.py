"""Which date patterns may `formats` hold, and what does each accept?

A pattern is written in the letters of Java's `DateTimeFormatter`, in any order, with any marks between them:

    yyyy yy   MM M MMM MMMM   dd d   DDD   EEE EEEE         the day; English names
    HH H hh h (with a)   mm m   ss s   S to SSSSSSSSS       the time of day
    Z X XX XXX z   'Z'                                      the zone
    'text' T blanks - / . , : _ | ( )                       as they stand

Source: Connected Sources, "Timestamps" (copy of mid-2026), whose patterns are `DOCUMENTED`; it names others
in words. A text must match to the digit: two letters are two digits, one letter is one or two. `Z` (and
`XXX`) accepts `+0530`, `+05:30`, `+05` and `Z`; a quoted `'Z'` accepts the letter and means UTC. `yy` is
2000 to 2099. A year is needed; without a month or day it is the first.
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

OFFSET: Final = r"[+-][0-9]{2}(?::?[0-9]{2})?"
US_ZONES: Final = {
    name: hours - (name[1] == "S")
    for zone, hours in (("E", -4), ("C", -5), ("M", -6), ("P", -7))
    for name in (f"{zone}ST", f"{zone}DT")
}
"""Hours east of UTC of the zones that RFC 5322 section 4.3 names; other abbreviations mean several places."""
PLACE: Final = r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}"
NAMED_ZONE: Final = rf"UTC|GMT|UT|[ECMP][SD]T|{PLACE}"

_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']", re.DOTALL)
_LETTERS: Final = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<year>[0-9]{2})",
    "MMMM": r"(?P<month>[A-Za-z]{3,9})",
    "MMM": r"(?P<month>[A-Za-z]{3,4})\.?",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})",
    "DDD": r"(?P<ordinal>[0-9]{3})",
    **dict.fromkeys(("E", "EE", "EEE", "EEEE"), r"[A-Za-z]{2,9}\.?"),
    "HH": r"(?P<hour>[0-9]{2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "m": r"(?P<minute>[0-9]{1,2})",
    "ss": r"(?P<second>[0-9]{2})",
    "s": r"(?P<second>[0-9]{1,2})",
    **{"S" * n: rf"(?P<fraction>[0-9]{{{n}}})" for n in range(1, 10)},
    "a": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    **dict.fromkeys(("Z", "X", "XX", "XXX"), rf"(?P<zone>Z|{OFFSET})"),
    **dict.fromkeys(("z", "VV"), rf"(?P<zone>Z|{NAMED_ZONE}|{OFFSET})"),
    "T": "T",
}
_UNEVEN: Final = frozenset(["M", "d", "H", "h", "m", "s"])
"""Letters of one or two digits: no other digits may touch them."""
_ALIKE: Final = {"uuuu": "yyyy", "uu": "yy", "y": "yyyy", "ddd": "DDD", "D": "DDD"}
_MARKS: Final = frozenset(" -/.,:_|()\t\u00a0")
_LONGEST: Final = 100

_FIXED: Final = re.compile(
    r"(?P<date>yyyy-MM-dd|yyyy/MM/dd|yyyy\.MM\.dd|(?:dd|MM)-(?:MM|dd)-yyyy|(?:dd|MM)/(?:MM|dd)/yyyy"
    r"|dd\.MM\.yyyy)(?P<gap> |'T'|T)HH:mm:ss(?P<zone>Z|'Z'|X{1,3})?"
)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a date pattern.

    It has those of the groups `year month day ordinal hour half minute second fraction zone` that the
    pattern names.

    Raises:
        ConfigError: `mapper.invalid`, for a pattern outside the grammar above.
    """
    parts = [found[0] for found in _TOKEN.finditer(pattern[:_LONGEST])]
    pieces = [_piece(part) for part in parts]
    names = [name for piece in pieces if piece for name in re.findall(r"\?P<(\w+)>", piece)]
    if (
        len(pattern) > _LONGEST
        or pattern != pattern.strip()
        or "".join(parts) != pattern
        or None in pieces
        or len(set(names)) < len(names)
        or not _is_whole(set(names), parts)
        or _runs_together(parts)
    ):
        raise ConfigError(
            "mapper.invalid",
            f"The date pattern {pattern[:_LONGEST]!r} is not supported.",
            found=pattern[:_LONGEST],
            allowed="Java's letters, each part once, e.g. yyyy-MM-dd, dd/MM/yyyy, MM/dd/yyyy, d.M.yy, "
            "with HH:mm:ss (hh:mm a), .SSS to .SSSSSSSSS, Z or 'Z', and the marks between them as written",
            hint=_advice(pattern),
        )
    return re.compile("".join(map(str, pieces)))


def digits_of(pattern: str) -> int | None:
    """Return how many digits the pattern reads if it reads nothing else (`ddMMyyyy`), else None."""
    parts = [found[0] for found in _TOKEN.finditer(pattern)]
    if any(part in _UNEVEN or part[0] not in "yMdDHmsSu" or part[:3] == "MMM" for part in parts):
        return None
    return len(pattern)


def _piece(part: str) -> str | None:
    """Return what a part of a pattern matches, or None when it means nothing."""
    if part == "'Z'":
        return "(?P<zone>Z)"
    if part[0] == "'":
        return re.escape(part[1:-1].replace("''", "'") if len(part) > 2 else "'")
    if part[0].isalpha():
        return _LETTERS.get(_ALIKE.get(part, part))
    return re.escape(part) if part in _MARKS else None


def _is_whole(names: set[str], parts: list[str]) -> bool:
    """Tell whether no part stands without the one that is greater."""
    needs = (("day", "month"), ("minute", "hour"), ("second", "minute"), ("fraction", "second"))
    twelve = any(part in ("h", "hh") for part in parts)
    return (
        "year" in names
        and all(greater in names for part, greater in needs if part in names)
        and not {"month", "ordinal"} <= names
        and ("half" in names) == twelve
        and not ("hour" in names and not names & {"day", "ordinal"})
        and not ("zone" in names and "hour" not in names)
    )


def _runs_together(parts: list[str]) -> bool:
    """Tell whether digits touch a part of one or two digits, so that nobody can tell where it ends."""
    digits = [part[0] in "yuMdDHhmsS" and part not in ("MMM", "MMMM") for part in parts]
    pairs = zip(parts, parts[1:], digits, digits[1:], strict=False)
    return any(a and b and (one in _UNEVEN or two in _UNEVEN) for one, two, a, b in pairs)


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
        expression = re.compile(_date("yyyy-MM-dd") + "[T ]" + hour)
        return FixedForm(expression, naive=True, zoned=True, offset=True)
    found = _FIXED.fullmatch(pattern)
    if found is None or found["date"].count("MM") != 1:
        return None
    gap = " " if found["gap"] == " " else "T"
    zone = found["zone"]
    return FixedForm(
        re.compile(_date(found["date"]) + gap + hour),
        naive=zone is None,
        zoned=zone is not None,
        offset=zone is not None and zone != "'Z'",
    )


def joiner(pattern: str | None) -> str:
    """Return what stands between the date and the time of a `#MERGE` (reading A13)."""
    return "T" if pattern is not None and "T" in pattern else " "


def _date(pattern: str) -> str:
    return "".join(str(_piece(found[0])) for found in _TOKEN.finditer(pattern))


_ADVICE: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (lambda text: "%" in text, "Write yyyy-MM-dd HH:mm:ss instead of %Y-%m-%d %H:%M:%S."),
    (
        lambda text: "YY" in text or "DD-" in text or "/DD" in text,
        "Years are yyyy and days are dd.",
    ),
    (
        lambda text: ("h:" in text) != ("a" in text),
        "Hours of the day are HH; hh counts to 12 and needs an a for AM or PM.",
    ),
    (lambda text: "'" in text and text.count("'") % 2 == 1, "A quote is not closed."),
)


def _advice(pattern: str) -> str:
    for applies, advice in _ADVICE:
        if applies(pattern):
            return advice
    return "Epoch times and ISO 8601 need no entry in formats."
