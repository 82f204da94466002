"""What else is worth keeping, and is it about the person or about the event?

Standard user attributes go by name, place and value; objects of free keys become `create_all`; the rest
becomes event attributes, or user attributes when it stands in a person. What looks like a credential is
left out.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Final

import msgspec

from heliograph.mapping.infer.people import PERSONS, is_email, is_person, is_phone
from heliograph.mapping.infer.scope import Scope
from heliograph.mapping.infer.survey import Leaf, Steps, Survey, snake, words
from heliograph.mapping.jsonpath import ANY
from heliograph.mapping.near_misses import spell
from heliograph.mapping.times import TimeReader, UnreadableTime
from heliograph.model.json import Json

MOST_ATTRIBUTES: Final = 60
_FREE: Final = frozenset(
    [
        *["attributes", "properties", "traits", "metadata", "hidden", "fields", "details", "data"],
        *["tracking", "params", "extra", "custom", "props", "variables"],
    ]
)
_OF_USERS: Final = frozenset({"user", "customer", "profile", "contact", "person", "traits"})
_SECRET: Final = frozenset({"password", "secret", "token", "signature", "apikey", "hash", "auth"})
_STANDARD: Final[dict[tuple[str, ...], str]] = {
    ("email",): "u_em",
    ("email", "address"): "u_em",
    ("mail",): "u_em",
    ("user", "email"): "u_em",
    ("customer", "email"): "u_em",
    ("contact", "email"): "u_em",
    ("first", "name"): "u_fn",
    ("given", "name"): "u_fn",
    ("fname",): "u_fn",
    ("last", "name"): "u_ln",
    ("family", "name"): "u_ln",
    ("surname",): "u_ln",
    ("lname",): "u_ln",
    ("full", "name"): "u_n",
    ("display", "name"): "u_n",
    ("customer", "name"): "u_n",
    ("phone",): "u_mb",
    ("phone", "number"): "u_mb",
    ("mobile",): "u_mb",
    ("mobile", "number"): "u_mb",
    ("cell", "phone"): "u_mb",
    ("contact",): "u_mb",
    ("gender",): "u_gd",
    ("birthday",): "u_bd",
    ("birth", "date"): "u_bd",
    ("birthdate",): "u_bd",
    ("date", "of", "birth"): "u_bd",
    ("dob",): "u_bd",
}
_GENDERS: Final = frozenset({"m", "f", "o", "male", "female", "other", "non-binary", "diverse"})
_PLACES: Final = frozenset({"city", "state", "country", "region", "timezone", "locale", "language"})


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of the proposed mapper."""

    group: str
    """`attr` or `user_attributes`."""
    name: str
    path: str
    score: float
    why: str
    steps: Steps


def standard_attributes(leaves: Sequence[Leaf]) -> list[Picked]:
    """Return standard user attributes, one place each: the one nearest to the root."""
    best: dict[str, Picked] = {}
    for leaf in sorted(leaves, key=lambda each: len(each.steps)):
        key = _standard_of(words(leaf.name), leaf.parent)
        if key is None or key in best or not _fits(key, leaf.values):
            continue
        if key in ("u_fn", "u_ln", "u_n") and _is_thing(leaf):
            continue
        best[key] = Picked(
            group="user_attributes",
            name=key,
            path=leaf.path,
            score=0.95 if leaf.presence > 0.5 else 0.8,
            why=f"is named {leaf.name} and its values fit",
            steps=leaf.steps,
        )
    return list(best.values())


def _standard_of(name: tuple[str, ...], parent: str) -> str | None:
    """Return the standard attribute that a name means, e.g. `u_em` for `ticket_requester_email`."""
    key = _STANDARD.get(name)
    if key is None and name == ("name",) and is_person(parent):
        return "u_n"
    if key is None and set(name[:-1]) & PERSONS:
        return {"email": "u_em", "name": "u_n", "phone": "u_mb"}.get(name[-1])
    return key


