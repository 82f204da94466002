"""What Heap refuses about events, users and accounts, and what it alters.

Source: developers.heap.io, Track, Bulk track, Add user properties, Identify, Bulk account properties (copies
of mid-2026), and the OpenAPI document derived from them.

| Rule | Breach |
|---|---|
| app_id, present and known | 400 |
| exactly one of identity (string of 1 to 255) and user_id (numeric string, 0 to 2^53-1) | 400 |
| add_user_properties: identity; identify: identity and user_id | 400 |
| event: string of 1 to 1,024 characters | 400 |
| properties: object; keys and strings of at most 1,024 characters | 400 |
| exactly 1,024 of them: the page says fewer, Heap's own client (npm heap-api 1.0.1) passes them on | loss |
| property values: string, number, or an array of them (no boolean, null, object) | 400 |
| an array becomes one string joined by `||`, cut at 1,024 characters | loss when cut |
| a user property named `id` in any casing | 400 |
| timestamp: ISO 8601 | 400 |
| timestamp as epoch ms (only a partner's page says so) | loss |
| idempotency_key, session_id: string | 400 |
| bulk: 1 to 1,000 events, users or accounts | 400 |
"""

import re
from collections.abc import Mapping
from typing import Final

from heliograph.model.json import Json, JsonObject
from heliograph.twins.times import read_epoch, read_iso
from heliograph.twins.wire import Problem

IDENTITY_CHARACTERS: Final = 255
EVENT_CHARACTERS: Final = 1_024
PROPERTY_CHARACTERS: Final = 1_024
LARGEST_USER_ID: Final = 2**53 - 1
BULK_ITEMS: Final = 1_000
ARRAY_JOINER: Final = "||"
_DIGITS: Final = re.compile(r"\d{1,16}", re.ASCII)


def _refused(message: str) -> Problem:
    return Problem(400, message)


def event_problem(event: Mapping[str, Json]) -> Problem | None:
    """Return why one event (without app_id) is refused, or None."""
    if ("identity" in event) == ("user_id" in event):
        return _refused("exactly one of identity and user_id is required")
    name = event.get("event")
    if not isinstance(name, str) or not 1 <= len(name) <= EVENT_CHARACTERS:
        return _refused(f"event must be a string of 1 to {EVENT_CHARACTERS} characters")
    for field in ("idempotency_key", "session_id"):
        if not isinstance(event.get(field, ""), str):
            return _refused(f"{field} must be a string")
    return (
        (identity_problem(event) if "identity" in event else user_id_problem(event))
        or timestamp_problem(event)
        or properties_problem(event.get("properties"))
    )


def user_problem(user: Mapping[str, Json]) -> Problem | None:
    """Return why one user of add_user_properties is refused, or None."""
    properties = user.get("properties")
    if isinstance(properties, dict) and (own := [n for n in properties if n.lower() == "id"]):
        return _refused(f"property name '{own[0]}' is reserved")
    return identity_problem(user) or properties_problem(properties)


def account_problem(account: Mapping[str, Json]) -> Problem | None:
    """Return why one account of add_account_properties is refused, or None."""
    account_id = account.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        return _refused("account_id must be a non-empty string")
    return properties_problem(account.get("properties"))


def identify_problem(body: Mapping[str, Json]) -> Problem | None:
    """Return why identify refuses this body, or None."""
    return identity_problem(body) or user_id_problem(body) or timestamp_problem(body)


def identity_problem(body: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong with `identity`, or None."""
    identity = body.get("identity")
    if not isinstance(identity, str) or not 1 <= len(identity) <= IDENTITY_CHARACTERS:
        return _refused(f"identity must be a string of 1 to {IDENTITY_CHARACTERS} characters")
    return None


def user_id_problem(body: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong with `user_id`, or None."""
    user_id = body.get("user_id")
    numeric = isinstance(user_id, str) and _DIGITS.fullmatch(user_id)
    if not numeric or int(str(user_id)) > LARGEST_USER_ID:
        return _refused("user_id must be a numeric string between 0 and 2^53 - 1")
    return None


def timestamp_problem(body: Mapping[str, Json]) -> Problem | None:
    """Return what is wrong with `timestamp`, or None."""
    value = body.get("timestamp")
    if value is None:
        return None
    if isinstance(value, str) and read_iso(value) is not None:
        return None
    if is_epoch(value):
        return None
    return _refused("timestamp must be ISO 8601")


def is_epoch(value: Json) -> bool:
    """Tell whether a timestamp is epoch milliseconds, as a number or digit string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    return str(value).isdigit() and read_epoch(value) is not None


def properties_problem(properties: Json) -> Problem | None:
    """Return what is wrong with an object of properties (None is none), or None."""
    if properties is None:
        return None
    if not isinstance(properties, dict):
        return _refused("properties must be an object")
    for name, value in properties.items():
        if not 1 <= len(name) <= PROPERTY_CHARACTERS:
            return _refused(
                f"property name '{name[:40]}' must have at most {PROPERTY_CHARACTERS} characters"
            )
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in values):
            return _refused(f"property '{name[:40]}' must be a string or a number")
        if isinstance(value, str) and len(value) > PROPERTY_CHARACTERS:
            return _refused(
                f"property '{name[:40]}' must have at most {PROPERTY_CHARACTERS} characters"
            )
    return None


def kept_properties(properties: Json) -> tuple[JsonObject, list[str]]:
    """Return valid properties as Heap stores them, and a sentence for each loss."""
    kept: JsonObject = {}
    losses: list[str] = []
    for name, value in properties.items() if isinstance(properties, dict) else ():
        longest = max(len(name), len(value) if isinstance(value, str) else 0)
        if longest == PROPERTY_CHARACTERS:
            losses.append(
                f"'{name[:40]}' has exactly {PROPERTY_CHARACTERS} characters; undocumented"
            )
        if not isinstance(value, list):
            kept[name] = value
            continue
        joined = ARRAY_JOINER.join(str(v) for v in value)
        if len(joined) > PROPERTY_CHARACTERS:
            losses.append(f"array '{name[:40]}' is cut at {PROPERTY_CHARACTERS} characters")
        kept[name] = joined[:PROPERTY_CHARACTERS]
    return kept, losses
