"""What the MoEngage Data API takes: rates, sizes, names and values, and how attributes are kept to them.

Source: MoEngage, "Data API" (OpenAPI), "Rate limits", "Data tracking policies", "Support for object data
type" (copies of mid-2026).
"""

import math
import re
from collections.abc import Callable
from typing import Final

from heliograph.destinations.base import Capabilities, Limit
from heliograph.destinations.moengage.settings import MoEngageSettings
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import json_body
from heliograph.model.json import Json, JsonObject

NAME_MAX: Final = 200
"""Characters of the name of an event or attribute."""
VALUE_MAX: Final = 512
"""Characters of a text."""
LIST_MAX: Final = 50
"""Elements of a list."""
EVENT_ATTRIBUTES_MAX: Final = 100
SINGLE_BYTES: Final = 128_000
"""Body of a single call: 128 KB, read as the smaller unit."""
BULK_BYTES: Final = 95_000
"""Body of a bulk call: below the documented 100 KB."""
OBJECT_BYTES: Final = 25_000
OBJECT_KEYS_MAX: Final = 100
RESERVED: Final = "moe_"

SETTABLE_MOE: Final = frozenset(
    [
        *["moe_unsubscribe", "moe_spam", "moe_hard_bounce", "moe_sub_w", "moe_wa_subscription"],
        *["moe_sms_subscription", "moe_em_unsub_categories", "moe_email_optin_status", "moe_gaid"],
        "moe_mobile",
    ]
)
"""User attributes with the reserved prefix that are meant to be set."""
BLOCKED_USER: Final = frozenset(["id", "_id", "status", "user_id", "source", "install", "update"])
"""User attribute names that are reserved, besides the prefixes."""
BLOCKED_IDS: Final = frozenset(
    [
        *[
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
            "na",
            "n/a",
            '""',
        ],
        *[
            "user_attribute_unique_id",
            "(empty)",
            "dummy_seller_code",
            "user_id",
            "id",
            "customer_id",
        ],
        *["uid", "userid", "none"],
    ]
)
"""Customer ids that MoEngage ignores, in lower case, besides those of one character
(MoEngage, "What unique ID values does the system accept", copy of mid-2026)."""
_OBJECT_KEY_FORBIDDEN: Final = str.maketrans(dict.fromkeys("$.%#", "_"))
_SOURCE: Final = "MoEngage, Rate limits (copy of mid-2026)"


def _maps_to_lists(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(v, list) and v for v in value.values())


def _lists_platforms(value: Json) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.get("platform") in ("ANDROID", "iOS", "web")
        and entry.get("active") in ("true", "false")
        for entry in value
    )


INSTRUCTIONS: Final[dict[str, Callable[[Json], bool]]] = {
    "addValueToArrayField": _maps_to_lists,
    "removeValueFromArrayField": _maps_to_lists,
    "platforms": _lists_platforms,
}
"""User attributes that instruct the Data API, with a check of their form; sent unchanged."""


_FORMS: Final = {
    "u_bd": (
        re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?)?", re.ASCII),
        "date that MoEngage knows (YYYY-MM-DD, or with THH:mm:ssZ)",
    ),
    "u_mb": (
        re.compile(r"\+?\d[\d ().\-/]{5,24}", re.ASCII),
        "phone number (with its country code: 918888444411)",
    ),
}
"""Standard attributes with a form of their own: Data overview, standard attributes and datetimes."""


def capabilities(settings: MoEngageSettings) -> Capabilities:
    """Return MoEngage's documented budget: users and events per minute, and for bulk calls."""
    del settings
    return Capabilities(
        limits=(
            Limit(bucket="customer", amount=10_000, per_s=60, source=_SOURCE),
            Limit(bucket="event", amount=30_000, per_s=60, source=_SOURCE),
            Limit(bucket="transition", amount=60_000, per_s=60, source=_SOURCE),
        ),
        max_body_bytes=SINGLE_BYTES,
        accepts_anonymous=False,
        idempotent=False,
    )


def fit_name(name: str, where: str, findings: Findings) -> str:
    """Return the name, cut to 200 characters as MoEngage would.

    Raises:
        DestinationError: it is longer and the settings say `fail`.
    """
    if len(name) > NAME_MAX:
        findings.breach("name.long", f"{len(name)} characters, cut to {NAME_MAX}", where)
    return name[:NAME_MAX]


