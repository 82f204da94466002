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
        *["registrant", "purchaser", "respondent", "payer", "learner", "donor", "applicant"],
        *["passenger", "traveler", "player", "caller", "signer", "cardholder", "consumer"],
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
    ("uid",): 0.49,
    ("distinct", "id"): 0.85,
    ("identity",): 0.85,
    ("requester", "id"): 0.8,
    ("app", "user", "id"): 0.96,
    ("external", "user", "id"): 0.97,
    ("external", "customer", "id"): 0.97,
    ("customer", "external", "id"): 0.97,
    ("customer", "user", "id"): 0.97,
    ("client", "user", "id"): 0.96,
    ("merchant", "user", "id"): 0.96,
    ("merchant", "customer", "id"): 0.96,
    ("customer", "key"): 0.94,
    ("customer", "code"): 0.9,
    ("user", "key"): 0.92,
    ("subscriber", "key"): 0.94,
    ("contact", "key"): 0.94,
    ("shopper", "reference"): 0.94,
    ("customer", "reference"): 0.8,
    ("client", "reference", "id"): 0.85,
    ("developer", "identity"): 0.85,
    ("account", "code"): 0.6,
    ("external", "id"): 0.6,
    ("wa", "id"): 0.6,
    ("record", "id"): 0.43,
    ("object", "id"): 0.42,
    ("custom", "id"): 0.43,
    ("sub",): 0.7,
    ("account", "id"): 0.4,
}
_ROLES: Final = frozenset(
    [
        *["customer", "contact", "person", "subscriber", "lead", "requester"],
        *["invitee", "attendee"],
        *["recipient", "respondent", "purchaser", "buyer", "shopper", "participant", "registrant"],
    ]
)
"""Who stands beside a plain `user_id` in a product whose users are the staff."""
_ABOUT_THE_CALL: Final = frozenset(
    [
        *["meta", "config", "configuration", "hook", "webhook", "installation", "credentials"],
        *["settings", "workspace", "integration"],
    ]
)
"""Objects that tell of the webhook or of who changed a record, not of whom the record is about."""
_STAFF: Final = frozenset(
    [
        *["assignee", "assigned", "agent", "admin", "owner", "host", "operator", "staff"],
        *["manager", "organizer", "submitter", "rep", "teammate"],
    ]
)
BEFORE: Final = frozenset(["previous", "old", "updates", "before", "prior", "original"])
"""Objects that hold what was before, or only what changed."""
_SENDING: Final = frozenset(
    ["sender", "from", "seller", "merchant", "shop", "store", "support", "company"]
)
"""Words in names of e-mail addresses that are the business's own more often than a person's."""
_OF_PERSONS: Final = frozenset(
    [
        ("id",),
        ("user", "id"),
        ("key",),
        ("uuid",),
        ("guid",),
        ("gid",),
        ("payer", "id"),
        ("account", "id"),
    ]
)
_DOERS: Final = frozenset(
    ["actor", "agent", "owner", "creator", "pusher", "assignee", "reporter", "by", "account"]
)
"""Who did something or holds something: perhaps staff, perhaps the customer of a tool."""
_DOUBT: Final = 0.4
"""What is left of a score when the place speaks of staff."""
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
    score, doubt = _doubted(score, leaf, survey, is_address=all(map(is_email, usable)))
    why += doubt
    return score * share - 0.01 * len(leaf.steps), why


def _doubted(score: float, leaf: Leaf, survey: Survey, *, is_address: bool) -> tuple[float, str]:
    """Return what is left of a score where the place speaks of somebody else, and what to say of it."""
    around = {word for each in leaf.names[:-1] for word in words(each)}
    name = words(leaf.name)
    if around & BEFORE:
        return score * _DOUBT, ", but among what was or what changed"
    if is_address and set(name) & _SENDING:
        return min(score, 0.45), ", perhaps of who sends"
    if score > _DOUBT and set(name) & _STAFF:
        return score * _DOUBT, ", but perhaps of staff"
    if score > _DOUBT and (around & _ABOUT_THE_CALL or around & _STAFF):
        return score * _DOUBT, ", but in a place that tells of the webhook or of staff"
    if name == ("user", "id") and _has_role(leaf, survey):
        why = ", but beside another person's id, so that users may be the staff"
        return score * _DOUBT, why
    return score, ""


def _kinds_beside(leaf: Leaf, survey: Survey) -> list[str]:
    """Return what is said beside an `object_id` to be its kind."""
    return [
        str(value)
        for each in survey.siblings(leaf)
        if words(each.name) in (("object", "type"), ("type",), ("object",))
        for value in each.values
    ]


def _has_role(leaf: Leaf, survey: Survey) -> bool:
    """Tell whether the id of somebody with a role (a contact, a respondent) stands beside or below."""
    home = leaf.steps[: -2 if words(leaf.parent) == ("user",) else -1]
    return any(
        words(each.name)[-1:] == ("id",)
        and (set(words(each.name)[:-1] or words(each.parent)) & _ROLES)
        and not set(words(each.name)) & {"user"}
        for steps, each in survey.leaves.items()
        if steps[: len(home)] == home and each is not leaf
    )


def _by_name(leaf: Leaf, survey: Survey) -> tuple[float, str]:
    """Return what the first of the readings that knows the name says."""
    readings = (_by_id(leaf, survey), _by_address(leaf), _by_doer(leaf))
    return next((each for each in readings if each[0]), (0.0, ""))