def free_objects(survey: Survey, scope: Scope) -> list[Picked]:
    """Return objects whose keys are all worth copying: at most one for each group."""
    found: dict[str, Picked] = {}
    inside = () if scope.array is None else (*scope.array, ANY)
    for steps, objects in survey.objects.items():
        if steps[: len(inside)] != inside or ANY in steps[len(inside) :] or steps == inside:
            continue
        name = next((step for step in reversed(steps) if isinstance(step, str)), "")
        parts = words(name)
        if not set(parts) & _FREE or not any(map(_has_scalars, objects)):
            continue
        if parts == ("data",):
            continue  # an envelope's name, more often than an object of free keys
        parent = next((s for s in reversed(steps[:-1]) if isinstance(s, str)), "")
        is_user = bool(set(parts) & _OF_USERS) or (is_person(parent) and "metadata" not in parts)
        group = "user_attributes" if is_user else "attr"
        keys = {frozenset(each) for each in objects}
        why = "has keys that differ between samples" if len(keys) > 1 else "holds free keys"
        if group not in found:
            found[group] = Picked(
                group=group,
                name="create_all",
                path=spell(steps),
                score=0.9 if len(keys) > 1 else 0.75,
                why=f"{name} {why}",
                steps=steps,
            )
    return list(found.values())


def other_attributes(
    leaves: Sequence[Leaf],
    survey: Survey,
    scope: Scope,
    *,
    taken: frozenset[Steps],
    copied: Sequence[Steps],
    only_users: bool,
) -> Iterator[Picked]:
    """Yield what is left, in the order of the samples.

    Args:
        leaves: places of the record.
        survey: of the samples.
        scope: of the record.
        taken: places that are mapped already.
        copied: objects that `create_all` copies.
        only_users: the mapper makes no events.
    """
    names: dict[str, set[str]] = {"attr": set(), "user_attributes": set()}
    count = 0
    for leaf in [*leaves, *_lists(survey, scope)]:
        if leaf.steps in taken or any(leaf.steps[: len(each)] == each for each in copied):
            continue
        if set(words(leaf.name)) & _SECRET or not leaf.name or count >= MOST_ATTRIBUTES:
            continue
        is_user = only_users or is_person(leaf.parent) or words(leaf.name)[-1:] in _PLACE_NAMES
        group = "user_attributes" if is_user else "attr"
        name = snake(leaf.name)
        if name in names[group] or name == "id":
            name = f"{snake(leaf.parent)}_{name}" if leaf.parent else name
        if name in names[group]:
            continue
        names[group].add(name)
        count += 1
        yield Picked(
            group=group,
            name=name,
            path=leaf.path,
            score=0.5 + 0.4 * leaf.presence,
            why=f"{len(leaf.values)} values in the samples",
            steps=leaf.steps,
        )


_PLACE_NAMES: Final = tuple((name,) for name in sorted(_PLACES))


def _lists(survey: Survey, scope: Scope) -> list[Leaf]:
    """Return arrays of objects inside a record: each is one attribute, as a list."""
    inside = () if scope.array is None else (*scope.array, ANY)
    return [
        Leaf(steps=steps, values=[[] for _ in range(count)], holders=count)
        for steps, count in survey.arrays.items()
        if steps != scope.array
        and ANY not in steps[len(inside) :]
        and steps[: len(inside)] == inside
        and steps
    ]


def _fits(key: str, values: Sequence[Json]) -> bool:
    match key:
        case "u_em":
            return any(map(is_email, values))
        case "u_mb":
            return any(is_phone(str(value)) for value in values)
        case "u_gd":
            return all(str(value).lower() in _GENDERS for value in values)
        case "u_bd":
            return all(_is_date(value) for value in values)
        case _:
            return all(isinstance(value, str) and re.search(r"[^\W\d_]", value) for value in values)


def _is_date(value: Json) -> bool:
    try:
        TimeReader(pattern=None, zone=UTC).read(value)
    except UnreadableTime:
        return False
    return isinstance(value, str)


def _is_thing(leaf: Leaf) -> bool:
    return bool({"product", "item", "company", "campaign", "repository"} & set(words(leaf.parent)))


def _has_scalars(value: dict[str, Json]) -> bool:
    return any(not isinstance(each, dict | list) for each in value.values())
