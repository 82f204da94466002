"""Which values are standard attributes of the person, and which of several people's are theirs?"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Final

from heliograph.mapping.infer.ownership import Owner, Subject
from heliograph.mapping.infer.people import PERSONS, is_email, is_person, is_phone
from heliograph.mapping.infer.picked import LeftOut, Picked
from heliograph.mapping.infer.survey import Leaf, words
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.model.json import Json

_LEAST: Final = 0.5
"""Below it a place is not taken for the person's."""
_SURE: Final = 0.7
"""From here on a place is taken although another person's has another value."""
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


def standard_attributes(leaves: Sequence[Leaf], subject: Subject) -> Iterator[Picked | LeftOut]:
    """Yield standard user attributes, one place each, and those that can be another person's.

    The place that is most surely the person's wins, of equal ones that nearest to the root. What may be
    somebody else's is taken only when nobody else's place says otherwise.
    """
    places: dict[str, list[tuple[Owner, Leaf]]] = {}
    for leaf in sorted(leaves, key=lambda each: len(each.steps)):
        key = _standard_of(words(leaf.name), leaf.parent)
        if key is not None and _fits(key, leaf.values):
            places.setdefault(key, []).append((subject.owner(leaf), leaf))
    for key, found in places.items():
        owner, leaf = max(found, key=lambda each: each[0].share)
        rivals = [each for _, each in found if _differ(leaf, each)]
        if owner.share < _LEAST or (rivals and owner.share < _SURE):
            yield _left_out(key, owner, [leaf, *rivals])
            continue
        score = owner.share if leaf.presence > 0.5 else owner.share - 0.15
        why = f"is named {leaf.name}, its values fit, and it {owner.why}"
        if rivals:
            score -= 0.05 if owner.kind == "own" else 0.1
            why += f"; {_listed(rivals)} can be another person's"
        yield Picked(
            group="user_attributes",
            name=key,
            path=leaf.path,
            score=score,
            why=why,
            steps=leaf.steps,
        )


def names_standard(leaf: Leaf) -> bool:
    """Tell whether a place is named as a standard user attribute is, whatever its values are."""
    return _standard_of(words(leaf.name), leaf.parent) is not None


def _left_out(key: str, owner: Owner, places: Sequence[Leaf]) -> LeftOut:
    return LeftOut(
        field=f"user_attributes.{key}",
        score=min(owner.share, 0.3),
        why=f"left out: {owner.why}; map {_listed(places, 'or')} by hand if it is the same person",
    )


def _listed(places: Sequence[Leaf], last: str = "and") -> str:
    paths = [each.path for each in places[:3]]
    return paths[0] if len(paths) == 1 else f"{', '.join(paths[:-1])} {last} {paths[-1]}"


def _differ(one: Leaf, other: Leaf) -> bool:
    """Tell whether two places hold values of which neither's are all among the other's."""
    mine, theirs = (
        {str(value).strip().casefold() for value in each.values} for each in (one, other)
    )
    return not (mine <= theirs or theirs <= mine)


def _standard_of(name: tuple[str, ...], parent: str) -> str | None:
    """Return the standard attribute that a name means, e.g. `u_em` for `ticket_requester_email`."""
    key = _STANDARD.get(name)
    if key is None and name == ("name",) and is_person(parent):
        return "u_n"
    if key is None and set(name[:-1]) & PERSONS:
        return {"email": "u_em", "name": "u_n", "phone": "u_mb"}.get(name[-1])
    return key


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
