"""What MoEngage keeps of the attributes it was sent, and what it quietly drops or truncates.

The Data API answers 200 to all of these. DO is the Data overview, TP the page on tracking policies, OB the
one on objects (copies of mid-2026).

| Rule | What becomes of it | Source |
|---|---|---|
| `moe_` prefix, but for the standard attributes that have it | dropped | DO |
| user keys id, _id, empty, status, user_id, source and the USER_ATTRIBUTE_* family | dropped | DO |
| names over 200 characters, strings over 512 | truncated | TP |
| a URL over 512 characters | dropped | TP |
| lists: elements over 50, or of several types | dropped | TP |
| attributes of an event beyond 100 | dropped | TP |
| null, empty object | dropped | OB |
| objects: `$ . % #` in keys, over 100 keys, over 25 KB | dropped | OB |
"""

from typing import Final

import msgspec

from heliograph.model.json import Json, JsonObject

NAME_CHARACTERS: Final = 200
STRING_CHARACTERS: Final = 512
LIST_ELEMENTS: Final = 50
EVENT_ATTRIBUTES: Final = 100
OBJECT_KEYS: Final = 100
OBJECT_BYTES: Final = 25_000
STANDARD_MOE: Final = frozenset(
    {
        "moe_unsubscribe",
        "moe_spam",
        "moe_hard_bounce",
        "moe_sub_w",
        "moe_wa_subscription",
        "moe_sms_subscription",
        "moe_em_unsub_categories",
        "moe_email_optin_status",
        "moe_gaid",
        "moe_mobile",
    }
)
PROJECT_NAME: Final = "moe_project_name"
"""Event attribute that names a project of a portfolio; the only one with the reserved prefix."""
PORTFOLIO_ATTRIBUTES: Final = frozenset(
    [
        *["u_n", "u_fn", "u_ln", "u_em", "u_mb", "u_gd", "u_bd", "uid", "geo", "cr_t", "u_l_a"],
        *["name", "first_name", "last_name", "email", "mobile", "gender", "birthday"],
    ]
)
"""User attributes that a portfolio keeps once for all of its projects."""
RESERVED_USER_KEYS: Final = frozenset(
    {
        "id",
        "_id",
        "",
        "MOE_TIME_FORMAT",
        "MOE_TIME_TIMEZONE",
        "MOE_GAID",
        "INSTALL",
        "UPDATE",
        "MOE_ISLAT",
        "status",
        "user_id",
        "source",
    }
)


def user_attributes(attributes: JsonObject) -> tuple[JsonObject, list[str]]:
    """Return what a profile keeps, and a sentence for each loss."""
    losses: list[str] = []
    allowed: JsonObject = {}
    for name, value in attributes.items():
        reserved = name in RESERVED_USER_KEYS or name.startswith("USER_ATTRIBUTE_")
        if reserved or (name.startswith("moe_") and name not in STANDARD_MOE):
            losses.append(f"user attribute '{name}' is reserved and dropped")
        else:
            allowed[name] = value
    return _kept(allowed, losses), losses


def event_attributes(event: str, attributes: JsonObject) -> tuple[JsonObject, list[str]]:
    """Return what an event keeps, and a sentence for each loss."""
    losses: list[str] = []
    if event.startswith("moe_"):
        losses.append(f"event '{event}' has the reserved prefix moe_")
    allowed: JsonObject = {}
    for name, value in attributes.items():
        if name.startswith("moe_") and name != PROJECT_NAME:
            losses.append(f"event attribute '{name}' has the reserved prefix moe_ and is dropped")
        elif len(allowed) == EVENT_ATTRIBUTES:
            losses.append(
                f"event attribute '{name}' is beyond the first {EVENT_ATTRIBUTES} and dropped"
            )
        else:
            allowed[name] = value
    return _kept(allowed, losses), losses


def _kept(attributes: JsonObject, losses: list[str]) -> JsonObject:
    kept: JsonObject = {}
    for name, value in attributes.items():
        if len(name) > NAME_CHARACTERS:
            losses.append(f"name '{name[:40]}…' is truncated to {NAME_CHARACTERS} characters")
        kept_value, loss = _kept_value(value)
        if loss:
            losses.append(f"'{name[:40]}' {loss}")
        if kept_value is not None:
            kept[name[:NAME_CHARACTERS]] = kept_value
    return kept


def _kept_value(value: Json) -> tuple[Json, str]:
    """Return the value as kept (None: dropped) and what happened to it, empty if nothing."""
    match value:
        case None | {} if not value:
            return None, "is empty and dropped"
        case str() if len(value) > STRING_CHARACTERS and value.startswith(("http://", "https://")):
            return None, f"is a URL over {STRING_CHARACTERS} characters and dropped"
        case str() if len(value) > STRING_CHARACTERS:
            return value[:STRING_CHARACTERS], f"is truncated to {STRING_CHARACTERS} characters"
        case list():
            return _kept_list(value)
        case dict():
            return _kept_object(value)
        case _:
            return value, ""


def _kept_list(value: list[Json]) -> tuple[Json, str]:
    types = {"number" if isinstance(v, int | float) else type(v).__name__ for v in value}
    if len(types) > 1:
        return None, f"has elements of several types ({', '.join(sorted(types))}) and is dropped"
    if len(value) > LIST_ELEMENTS:
        return value[:LIST_ELEMENTS], f"is cut to {LIST_ELEMENTS} elements"
    return value, ""


def _kept_object(value: JsonObject) -> tuple[Json, str]:
    if any(sign in name for name in value for sign in "$.%#"):
        return None, "is an object with one of $ . % # in a key and dropped"
    if len(value) > OBJECT_KEYS or len(msgspec.json.encode(value)) > OBJECT_BYTES:
        return None, f"is an object over {OBJECT_KEYS} keys or 25 KB and dropped"
    return value, ""
