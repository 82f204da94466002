"""What MoEngage's Data API refuses about a customer, an event, a device or a bulk of them.

Messages and types are those of the examples in MoEngage's OpenAPI document (Y, copy of mid-2026) where it
has one; DO is its Data overview, UID its page on unique ids, UN the one on unsetting attributes, PO the one
on Portfolio.

| Rule | Breach | Source |
|---|---|---|
| type: `customer`, `event`, `device`, `transition`, in this case | 400 AttributeError | Y |
| customer_id: a string, not missing, not empty | 400 MissingAttributeError | Y |
| customer_id: no placeholder, more than one character | 400 InvalidParams | UID, DO |
| actions: a non-empty array of objects, each with a non-empty action | 400 MissingAttributeError | Y |
| attributes: an object (devices must have it) | 400 | Y |
| user_time, current_time: ISO 8601, epoch s or ms; not in the future | 400 AttributeError | Y, DO |
| user_timezone_offset: seconds, -54000 to 54000 | 400 AttributeError | Y |
| platform of an event: ANDROID, iOS, web, TV, unknown | 400 ValueError | Y |
| platform of a device: ANDROID, iOS, web, TV; in platforms: no TV | 400 ValueError | Y |
| moe_os_type only with TV | 400 AttributeError | Y |
| device: device_id, attributes.platform, attributes.push_id | 400 MissingAttributeError | Y |
| moe_push_opted of a device: "True" or "False" | 400 ValueError | Y |
| unset_attributes: an array of objects with a type and an attr | 400 MissingAttributeError | Y |
| its type: equals, prefix, suffix, contains | 400 ValueError | Y, UN |
| project_code in the query: not empty | 400 InvalidParams | Y, PO |
| an array attribute both added to and removed from, or set as well | 400 ArrayFieldError | Y |
| elements: a non-empty array of the three types, each valid | 400 | Y |

The documents say that future events are "not accepted" without a status; a minute is allowed for clocks
that differ. They say that a wrong platform "harms campaigns"; it is refused here as it is for devices.
"""

from collections.abc import Mapping
from typing import Final

from heliograph.model.json import Json
from heliograph.twins.times import read_epoch, read_iso
from heliograph.twins.wire import Problem

CLOCK_DIFFERENCE_MS: Final = 60_000
OFFSET_LIMIT_S: Final = 54_000
EVENT_PLATFORMS: Final = frozenset({"ANDROID", "iOS", "web", "TV", "unknown"})
PLATFORMS: Final = frozenset({"ANDROID", "iOS", "web"})
DEVICE_PLATFORMS: Final = PLATFORMS | {"TV"}
UNSET_TYPES: Final = ("equals", "prefix", "suffix", "contains")
BLOCKED_IDS: Final = frozenset(
    {
        "unknown",
        "guest",
        "null",
        "0",
        "1",
        "2",
        "-1",
        "-2",
        "true",
        "false",
        "user_attribute_unique_id",
        "(empty)",
        "na",
        "n/a",
        '""',
        "dummy_seller_code",
        "user_id",
        "id",
        "customer_id",
        "uid",
        "userid",
        "none",
    }
)
ADD: Final = "addValueToArrayField"
REMOVE: Final = "removeValueFromArrayField"


def _missing(attribute: str) -> Problem:
    return Problem(
        400, f"{attribute} is not found in the payload", "MissingAttributeError", attribute
    )


def _wrong(attribute: str, message: str) -> Problem:
    return Problem(400, message, "AttributeError", attribute)


def body_problem(kind: str, body: Mapping[str, Json], now_ms: int) -> Problem | None:
    """Return why `POST /v1/{kind}/{workspace}` refuses this body, or None.

    Args:
        kind: `customer`, `event`, `device` or `transition`.
        body: the JSON object.
        now_ms: UTC epoch milliseconds; events may not lie after it.
    """
    if "type" not in body:
        return _missing("type")
    if body["type"] != kind:
        return _wrong("type", f"type should be {kind}")
    if kind == "transition":
        return _elements_problem(body.get("elements"), now_ms)
    return _CHECKS[kind](body, now_ms)