def user_attributes(
    traits: JsonObject, settings: MoEngageSettings, findings: Findings
) -> JsonObject:
    """Return the attributes of a customer element.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """
    plain: JsonObject = {}
    instructions: JsonObject = {}
    for name, value in traits.items():
        if name not in INSTRUCTIONS:
            plain[name] = value
            form, meant = _FORMS.get(name, (None, ""))
            if form is not None and value is not None and not form.fullmatch(str(value)):
                findings.warn("value.odd", f"sent as it is, and no {meant}", f"$.traits.{name}")
        elif INSTRUCTIONS[name](value):
            instructions[name] = value
        else:
            message = f"{name} is an instruction of the Data API and not of its form; left out"
            findings.breach("value.unusable", message, f"$.traits.{name}")
    return _attributes(plain, settings, findings, "$.traits") | instructions


def event_attributes(
    properties: JsonObject, settings: MoEngageSettings, findings: Findings
) -> JsonObject:
    """Return the attributes of an event's action: the first 100, since MoEngage takes no more.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """
    fitted = _attributes(properties, settings, findings, "$.properties")
    for name in list(fitted)[EVENT_ATTRIBUTES_MAX:]:
        message = f"more than {EVENT_ATTRIBUTES_MAX} attributes; this one is left out"
        findings.breach("count.attributes", message, f"$.properties.{name}")
        del fitted[name]
    return fitted


def _attributes(
    values: JsonObject, settings: MoEngageSettings, findings: Findings, where: str
) -> JsonObject:
    out: JsonObject = {}
    keep = settings.nested_objects == "keep"
    flat = values if keep else _columns(values, settings, findings, where)
    for name, value in flat.items():
        at = f"{where}.{name}"
        reserved = _reserved(name, user=where == "$.traits")
        if reserved is not None:
            findings.breach("name.reserved" if name else "name.empty", reserved, at)
            continue
        fitted = _fit(value, at, findings)
        if fitted is None:
            continue
        short = fit_name(name, at, findings)
        if short in out:
            findings.breach("name.taken", f"a second {short[:60]!r}; it is left out", at)
        else:
            out[short] = fitted
    return out


def _reserved(name: str, *, user: bool) -> str | None:
    """Return why an attribute must not have this name, None when it may; asked after flattening."""
    lower = name.lower()
    if not name:
        return "an attribute without a name is left out"
    if lower.startswith(RESERVED) and not (user and name in SETTABLE_MOE):
        return f"names that start with {RESERVED} are MoEngage's own; left out"
    if user and (lower in BLOCKED_USER or lower.startswith("user_attribute_")):
        return f"{name!r} is a reserved user attribute and is left out"
    return None


def _columns(
    values: JsonObject, settings: MoEngageSettings, findings: Findings, where: str
) -> JsonObject:
    """Return flat values, each list of objects as one list per key in which positions correspond."""

    def cells(column: list[Json], at: str) -> list[Json]:
        return _cells(column, at, findings)

    return findings.columns(values, settings.separator, where, cells=cells)


def _cells(column: list[Json], where: str, findings: Findings) -> list[Json]:
    """Return one key's values of a list of objects, an empty text where an object has none.

    MoEngage knows lists of texts and lists of numbers and drops null, so a list with gaps is one of texts.
    """
    cells = [_cell(cell, f"{where}[{i}]", findings) for i, cell in enumerate(column)]
    missing = sum(cell is None for cell in cells)
    if missing == len(cells):
        findings.null(where)
        return []
    if missing:
        message = (
            f"{missing} of {len(cells)} objects have no such value; sent as texts, empty there"
        )
        findings.warn("list.gaps", message, where)
        return ["" if x is None else x if isinstance(x, str) else _json(x) for x in cells]
    return cells


def _cell(cell: Json, where: str, findings: Findings) -> Json:
    if isinstance(cell, (list, dict)):
        findings.warn("value.text", "nested in a list of objects; sent as JSON text", where)
        return _json(cell)
    if isinstance(cell, str):
        return _fit_text(cell, where, findings)
    return None if _is_nothing(cell) else cell


