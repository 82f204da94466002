"""What else is worth keeping, and is it about the person or about the event?

Objects of free keys become `create_all`; the rest becomes event attributes, or user attributes when it
stands in the person. What looks like a credential is left out.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from heliograph.mapping.explain.near_misses import spell
from heliograph.mapping.infer.ownership import FREE, Owner, Subject
from heliograph.mapping.infer.people import is_person
from heliograph.mapping.infer.picked import LeftOut, Picked
from heliograph.mapping.infer.scope import Scope
from heliograph.mapping.infer.standard import names_standard
from heliograph.mapping.infer.survey import Leaf, Steps, Survey, snake, spread, words
from heliograph.mapping.paths.jsonpath import ANY
from heliograph.mapping.values.json_texts import holds_json
from heliograph.model.json import Json

MOST_ATTRIBUTES: Final = 60
_OF_USERS: Final = frozenset({"user", "customer", "profile", "contact", "person", "traits"})
_SECRET: Final = frozenset({"password", "secret", "token", "signature", "apikey", "hash", "auth"})
_PLACES: Final = frozenset({"city", "country", "region", "timezone", "locale", "language"})
_OF_ADDRESSES: Final = frozenset({"city", "country", "zip", "zipcode", "postal", "postcode"})
"""Words of names beside which a `state` is a part of a country, not of an order or an issue."""


def free_objects(survey: Survey, scope: Scope, subject: Subject) -> list[Picked]:
    """Return objects whose keys are all worth copying: at most one for each group."""
    found: dict[str, Picked] = {}
    inside = () if scope.array is None else (*scope.array, ANY)
    for steps, objects in survey.objects.items():
        if steps[: len(inside)] != inside or ANY in steps[len(inside) :] or steps == inside:
            continue
        name = next((step for step in reversed(steps) if isinstance(step, str)), "")
        parts = words(name)
        if not set(parts) & FREE or not any(map(_has_scalars, objects)):
            continue
        if parts == ("data",):
            continue  # an envelope's name, more often than an object of free keys
        owner = subject.owner_of_object(spread(steps))
        if owner.kind == "other":
            continue
        parent = next((s for s in reversed(steps[:-1]) if isinstance(s, str)), "")
        is_user = bool(set(parts) & _OF_USERS) or (is_person(parent) and "metadata" not in parts)
        if is_user and owner.kind == "doubtful":
            continue
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
    subject: Subject,
    taken: frozenset[Steps],
    copied: Sequence[Steps],
    only_users: bool,
) -> Iterator[Picked | LeftOut]:
    """Yield what is left, in the order of the samples.

    Args:
        leaves: places of the record.
        survey: of the samples.
        scope: of the record.
        subject: whom the record is about.
        taken: places that are mapped already.
        copied: objects that `create_all` copies.
        only_users: the mapper makes no events.
    """
    names: dict[str, set[str]] = {"attr": set(), "user_attributes": set()}
    strangers: set[str] = set()
    count = 0
    for leaf in [*leaves, *_lists(survey, scope)]:
        if leaf.steps in taken or any(leaf.steps[: len(each)] == each for each in copied):
            continue
        if set(words(leaf.name)) & _SECRET or not leaf.name or count >= MOST_ATTRIBUTES:
            continue
        is_standard = names_standard(leaf)
        holder = subject.owner_of_object(spread(leaf.steps)[:-1])
        owner = subject.owner(leaf) if is_standard else holder
        is_strange = holder.kind == "other" or (
            is_standard and holder.kind in ("doubtful", "address")
        )
        if only_users and owner.kind == "other":
            if owner.why not in strangers:
                strangers.add(owner.why)
                why = f"left out: {owner.why}"
                yield LeftOut(field=f"user_attributes.{snake(leaf.name)}", score=0.3, why=why)
            continue
        is_user = only_users or _is_of_user(leaf, owner, survey)
        group = "user_attributes" if is_user else "attr"
        name = _free_name(leaf, names[group], least=2 if is_strange else 1)
        if name is None:
            continue
        names[group].add(name)
        count += 1
        yield Picked(
            group=group,
            name=name,
            path=leaf.path,
            score=0.5 + 0.4 * leaf.presence,
            why=f"{len(leaf.values)} values in the samples{_json_inside(leaf)}",
            steps=leaf.steps,
        )


def _json_inside(leaf: Leaf) -> str:
    """Return what to say of a place whose texts hold JSON, which an attribute takes as mere text."""
    if not any(isinstance(each, str) and holds_json(each) for each in leaf.values):
        return ""
    reads = json.dumps({"$json": {"of": leaf.path, "path": "$.name"}})
    return f"; they are texts that hold JSON: {reads} reads what is in one"


def _is_of_user(leaf: Leaf, owner: Owner, survey: Survey) -> bool:
    """Tell whether a place says something of the person: it stands in them, or says where they are."""
    if owner.kind == "own" and is_person(leaf.parent):
        return True
    if owner.kind not in ("own", "address"):
        return False
    last = words(leaf.name)[-1:]
    if last == ("state",):
        beside = {word for each in survey.siblings(leaf) for word in words(each.name)}
        return bool(beside & _OF_ADDRESSES)
    return bool(set(last) & _PLACES)


def _free_name(leaf: Leaf, used: set[str], *, least: int) -> str | None:
    """Return a name that is not used yet, from the last names of the path; None when all are.

    Args:
        leaf: the place.
        used: names of its group.
        least: names of the path to take; two when the last alone would mean another person.
    """
    parts = [snake(each) for each in leaf.names]
    for count in range(min(least, len(parts)), len(parts) + 1):
        name = "_".join(parts[-count:])
        if name not in used and (name != "id" or count == len(parts)):
            return name
    return None


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


def _has_scalars(value: dict[str, Json]) -> bool:
    return any(not isinstance(each, dict | list) for each in value.values())
