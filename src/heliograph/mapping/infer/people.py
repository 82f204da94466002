"""Which value says who it was? Names, neighbours and values of every place, weighed.

An id of a person beats an e-mail address, which beats a telephone number; ids of things (orders,
events, sessions) are never one. Placeholders (`null`, `guest`, 0 …) count as absent.
"""

import re
from typing import Final

from heliograph.mapping.infer.survey import Leaf, Survey, scalars, words
from heliograph.mapping.paths.jsonpath import ANY
from heliograph.model.json import Json
from heliograph.model.nobody import BUILT_IN

PERSONS: Final = frozenset(
    [
        *["customer", "user", "contact", "person", "profile", "member", "subscriber", "client"],
        *["lead", "sender", "author", "requester", "invitee", "attendee", "buyer", "shopper"],
        *["recipient", "visitor", "employee", "student", "patient", "guest", "participant"],
        "registrant",
    ]
)
_THINGS: Final = frozenset(
    [
        *["order", "product", "event", "message", "session", "item", "invoice", "subscription"],
        *["form", "ticket", "page", "request", "transaction", "campaign", "device", "assignee"],
        *["group", "brand", "organization", "submitter", "admin", "owner", "app", "portal"],
        *["template", "list", "cart", "checkout", "payment", "coupon", "response", "notification"],
        *["webhook", "delivery", "store", "shop", "company", "team", "project", "repository"],
    ]
)
_EXACT: Final[dict[tuple[str, ...], float]] = {
    ("customer", "id"): 0.98,
    ("user", "id"): 0.96,
    ("userid",): 0.96,
    ("customerid",): 0.96,
    ("contact", "id"): 0.92,
    ("subscriber", "id"): 0.92,
    ("member", "id"): 0.9,
    ("person", "id"): 0.9,
    ("profile", "id"): 0.88,
    ("lead", "id"): 0.88,
    ("client", "id"): 0.6,
    ("uid",): 0.85,
    ("distinct", "id"): 0.85,
    ("identity",): 0.85,
    ("requester", "id"): 0.8,
    ("external", "id"): 0.6,
    ("object", "id"): 0.42,
    ("account", "id"): 0.4,
}
_PREFIX: Final = re.compile(r"(?:cus|cust|ctm|usr|user|con|lead|mem)_[A-Za-z0-9]+")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{5,18}[0-9]")


def is_email(value: Json) -> bool:
    """Tell whether a value looks like an e-mail address."""
    return isinstance(value, str) and _EMAIL.fullmatch(value.strip()) is not None


def is_phone(value: Json) -> bool:
    """Tell whether a value looks like a telephone number."""
    return isinstance(value, str) and _PHONE.fullmatch(value.strip()) is not None


def names_email(name: tuple[str, ...]) -> bool:
    """Tell whether a name, as words, is that of an e-mail address."""
    return "email" in name or name[-1:] == ("mail",)


def identity_score(leaf: Leaf, survey: Survey) -> tuple[float, str]:
    """Return how sure it is that a place identifies the person, 0 to 1, and why."""
    usable = [value for value in scalars(leaf.values) if not BUILT_IN.holds(str(value))]
    usable = [value for value in usable if not isinstance(value, float) or value.is_integer()]
    if not usable or len(usable) < len(leaf.values) / 2:
        return 0.0, ""
    score, why = _by_name(leaf, survey)
    if score and all(map(is_email, usable)):
        score = max(score, 0.68) if names_email(words(leaf.name)) else score
    elif names_email(words(leaf.name)):
        return 0.0, ""
    if not score:
        return 0.0, ""
    share = len(usable) / max(leaf.holders, len(usable))
    return score * share - 0.01 * len(leaf.steps), why


def _by_name(leaf: Leaf, survey: Survey) -> tuple[float, str]:
    name = words(leaf.name)
    parent = words(leaf.parent)
    if name in _EXACT:
        return _EXACT[name], f"is named {leaf.name}"
    if _is_person(parent) and name in (("id",), ("user", "id"), ("key",)):
        return 0.95, f"is the id of {leaf.parent}"
    if name == ("id",):
        return _bare_id(leaf, survey)
    if names_email(name) and (not _things(name) or set(name) & PERSONS):
        return 0.68, "holds an e-mail address"
    if len(name) == 1 and name[0] in PERSONS and not all(map(is_phone, leaf.values)):
        return (0.9 if name[0] == "customer" else 0.75), f"names the {leaf.name}"
    if name[-1:] == ("id",) and name[0] in PERSONS and not _things(name[1:-1]):
        return 0.8, f"is named {leaf.name}"
    if any(map(is_phone, leaf.values)) and (
        {"phone", "mobile", "msisdn", "whatsapp", "contact"} & set(name)
        or name in (("to",), ("from",))
    ):
        return (0.45 if name not in (("to",), ("from",)) else 0.36), "holds a telephone number"
    if name in (("login",), ("username",), ("user", "name")):
        return 0.5, f"is named {leaf.name}"
    return 0.0, ""


def _bare_id(leaf: Leaf, survey: Survey) -> tuple[float, str]:
    """Weigh an `id` whose parent's name says nothing, by what stands beside it."""
    beside = {words(each.name): each for each in survey.siblings(leaf)}
    for kind in (("type",), ("object",)):
        values = beside[kind].values if kind in beside else []
        if values and all(isinstance(v, str) and v.lower() in PERSONS for v in values):
            return 0.92, f"is the id of what is called {values[0]!r} beside it"
    if any(isinstance(v, str) and _PREFIX.fullmatch(v) for v in leaf.values):
        return 0.88, "has the form of a customer's id"
    person = sum(
        any(word in each for word in ("email", "phone")) or each[:1] in (("first",), ("last",))
        for each in beside
    )
    trade = any(set(each) & {"price", "amount"} or each == ("total",) for each in beside)
    entity = _entity(survey)
    if entity and entity in PERSONS and leaf.steps and len(leaf.steps) <= 3 and person:
        return 0.74, f"is the id of the {entity} the event is about"
    if person >= 2 and not trade:
        return 0.72, "stands beside a person's name and address"
    return 0.0, ""


def _entity(survey: Survey) -> str | None:
    """Return what the event is about when its name says so, e.g. `user` of `user.created`."""
    for leaf in survey.leaves.values():
        if words(leaf.name) in (("type",), ("topic",), ("event", "type")) and ANY not in leaf.steps:
            found = set(words(str(leaf.values[0]))) & PERSONS
            if found:
                return sorted(found)[0]
    return None


def _is_person(name: tuple[str, ...]) -> bool:
    return bool(set(name) & PERSONS) and not _things(name)


def is_person(name: str) -> bool:
    """Tell whether an object of this name is a person."""
    return _is_person(words(name)) or words(name) in (("billing",), ("billing", "address"))


def _things(name: tuple[str, ...]) -> bool:
    return bool(set(name) & _THINGS)


_ANONYMOUS: Final[dict[tuple[str, ...], float]] = {
    ("anonymous", "id"): 0.97,
    ("anon", "id"): 0.97,
    ("visitor", "id"): 0.85,
    ("cookie", "id"): 0.8,
    ("device", "id"): 0.6,
    ("session", "id"): 0.6,
}
ANONYMOUS_BESIDE: Final = 0.9
"""Confidence from which an anonymous id is mapped beside a customer id too."""


def anonymous_score(leaf: Leaf) -> float:
    """Return how sure it is that a place holds an id from before the login, 0 to 1."""
    if not any(isinstance(value, str) and len(value) > 3 for value in leaf.values):
        return 0.0
    return _ANONYMOUS.get(words(leaf.name), 0.0) * leaf.presence