def _json(value: Json) -> str:
    return json_body(value).decode()


def _is_nothing(value: Json) -> bool:
    """Tell whether a value is null, or what JSON writes as null."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _fit(value: Json, where: str, findings: Findings) -> Json:
    """Return the value as MoEngage keeps it, None when it is to be left out."""
    if isinstance(value, str):
        return _fit_text(value, where, findings)
    if _is_nothing(value):
        findings.null(where)
        return None
    if isinstance(value, list):
        return _fit_list(value, where, findings)
    return _fit_object(value, where, findings) if isinstance(value, dict) else value


def _fit_text(text: str, where: str, findings: Findings) -> str | None:
    if len(text) <= VALUE_MAX:
        return text
    if text.startswith(("http://", "https://")):
        message = f"an address of {len(text)} characters is refused whole above {VALUE_MAX}"
        findings.breach("value.long", message, where)
        return None
    findings.breach("value.long", f"{len(text)} characters, cut to {VALUE_MAX}", where)
    return text[:VALUE_MAX]


def _fit_list(items: list[Json], where: str, findings: Findings) -> Json:
    present = [item for item in items if not _is_nothing(item)]
    if not present:
        findings.empty(where)
        return None
    if len(present) < len(items):
        findings.warn("list.null", f"{len(items) - len(present)} null left out of a list", where)
    if len(present) > LIST_MAX:
        message = f"{len(present)} elements, the first {LIST_MAX} are sent"
        findings.breach("list.long", message, where)
        present = present[:LIST_MAX]
    if all(isinstance(item, dict) for item in present):
        objects = [_fit(item, f"{where}[{i}]", findings) for i, item in enumerate(present)]
        return [item for item in objects if item is not None] or None
    kinds = {"text" if isinstance(x, (str, bool, list, dict)) else "number" for x in present}
    if len(kinds) > 1 or any(isinstance(x, (bool, list, dict)) for x in present):
        findings.warn("list.mixed", "a list has one type of element; sent as texts", where)
        present = [x if isinstance(x, str) else _json(x) for x in present]
    fitted = [_fit(item, f"{where}[{i}]", findings) for i, item in enumerate(present)]
    return [item for item in fitted if item is not None] or None


def _fit_object(value: JsonObject, where: str, findings: Findings) -> Json:
    """Return an object of at most two levels, deeper ones as JSON text; empty ones are left out."""
    out = _with_keys(value, where, findings, inner=_second_level)
    if not out:
        findings.empty(where)
    if len(json_body(out)) > OBJECT_BYTES:
        findings.breach("object.large", f"an object over {OBJECT_BYTES} bytes is left out", where)
        return None
    return out or None


def _second_level(member: Json, where: str, findings: Findings) -> Json:
    if not isinstance(member, dict):
        return member
    return _with_keys(member, where, findings, inner=_third_level) or None


def _third_level(member: Json, where: str, findings: Findings) -> Json:
    if not isinstance(member, (dict, list)):
        return member
    findings.warn("value.text", "nested deeper than two levels; sent as JSON text", where)
    return _json(member)


def _with_keys(
    value: JsonObject,
    where: str,
    findings: Findings,
    *,
    inner: Callable[[Json, str, Findings], Json],
) -> JsonObject:
    """Return an object with keys that MoEngage takes; a key that need not be changed wins."""
    out: JsonObject = {}
    if len(value) > OBJECT_KEYS_MAX:
        findings.breach("object.keys", f"{len(value)} keys, {OBJECT_KEYS_MAX} are sent", where)
    for key, member in list(value.items())[:OBJECT_KEYS_MAX]:
        at = f"{where}.{key}"
        if _is_nothing(member):
            findings.null(at)
            continue
        if member in ({}, []):
            findings.empty(at)
            continue
        name = key.translate(_OBJECT_KEY_FORBIDDEN)
        if name in out or (name != key and value.get(name) is not None):
            findings.breach("name.taken", f"a second {name[:60]!r}; it is left out", at)
            continue
        if name != key:
            findings.warn("name.changed", f"keys have none of $ . % #; sent as {name[:60]!r}", at)
        fitted = inner(member, at, findings)
        if fitted is None:
            findings.empty(at)
        else:
            out[name] = fitted
    return out
