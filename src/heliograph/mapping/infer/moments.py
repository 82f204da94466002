"""Which value says when it happened, and how is it written?"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Final

import msgspec

from heliograph.mapping.infer.people import PERSONS
from heliograph.mapping.infer.survey import Leaf, Survey, words
from heliograph.mapping.times.patterns import DOCUMENTED
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.model.json import Json

_SCORES: Final[dict[tuple[str, ...], float]] = {
    ("event", "time"): 0.96,
    ("event", "timestamp"): 0.96,
    ("occurred", "at"): 0.96,
    ("user", "time"): 0.96,
    ("timestamp",): 0.95,
    ("submitted", "at"): 0.93,
    ("triggered", "at"): 0.92,
    ("fired", "at"): 0.92,
    ("happened", "at"): 0.92,
    ("order", "date"): 0.9,
    ("time",): 0.87,
    ("datetime",): 0.87,
    ("date", "time"): 0.87,
    ("updated", "at"): 0.83,
    ("date", "modified"): 0.83,
    ("created", "at"): 0.82,
    ("created",): 0.82,
    ("date", "created"): 0.82,
    ("ts",): 0.86,
    ("event", "ts"): 0.78,
    ("modified", "time"): 0.78,
    ("modified", "at"): 0.78,
    ("date",): 0.7,
    ("sent", "at"): 0.6,
    ("landed", "at"): 0.4,
    ("event", "datetime"): 0.96,
    ("event", "date"): 0.93,
    ("event", "created"): 0.93,
    ("event", "occurred"): 0.96,
    ("event", "created", "at"): 0.93,
    ("original", "timestamp"): 0.93,
    ("client", "timestamp"): 0.85,
    ("created", "on"): 0.82,
    ("updated", "on"): 0.83,
    ("modified", "on"): 0.78,
    ("changed",): 0.7,
    ("updated",): 0.75,
    ("creation", "date"): 0.7,
    ("creation", "time"): 0.7,
    ("first", "seen"): 0.0,
    ("received", "at"): 0.5,
}
_NOT_THE_EVENT: Final = frozenset(
    [
        *["birth", "birthday", "dob", "expiry", "expires", "expiration", "due", "start", "starts"],
        *["end", "ends", "scheduled", "valid", "renewal", "next", "trial", "term", "last", "seen"],
        *[
            "signup",
            "appointment",
            "delivery",
            "estimated",
            "until",
            "deadline",
            "arrival",
            "departure",
            "since",
        ],
    ]
)
_PATTERNS: Final = (
    *DOCUMENTED,
    "dd/MM/yyyy HH:mm",
    "dd-MM-yyyy HH:mm",
    "yyyy/MM/dd HH:mm",
    "dd/MM/yyyy'T'HH:mm:ss",
    "dd-MM-yyyy'T'HH:mm:ss",
    "dd/MM/yyyy'T'HH:mm:ssZ",
    "dd-MM-yyyy'T'HH:mm:ssZ",
    "dd/MM/yyyy HH:mm:ss.SSSSSS",
    "dd-MM-yyyy HH:mm:ss.SSSSSS",
)
_DATE_PATTERNS: Final = ("yyyy-MM-dd", "yyyy/MM/dd", "dd/MM/yyyy", "dd-MM-yyyy")
_DATE: Final = re.compile(r"[0-9]{2,4}[-/][0-9]{2}[-/][0-9]{2,4}")
_CLOCK: Final = re.compile(r"(?P<hm>[0-2][0-9]:[0-5][0-9])(?P<s>:[0-5][0-9])?")
LASTING: Final = PERSONS | {
    *["repository", "repo", "project", "company", "organization", "shop", "store", "account"],
    *["product", "course", "list", "app", "workspace", "team", "plan", "board", "channel"],
}
"""What exists before the event and after it."""
_UNITS: Final = frozenset(
    ["ms", "millis", "milliseconds", "s", "sec", "seconds", "iso", "unix", "epoch"]
)
_OF_RECORDS: Final = frozenset(["created", "updated", "modified", "changed", "pushed", "date"])
_YEAR_2000: Final = 946_684_800_000
_YEAR_2100: Final = 4_102_444_800_000


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate for the time of the event."""

    score: float
    why: str
    told: float
    """How sure its name is, 0 to 1, that something happened then; `score` also weighs the place."""
    path: str
    """`#MERGE` when date and time stand apart."""
    pattern: str | None = None
    """For `formats`; None when the time needs none."""
    merge: tuple[str, str] | None = None
    """Paths of date and time."""
    leaves: tuple[Leaf, ...] = ()


def candidates(leaves: Sequence[Leaf], survey: Survey) -> list[Moment]:
    """Return the places that can be the time of the event, the likeliest first."""
    found = [moment for leaf in leaves if (moment := _whole(leaf)) is not None]
    found += _apart(leaves)
    del survey
    return sorted(found, key=lambda each: -each.score)