def _elements_problem(elements: Json, now_ms: int) -> Problem | None:
    if elements is None:
        return _missing("elements")
    if not isinstance(elements, list) or not elements:
        return Problem(400, "'elements cannot be empty array", "MissingAttributeError", "elements")
    for element in elements:
        kind = element.get("type") if isinstance(element, dict) else None
        if not isinstance(element, dict) or not isinstance(kind, str) or kind not in _CHECKS:
            return _wrong("type", "'type in elements should be customer/event/device")
        if (problem := _CHECKS[kind](element, now_ms)) is not None:
            return problem
    return None


def customer_id_problem(body: Mapping[str, Json], attribute: str = "customer_id") -> Problem | None:
    """Return what is wrong with an identifier, or None."""
    value = body.get(attribute)
    if value is None:
        return _missing(attribute)
    if not isinstance(value, str):
        message = f"{attribute} is expected to be String or Unicode String."
        return Problem(400, message, "MissingAttributeError", attribute)
    if not value.strip():
        message = f"{attribute} can not be empty Unicode String"
        return Problem(400, message, "MissingAttributeError", attribute)
    if value.strip().lower() in BLOCKED_IDS or len(value.strip()) == 1:
        return Problem(400, f"given {attribute} is invalid/blocked", "InvalidParams", attribute)
    return None


def _customer_problem(body: Mapping[str, Json], now_ms: int) -> Problem | None:
    del now_ms
    if (problem := customer_id_problem(body)) is not None:
        return problem
    attributes = body.get("attributes", {})
    if not isinstance(attributes, dict):
        return _wrong("attributes", "attributes should be a JSON object")
    if not isinstance(body.get("update_existing_only", False), bool):
        return _wrong("update_existing_only", "update_existing_only should be a boolean")
    platforms = body.get("platforms", attributes.get("platforms", []))
    return (
        _array_fields_problem(attributes)
        or _platforms_problem(platforms)
        or _unset_problem(body.get("unset_attributes", []))
    )


def _array_fields_problem(attributes: Mapping[str, Json]) -> Problem | None:
    changed: dict[str, set[str]] = {}
    for field in (ADD, REMOVE):
        value = attributes.get(field, {})
        if not isinstance(value, dict) or not all(isinstance(v, list) for v in value.values()):
            return Problem(
                400, f"{field} should map attributes to arrays", "ArrayFieldError", field
            )
        changed[field] = set(value)
    if both := sorted(changed[ADD] & changed[REMOVE]):
        message = f"Cannot add and remove '{both[0]}' at the same time"
        return Problem(400, message, "ArrayFieldError", ADD)
    for field, names in changed.items():
        if both := sorted(names & attributes.keys()):
            message = f"Cannot set and change '{both[0]}' at the same time"
            return Problem(400, message, "ArrayFieldError", field)
    return None


def _platforms_problem(platforms: Json) -> Problem | None:
    if not isinstance(platforms, list):
        return _wrong("platforms", "platforms should be an array")
    for entry in platforms:
        if not isinstance(entry, dict) or entry.get("platform") not in PLATFORMS:
            return Problem(400, "'platform' is not a valid platform.", "ValueError", "platform")
        if entry.get("active") not in ("true", "false"):
            return _wrong("active", "active should be true or false, as a string")
    return None


def _unset_problem(rules: Json) -> Problem | None:
    if not isinstance(rules, list):
        return _wrong("unset_attributes", "unset_attributes should be an array")
    for rule in rules:
        if not isinstance(rule, dict):
            return _wrong("unset_attributes", "unset_attributes should be an array of JSON objects")
        for field in ("type", "attr"):
            if not isinstance(rule.get(field), str) or not rule[field]:
                return _missing(field)
        if rule["type"] not in UNSET_TYPES:
            message = f"type in unset_attributes should be {'/'.join(UNSET_TYPES)}"
            return Problem(400, message, "ValueError", "type")
        if not isinstance(rule.get("case_sensitive", True), bool):
            return _wrong("case_sensitive", "case_sensitive should be a boolean")
    return None


