"""What WebEngage refuses about an event or a user, and what it silently drops.

T is the page on tracking events, U on tracking users (REST API, copies of 2026-06-02), D is Datafly's page
on WebEngage (2026), M is WebEngage's own client webengage-migration 0.2.0 (what it sends).

| Rule | Breach | Source |
|---|---|---|
| one of userId, anonymousId, each a string of at most 100 | 400 | T, U |
| with both, anonymousId is ignored | loss | T |
| eventName: string, 1 to 50 characters, no `we_` prefix | 400 | T; exactly 50: D |
| eventTime: `yyyy-MM-ddTHH:mm:ss±hhmm`, no colon | 400 | T |
| a fraction of 1 to 3 digits in it | taken | M |
| eventData, attributes: an object; names 1 to 50, no `we_` prefix | 400 | T, U; the 400 for `we_`: D |
| values: string, number, boolean, date, array, object (no null) | 400 | T, U |
| event strings of at most 1,000 | 400 | T, D |
| user strings over 1,000 | truncated, loss | U |
| at most 25 attributes of a type in one event | 400 | T, D; not for users: M |
| the 26th attribute of a type over time | not kept, loss | T |
| a value of another type than the attribute's first | not kept, loss | T |
| firstName, lastName, company, email, hashedEmail, hashedPhone: string | 400 | U |
| city, region, country (M), postalCode, locality: string | 400 | not in the table of U |
| phone: E.164 with `+`; gender: male, female, other; birthDate as eventTime | 400 | U |
| emailOptIn, smsOptIn, rcsOptIn, whatsappOptIn: boolean | 400 | U |
| any other root field | ignored, loss | not in the tables of T, U |

The vendor says "less than 50" in one place and "max 50" in another; 50 is allowed here. It publishes one
message (`NO_IDENTITY`); the others follow its form.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from heliograph.model.json import Json, JsonObject
from heliograph.twins.times import read_offset_seconds
from heliograph.twins.wire import Problem

ID_CHARACTERS: Final = 100
NAME_CHARACTERS: Final = 50
STRING_CHARACTERS: Final = 1_000
ATTRIBUTES_PER_TYPE: Final = 25
RESERVED_PREFIX: Final = "we_"
USERS: Final = "users"
"""Scope of the types of users' attributes."""
TIME_FORM: Final = "yyyy-MM-ddTHH:mm:ss±hhmm"
NO_IDENTITY: Final = "Error: userId and anonymousId cannot be empty."

_E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_STRINGS: Final = (
    *("firstName", "lastName", "company", "email", "hashedEmail", "hashedPhone"),
    *("city", "region", "country", "postalCode", "locality"),
)
_FLAGS: Final = ("emailOptIn", "smsOptIn", "rcsOptIn", "whatsappOptIn")
_GENDERS: Final = ("male", "female", "other")
IDENTITY_FIELDS: Final = frozenset({"userId", "anonymousId"})
EVENT_FIELDS: Final = IDENTITY_FIELDS | {"eventName", "eventTime", "eventData"}
USER_FIELDS: Final = (
    IDENTITY_FIELDS | {*_STRINGS, *_FLAGS} | {"birthDate", "gender", "phone", "attributes"}
)

AttributeType = Literal["string", "number", "boolean", "date", "array", "object"]


def _refused(message: str) -> Problem:
    return Problem(400, f"Error: {message}")


def event_problem(event: Mapping[str, Json]) -> Problem | None:
    """Return why `POST …/events` refuses this body, or None."""
    return (
        identity_problem(event)
        or _event_name_problem(event.get("eventName"))
        or _time_problem("eventTime", event.get("eventTime"))
        or attributes_problem(
            "eventData", event.get("eventData"), longest_string=STRING_CHARACTERS, counted=True
        )
    )


def user_problem(user: Mapping[str, Json]) -> Problem | None:
    """Return why `POST …/users` refuses this body, or None."""
    return (
        identity_problem(user)
        or _user_field_problem(user)
        or _time_problem("birthDate", user.get("birthDate"))
        or attributes_problem(
            "attributes", user.get("attributes"), longest_string=None, counted=False
        )
    )