def _by_id(leaf: Leaf, survey: Survey) -> tuple[float, str]:
    """Weigh a name that is known, or an id by whose it is."""
    name = words(leaf.name)
    parent = words(leaf.parent)
    if name == ("object", "id") and (kinds := _kinds_beside(leaf, survey)):
        is_person = all(set(words(each)) & PERSONS for each in kinds)
        why = f"is the id of the {kinds[0]} that the event is about"
        return (0.97, why) if is_person else (0.0, "")
    if name in _EXACT:
        return _EXACT[name], f"is named {leaf.name}"
    if (
        (_is_person(parent) or (set(parent) & PERSONS and name == ("id",)))
        and name in _OF_PERSONS
        and not set(parent) & _STAFF
    ):
        why = f"is the {leaf.name} of {leaf.parent}"
        if parent == ("user",) and _has_role(leaf, survey):
            return 0.38, f"{why}, perhaps of staff: another person has an id too"
        return (0.8 if name in (("uuid",), ("guid",), ("gid",)) else 0.95), why
    if name == ("id",) and (bare := _bare_id(leaf, survey))[0]:
        return bare
    if parent in (("from",), ("source",)) and name in (("id",), ("user", "id")):
        return 0.8, f"is the id of whom it is {leaf.parent}"
    return 0.0, ""


def _by_address(leaf: Leaf) -> tuple[float, str]:
    """Weigh an e-mail address, a telephone number, a login, the name of a person."""
    name = words(leaf.name)
    parent = words(leaf.parent)
    if _is_person(parent) and name in (("handle",), ("address",)):
        return 0.6, f"is the {leaf.name} of {leaf.parent}"
    if names_email(name) and (not _things(name) or set(name) & PERSONS):
        return 0.68, "holds an e-mail address"
    if len(name) == 1 and name[0] in PERSONS and not all(map(is_phone, leaf.values)):
        return (0.9 if name[0] == "customer" else 0.75), f"names the {leaf.name}"
    if name[-1:] == ("id",) and name[0] in PERSONS and not _things(name[1:-1]):
        return 0.8, f"is named {leaf.name}"
    if (
        any(map(is_phone, leaf.values))
        and "display" not in name
        and (
            {"phone", "mobile", "msisdn", "whatsapp", *PERSONS} & set(name)
            or name in (("to",), ("from",))
        )
    ):
        return (0.45 if name not in (("to",), ("from",)) else 0.36), "holds a telephone number"
    if name in (("login",), ("username",), ("user", "name")):
        return 0.5, f"is named {leaf.name}"
    if name in _ADDRESSEES[:3] and all(map(is_email, leaf.values)):
        return 0.62, "is the address it went to"
    if names_email(name) or (name in _ADDRESSEES and all(map(is_email, leaf.values))):
        return (0.5 if all(map(is_email, leaf.values)) else 0.0), "holds an e-mail address"
    return 0.0, ""


def _by_doer(leaf: Leaf) -> tuple[float, str]:
    """Weigh the id of who did something: unsure, as it can be staff."""
    name = words(leaf.name)
    parent = words(leaf.parent)
    if name[-1:] == ("id",) and set(name[:-1]) & _DOERS:
        return 0.34, f"is named {leaf.name}, which can be staff"
    if set(parent) & _DOERS and name in (("id",), ("uuid",), ("account", "id"), ("user", "id")):
        return 0.36, f"is the id of {leaf.parent}, which can be staff"
    if name in (("account",), ("account", "number")):
        return 0.32, f"names the {leaf.name}"
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
    if person >= 2 and not trade and not _things(words(leaf.parent)):
        return 0.72, "stands beside a person's name and address"
    return 0.0, ""


_NAMING: Final = (
    ("type",),
    ("topic",),
    ("event", "type"),
    ("event",),
    ("webhook", "event"),
    ("scope",),
)


def _entity(survey: Survey) -> str | None:
    """Return what the event is about when its name says so, e.g. `user` of `user.created`."""
    for leaf in survey.leaves.values():
        if words(leaf.name) in _NAMING and ANY not in leaf.steps:
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
    ("fingerprint",): 0.5,
    ("client", "id"): 0.5,
    ("browser", "id"): 0.7,
    ("installation", "id"): 0.5,
    ("install", "id"): 0.6,
    ("instance", "id"): 0.4,
    ("app", "instance", "id"): 0.7,
    ("user", "pseudo", "id"): 0.9,
    ("guest", "id"): 0.7,
    ("visitor",): 0.7,
    ("idfv",): 0.5,
    ("idfa",): 0.5,
    ("gaid",): 0.5,
    ("cart", "token"): 0.45,
    ("checkout", "token"): 0.4,
}
_ADDRESSEES: Final = (("to",), ("rcpt", "to"), ("recipient",), ("from",), ("respondent",))
ANONYMOUS_BESIDE: Final = 0.9
"""Confidence from which an anonymous id is mapped beside a customer id too."""


def anonymous_score(leaf: Leaf) -> float:
    """Return how sure it is that a place holds an id from before the login, 0 to 1."""
    if not any(isinstance(value, str) and len(value) > 3 for value in leaf.values):
        return 0.0
    return _ANONYMOUS.get(words(leaf.name), 0.0) * leaf.presence