def unset_by(rules: Json, name: str) -> bool:
    """Tell whether valid rules of `unset_attributes` match an attribute's name."""
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict):
            continue
        wanted, given = str(rule["attr"]), name
        if not rule.get("case_sensitive", True):
            wanted, given = wanted.lower(), given.lower()
        match rule["type"]:
            case "equals":
                found = given == wanted
            case "prefix":
                found = given.startswith(wanted)
            case "suffix":
                found = given.endswith(wanted)
            case _:
                found = wanted in given
        if found:
            return True
    return False


def _event_problem(body: Mapping[str, Json], now_ms: int) -> Problem | None:
    if (problem := customer_id_problem(body)) is not None:
        return problem
    actions = body.get("actions")
    if actions is None:
        return _missing("actions")
    if not isinstance(actions, list) or not actions:
        return Problem(400, "actions can not be empty Array", "MissingAttributeError", "actions")
    for action in actions:
        if not isinstance(action, dict):
            return _wrong("actions", "actions should be an array of JSON objects")
        if (problem := _action_problem(action, now_ms)) is not None:
            return problem
    return None


def _action_problem(action: Mapping[str, Json], now_ms: int) -> Problem | None:
    name = action.get("action")
    if name is None:
        return _missing("action")
    if not isinstance(name, str) or not name.strip():
        return Problem(
            400, "action cannot be empty Unicode string", "MissingAttributeError", "action"
        )
    if not isinstance(action.get("attributes", {}), dict):
        return _wrong("attributes", "attributes should be a JSON object")
    platform = action.get("platform")
    if platform is not None and platform not in EVENT_PLATFORMS:
        return Problem(400, "'platform' is not a valid platform.", "ValueError", "platform")
    if "moe_os_type" in action and platform != "TV":
        return _wrong("moe_os_type", "moe_os_type is allowed for the platform TV only")
    if not isinstance(action.get("app_version", ""), str):
        return _wrong("app_version", "app_version should be a string")
    return _times_problem(action, now_ms)


def _times_problem(action: Mapping[str, Json], now_ms: int) -> Problem | None:
    offset = action.get("user_timezone_offset", 0)
    if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > OFFSET_LIMIT_S:
        message = f"user_timezone_offset should be -{OFFSET_LIMIT_S} to {OFFSET_LIMIT_S} seconds"
        return _wrong("user_timezone_offset", message)
    for field, shift_s in (("current_time", 0), ("user_time", offset)):
        if field not in action:
            continue
        instant = read_time(action[field])
        if instant is None:
            return _wrong(field, f"{field} should be ISO 8601 or epoch seconds")
        if instant - shift_s * 1000 > now_ms + CLOCK_DIFFERENCE_MS:
            return _wrong(field, f"{field} can not be in the future")
    return None


def read_time(value: Json) -> int | None:
    """Return epoch ms of a time in one of the documented forms, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return read_epoch(value)
    if isinstance(value, str):
        return read_epoch(value) if value.isascii() and value.isdigit() else read_iso(value)
    return None


def _device_problem(body: Mapping[str, Json], now_ms: int) -> Problem | None:
    del now_ms
    if (problem := customer_id_problem(body)) is not None:
        return problem
    for field in ("device_id", "attributes"):
        if not body.get(field):
            return Problem(
                400, f"'{field}' is not found in the payload", "MissingAttributeError", field
            )
    attributes = body["attributes"]
    if not isinstance(attributes, dict):
        return _wrong("attributes", "attributes should be a JSON object")
    for field in ("platform", "push_id"):
        if not attributes.get(field):
            return Problem(
                400, f"'{field}' is not found in payload", "MissingAttributeError", field
            )
    if attributes["platform"] not in DEVICE_PLATFORMS:
        return Problem(400, "'platform' is not a valid platform.", "ValueError", "platform")
    if attributes.get("moe_push_opted", "True") not in ("True", "False"):
        return Problem(
            400, "moe_push_opted should be True or False", "ValueError", "moe_push_opted"
        )
    return None


_CHECKS: Final = {
    "customer": _customer_problem,
    "event": _event_problem,
    "device": _device_problem,
}
