"""Is one payload one record, or an array of them?

An array is a batch when its elements say who it was and the payload around them does not. Elements of
different kinds in one array (answers of a form) are no batch; there, a filter reaches the one kind that
says who it was: `$.answers[?@.type=='email'].email`.
"""

from typing import Final

import msgspec

from heliograph.mapping.explain.near_misses import spell
from heliograph.mapping.infer.people import identity_score, is_email
from heliograph.mapping.infer.survey import Leaf, Steps, Survey, words
from heliograph.mapping.paths.jsonpath import ANY

THRESHOLD: Final = 0.2
"""Below it a place is no identity."""
_SHARED: Final = 0.5
"""Share of the elements that must have the identity for the array to be a batch."""


_QUESTIONS: Final = frozenset(
    ["question", "question_id", "title", "label", "key", "ref", "field", "type", "name"]
)
_ANSWERS: Final = frozenset(["answer", "answers", "value", "values", "text"])


class Scope(msgspec.Struct, kw_only=True):
    """Which places belong to a record."""

    array: Steps | None
    """Steps before the `ANY` of the batch; None for single records."""
    leaves: list[Leaf]
    """Places in the record, and those around a batch that hold for each record."""
    identities: list[tuple[float, str, Leaf]]
    """Confidence, why, place; the likeliest first."""
    why: str


def find_scope(survey: Survey) -> Scope:
    """Return the likeliest reading of the samples."""
    single = [leaf for steps, leaf in survey.leaves.items() if ANY not in steps]
    around = _ranked(single, survey)
    best: tuple[Steps, list[tuple[float, str, Leaf]]] | None = None
    for steps in survey.arrays:
        if ANY in steps or _are_answers(steps, survey):
            continue
        inside = [
            leaf
            for place, leaf in survey.leaves.items()
            if place[: len(steps) + 1] == (*steps, ANY) and ANY not in place[len(steps) + 1 :]
        ]
        ranked = [each for each in _ranked(inside, survey) if each[2].presence >= _SHARED]
        if ranked and (best is None or ranked[0][0] > best[1][0][0]):
            best = (steps, ranked)
    if best is not None and (not around or best[1][0][0] > around[0][0] + 0.1):
        steps, ranked = best
        return Scope(
            array=steps,
            leaves=[
                leaf
                for place, leaf in survey.leaves.items()
                if ANY not in place
                or (place[: len(steps) + 1] == (*steps, ANY) and ANY not in place[len(steps) + 1 :])
            ],
            identities=ranked,
            why=f"each element of {spell(steps)} says who it was, the payload around it does not",
        )
    if not around or around[0][0] < 0.5:
        around = sorted(
            [*around, *_filtered(survey), *_answered(survey)], key=lambda each: -each[0]
        )
    why = "the payload itself says who it was" if around else "no array holds people"
    return Scope(array=None, leaves=single, identities=around, why=why)


def _ranked(leaves: list[Leaf], survey: Survey) -> list[tuple[float, str, Leaf]]:
    scored = [(*identity_score(leaf, survey), leaf) for leaf in leaves]
    return sorted((each for each in scored if each[0] >= THRESHOLD), key=lambda each: -each[0])


def _are_answers(steps: Steps, survey: Survey) -> bool:
    """Tell whether the elements of an array are questions with their answers, however many there are."""
    elements = survey.objects.get((*steps, ANY), [])
    names = [{"_".join(words(name)) for name in each} for each in elements]
    pairs = [each for each in names if each & _QUESTIONS and each & _ANSWERS]
    return bool(pairs) and len(pairs) > len(elements) / 2


def _answered(survey: Survey) -> list[tuple[float, str, Leaf]]:
    """Return e-mail addresses among the answers of a form, reached by what the question is called."""
    found: list[tuple[float, str, Leaf]] = []
    for steps in survey.arrays:
        if ANY in steps or not _are_answers(steps, survey):
            continue
        elements = survey.objects[(*steps, ANY)]
        held = [
            (name, each)
            for each in elements
            for name, value in each.items()
            if "_".join(words(name)) in _ANSWERS and is_email(value) and name.isidentifier()
        ]
        for key in ("type", "key", "label", "name", "title", "id", "ref"):
            kind = held[0][1].get(key) if held else None
            name = held[0][0] if held else ""
            if not isinstance(kind, str) or any(
                each.get(key) != kind or other != name for other, each in held
            ):
                continue
            quoted = kind.replace("\\", "\\\\").replace("'", "\\'")
            leaf = Leaf(
                steps=(*steps, ANY, name),
                values=[each[name] for _, each in held],
                holders=len(held),
                text=f"{spell(steps)}[?@.{key}=='{quoted}'].{name}",
            )
            found.append((0.6, f"holds an e-mail address where {key} is {kind!r}", leaf))
            break
    return found


def _filtered(survey: Survey) -> list[tuple[float, str, Leaf]]:
    """Return identities in one kind of the elements of a mixed array, reached by a filter on `type`."""
    found: list[tuple[float, str, Leaf]] = []
    for steps in survey.arrays:
        element = (*steps, ANY)
        kinds = survey.leaves.get((*element, "type"))
        if ANY in steps or kinds is None:
            continue
        for place, leaf in survey.leaves.items():
            name = leaf.name
            if place[:-1] != element or name == "type" or leaf.presence >= _SHARED:
                continue
            holders = [each for each in survey.objects[element] if each.get(name) is not None]
            types = {str(each.get("type")) for each in holders}
            score, why = identity_score(msgspec.structs.replace(leaf, holders=len(holders)), survey)
            if len(types) == 1 and score >= THRESHOLD and name.isidentifier():
                kind = types.pop().replace("'", "\\'")
                text = f"{spell(steps)}[?@.type=='{kind}'].{name}"
                reached = msgspec.structs.replace(leaf, text=text, holders=len(holders))
                found.append((score, f"{why} in the elements of type {kind!r}", reached))
    return found