def of_event(found: Sequence[Moment], names: Sequence[Json]) -> list[Moment]:
    """Return the candidates weighed by what the event is called, the likeliest first.

    The time at which a lasting thing (a repository, a customer) was made or changed is not that of an event
    on it; `paid_at` is that of `invoice.paid`.

    Args:
        found: of the payload.
        names: of the events.
    """
    said = {word for each in names for word in words(str(each))}
    return sorted((_weighed(each, said) for each in found), key=lambda each: -each.score)


def _weighed(moment: Moment, said: set[str]) -> Moment:
    score = moment.score
    for leaf in moment.leaves[:1]:
        named = words(leaf.name)
        holder = set(words(leaf.parent))
        if holder & (LASTING - said) and set(named) & _OF_RECORDS:
            score *= 0.4
        elif named[-1:] in (("at",), ("on",)) and set(named[:-1]) & said:
            score = max(score, 0.86 if moment.score > 0.4 else score)
    return msgspec.structs.replace(moment, score=score)


def _whole(leaf: Leaf) -> Moment | None:
    name_score, why = _by_name(leaf)
    if not name_score:
        return None
    if _reads(None, leaf.values):
        pattern = None
        how = _form(leaf.values[0])
    else:
        texts = [value for value in leaf.values if isinstance(value, str)]
        fitting = (each for each in _PATTERNS if texts and _reads(each, texts))
        pattern = next(fitting, None)
        if pattern is None or len(texts) < len(leaf.values):
            return None
        how = f"written {pattern}"
    is_date = all(isinstance(v, str) and _DATE.fullmatch(v.strip()) for v in leaf.values)
    told = name_score * leaf.presence * (0.75 if is_date else 1.0)
    return Moment(
        score=told - 0.03 * _depth(leaf),
        told=told,
        why=f"{why}, {how}",
        path=leaf.path,
        pattern=pattern,
        leaves=(leaf,),
    )


def _by_name(leaf: Leaf) -> tuple[float, str]:
    name = words(leaf.name)
    if set(name) & _NOT_THE_EVENT:
        return 0.0, ""
    bonus = 0.0
    if len(name) > 1 and name[-1] in _UNITS:
        name = name[:-1]
    if name[-1:] in (("gmt",), ("utc",)):
        name, bonus = name[:-1], 0.03
    if name in _SCORES:
        return _SCORES[name] + bonus, f"is named {leaf.name}"
    if len(name) > 1 and name[-1] == "on" and name[-2].endswith("ed"):
        return 0.62 + bonus, f"is named {leaf.name}"
    if name[-1:] == ("at",) or name[-1:] in (("timestamp",), ("datetime",)):
        return 0.6 + bonus, f"is named {leaf.name}"
    if {"date", "time"} & set(name):
        return 0.55 + bonus, f"is named {leaf.name}"
    return 0.0, ""


def _reads(pattern: str | None, values: Sequence[Json]) -> bool:
    reader = TimeReader(pattern=pattern, zone=UTC)
    for value in values:
        try:
            moment = reader.read(value)
        except UnreadableTime:
            return False
        if not _YEAR_2000 <= moment <= _YEAR_2100:
            return False
    return bool(values)


def _form(value: Json) -> str:
    reader = TimeReader(pattern=None, zone=UTC)
    return f"as {reader.form_of(value)}"


def _apart(leaves: Sequence[Leaf]) -> Iterator[Moment]:
    """Yield pairs of a date and a time of day in the same object."""
    dates = [leaf for leaf in leaves if _all_match(_DATE, leaf) and "date" in words(leaf.name)]
    clocks = [leaf for leaf in leaves if _all_match(_CLOCK, leaf) and "time" in words(leaf.name)]
    for date in dates:
        for clock in clocks:
            if date.steps[:-1] != clock.steps[:-1]:
                continue
            rest = set(words(date.name)) - {"date"}
            is_pair = rest == set(words(clock.name)) - {"time"}
            pattern = next((each for each in _DATE_PATTERNS if _reads(each, date.values)), None)
            if pattern is None or rest & _NOT_THE_EVENT:
                continue
            has_seconds = {_seconds(value) for value in clock.values}
            if len(has_seconds) > 1:
                continue
            clock_pattern = "HH:mm:ss" if has_seconds.pop() else "HH:mm"
            score = (0.92 if is_pair else 0.72) * min(date.presence, clock.presence)
            yield Moment(
                score=score,
                told=score,
                why=f"date in {date.name} and time of day in {clock.name}",
                path="#MERGE",
                pattern=f"{pattern} {clock_pattern}",
                merge=(date.path, clock.path),
                leaves=(date, clock),
            )


def _all_match(expression: re.Pattern[str], leaf: Leaf) -> bool:
    return all(isinstance(v, str) and expression.fullmatch(v.strip()) for v in leaf.values)


def _seconds(value: Json) -> bool:
    match = _CLOCK.fullmatch(str(value).strip())
    return match is not None and match["s"] is not None


def _depth(leaf: Leaf) -> int:
    return max(0, sum(isinstance(step, str) for step in leaf.steps) - 1)