def identity_problem(body: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong with userId and anonymousId, or None."""
    given = {
        name: body[name] for name in ("userId", "anonymousId") if body.get(name) not in (None, "")
    }
    if not given:
        return Problem(400, NO_IDENTITY)
    for name, value in given.items():
        if not isinstance(value, str):
            return _refused(f"{name} must be a String.")
        if len(value) > ID_CHARACTERS:
            return _refused(f"{name} cannot be longer than {ID_CHARACTERS} characters.")
    return None


def _event_name_problem(name: Json) -> Problem | None:
    if not isinstance(name, str) or not name:
        return _refused("eventName cannot be empty.")
    return _name_problem("eventName", name)


def _name_problem(what: str, name: str) -> Problem | None:
    if name.startswith(RESERVED_PREFIX):
        return _refused(f"{what} '{name[:60]}' uses the reserved prefix {RESERVED_PREFIX}.")
    if not 1 <= len(name) <= NAME_CHARACTERS:
        return _refused(f"{what} '{name[:60]}' must have 1 to {NAME_CHARACTERS} characters.")
    return None


def _time_problem(field: str, value: Json) -> Problem | None:
    if value is None:
        return None
    if not isinstance(value, str) or read_offset_seconds(value) is None:
        return _refused(f"{field} must be of the form {TIME_FORM}.")
    return None


def _user_field_problem(user: Mapping[str, Json]) -> Problem | None:
    for field in _STRINGS:
        if not isinstance(user.get(field, ""), str):
            return _refused(f"{field} must be a String.")
    for field in _FLAGS:
        if not isinstance(user.get(field, True), bool):
            return _refused(f"{field} must be a Boolean.")
    gender = user.get("gender", "other")
    if gender not in _GENDERS:
        return _refused(f"gender must be one of {', '.join(_GENDERS)}.")
    phone = user.get("phone")
    if "phone" in user and not (isinstance(phone, str) and _E164.fullmatch(phone)):
        return _refused("phone must be in E.164 format with a leading +.")
    return None


def attributes_problem(
    field: str, value: Json, *, longest_string: int | None, counted: bool
) -> Problem | None:
    """Return what is wrong with an object of attributes (None is no attributes), or None.

    Args:
        field: its name in the body.
        value: what the body has there.
        longest_string: longer strings are refused; None where the vendor truncates them.
        counted: no more than 25 of a type are taken.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        return _refused(f"{field} must be an Object.")
    counts: dict[AttributeType, int] = {}
    for name, item in value.items():
        if (problem := _name_problem(f"attribute of {field}", name)) is not None:
            return problem
        kind = attribute_type(item)
        if kind is None:
            return _refused(f"attribute '{name}' of {field} is null; it has no data type.")
        if isinstance(item, str) and longest_string is not None and len(item) > longest_string:
            return _refused(
                f"attribute '{name}' cannot be longer than {longest_string} characters."
            )
        counts[kind] = counts.get(kind, 0) + 1
        if counted and counts[kind] > ATTRIBUTES_PER_TYPE:
            return _refused(
                f"{field} has more than {ATTRIBUTES_PER_TYPE} attributes of type {kind}."
            )
    return None


def attribute_type(value: Json) -> AttributeType | None:
    """Return WebEngage's data type of a value; None for null, which has none."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "date" if read_offset_seconds(value) is not None else "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return None


class TypeRegistry:
    """The data type each attribute got from its first value, per event name or for users."""

    def __init__(self) -> None:
        self._types: dict[str, dict[str, AttributeType]] = {}

    def keep(self, scope: str, attributes: JsonObject) -> tuple[JsonObject, list[str]]:
        """Return the attributes WebEngage would keep, and a sentence for each it would not.

        Args:
            scope: the event name, or `USERS`, of whom more than 25 of a type are kept.
            attributes: valid ones (`attributes_problem` is None).
        """
        known = self._types.setdefault(scope, {})
        kept: JsonObject = {}
        losses: list[str] = []
        for name, value in attributes.items():
            kind = attribute_type(value)
            if kind is None:
                continue
            first = known.get(name)
            if first is None:
                of_kind = sum(1 for other in known.values() if other == kind)
                if scope != USERS and of_kind >= ATTRIBUTES_PER_TYPE:
                    losses.append(f"{scope}: '{name}' would be attribute 26 of type {kind}")
                    continue
                known[name] = kind
            elif first != kind:
                losses.append(f"{scope}: '{name}' is {kind}, but its first value was {first}")
                continue
            kept[name] = value
        return kept, losses

    def clear(self) -> None:
        """Forget all types."""
        self._types.clear()
