"""What is in these samples? Every place that holds values, with all of them, arrays folded into `[*]`."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from heliograph.mapping.explain.near_misses import spell
from heliograph.mapping.paths.jsonpath import ANY
from heliograph.model.json import Json, JsonObject

Steps: TypeAlias = tuple[object, ...]
"""Names, and `ANY` for the elements of an array."""

ELEMENTS: Final = 500
"""Elements of one array that are looked at."""
LEVELS: Final = 8
PLACES: Final = 4_000

_NESTED: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])+)")
_BRACKETED: Final = re.compile(r"\[([^\[\]]+)\]")
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    payload: Json
    headers: dict[str, str] = {}


class Leaf(msgspec.Struct, kw_only=True):
    """One place: a scalar, or a list of scalars; nulls and empty texts are left out."""

    steps: Steps
    values: list[Json]
    holders: int = 0
    """Objects that could have had it: how often its parent occurs."""
    samples: set[int] = msgspec.field(default_factory=set[int])
    """Which samples have it."""
    text: str = ""
    """The path, when it is not simply the steps (`$headers.…`, a filter)."""

    @property
    def path(self) -> str:
        """The path as a mapper writes it."""
        return self.text or spell(self.steps)

    @property
    def name(self) -> str:
        """The last name in the path."""
        return names[-1] if (names := self.names) else ""

    @property
    def parent(self) -> str:
        """The name before the last one, or an empty text."""
        names = self.names
        return names[-2] if len(names) > 1 else ""

    @property
    def names(self) -> list[str]:
        """The names in the path; `data[merges][FNAME]` of a form are three."""
        return [step for step in spread(self.steps) if isinstance(step, str)]

    @property
    def presence(self) -> float:
        """Share of the objects at its place that have a value, 0 to 1."""
        return min(1.0, len(self.values) / self.holders) if self.holders else 0.0


class Survey(msgspec.Struct, kw_only=True):
    """All places of all samples."""

    samples: int
    first: bool = False
    """Whether arrays were read as their first element."""
    leaves: dict[Steps, Leaf] = msgspec.field(default_factory=dict[Steps, Leaf])
    objects: dict[Steps, list[JsonObject]] = msgspec.field(
        default_factory=dict[Steps, list[JsonObject]]
    )
    arrays: dict[Steps, int] = msgspec.field(default_factory=dict[Steps, int])
    """Arrays of objects by the steps before `ANY` → how often they occur."""

    def siblings(self, leaf: Leaf) -> list[Leaf]:
        """Return the other leaves of the same object."""
        return [
            each
            for steps, each in self.leaves.items()
            if steps[:-1] == leaf.steps[:-1] and steps != leaf.steps
        ]


def take(samples: Sequence[Sample], *, first: bool = False) -> Survey:
    """Return what the samples hold, in the order in which it is first seen.

    Args:
        samples: payloads.
        first: of every array only the first element is looked at, as a place of its own (`[0]`).
    """
    survey = Survey(samples=len(samples), first=first)
    for position, sample in enumerate(samples):
        _walk(survey, (), sample.payload, position)
    for steps, leaf in survey.leaves.items():
        leaf.holders = len(survey.objects.get(steps[:-1], ()))
    return survey


def spread(steps: Steps) -> Steps:
    """Return steps in which a name in brackets is several: `data[email]` is `data`, `email`."""
    found: list[object] = []
    for step in steps:
        inner = _NESTED.fullmatch(step) if isinstance(step, str) else None
        found += [inner[1], *_BRACKETED.findall(inner[2])] if inner else [step]
    return tuple(found)


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, lower-case: `customerId` and `customer_id` are the same."""
    return tuple(word.lower() for word in _WORD.findall(name))


def snake(name: str) -> str:
    """Return a name as attributes are written; the name itself when it has no words."""
    return "_".join(words(name)) or name


def scalars(values: Sequence[Json]) -> Iterator[str | int | float]:
    """Yield texts and numbers, no booleans."""
    for value in values:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield value


def _walk(survey: Survey, steps: Steps, value: Json, position: int) -> None:
    if len(steps) > LEVELS or len(survey.leaves) > PLACES:
        return
    if isinstance(value, dict):
        survey.objects.setdefault(steps, []).append(value)
        for name, member in value.items():
            _walk(survey, (*steps, name), member, position)
    elif isinstance(value, list) and value and survey.first:
        _walk(survey, (*steps, 0), value[0], position)
    elif isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            survey.arrays[steps] = survey.arrays.get(steps, 0) + 1
            for element in value[:ELEMENTS]:
                _walk(survey, (*steps, ANY), element, position)
        elif value:
            _note(survey, steps, value, position)
    elif value is not None and value != "":
        _note(survey, steps, value, position)


def _note(survey: Survey, steps: Steps, value: Json, position: int) -> None:
    leaf = survey.leaves.setdefault(steps, Leaf(steps=steps, values=[]))
    leaf.values.append(value)
    leaf.samples.add(position)
