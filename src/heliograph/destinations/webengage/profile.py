"""A person's traits as WebEngage's user body: standard fields at the root, the rest in `attributes`.

Source: WebEngage, "REST API: tracking users" (copy of 2026-06-02). WebEngage queues before it checks, so
a value it cannot use would vanish without a word; such values are left out here with a warning.
"""

import re
from collections.abc import Callable
from typing import Final

from heliograph.destinations.blueprint.vocabulary import GENDERS
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.times import iso_offset, read_date
from heliograph.destinations.webengage.limits import Attributes
from heliograph.destinations.webengage.settings import WebEngageSettings
from heliograph.model.json import Json, JsonObject

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_TRUE: Final = frozenset(["true", "yes", "1", "y", "on"])
_FALSE: Final = frozenset(["false", "no", "0", "n", "off"])


def user_fields(traits: JsonObject, settings: WebEngageSettings, findings: Findings) -> JsonObject:
    """Return the root fields of the user body; `attributes` is among them when there are any.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """
    found = Attributes(findings, "$.traits")
    root: JsonObject = {}
    if settings.nested_objects == "flatten":
        traits = findings.flattened(traits, settings.separator, "$.traits")
    for name, value in traits.items():
        read = _STANDARD.get(name)
        if read is None:
            found.add(name, value)
        elif value is not None:
            known = read(value, settings)
            if known is None:
                allowed = _ALLOWED.get(read, "a text")
                findings.breach(
                    "value.unusable", f"left out: {name} must be {allowed}", f"$.traits.{name}"
                )
            else:
                root[name] = found.fit_text(known, f"$.traits.{name}")
    if found.values:
        root["attributes"] = found.values
    return root


def _text(value: Json, settings: WebEngageSettings) -> Json:
    del settings
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def _phone(value: Json, settings: WebEngageSettings) -> Json:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    digits = re.sub(r"[\s().\-/]", "", str(value))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    code = settings.calling_code
    if code and not digits.startswith("+"):
        complete = digits.startswith(code) and len(digits) > 10
        digits = f"+{digits}" if complete else f"+{code}{digits.lstrip('0')}"
    return digits if _E164.fullmatch(digits) else None


def _gender(value: Json, settings: WebEngageSettings) -> Json:
    del settings
    if not isinstance(value, str) or not value.strip():
        return None
    return GENDERS.get(value.strip().lower(), "other")


def _birth_date(value: Json, settings: WebEngageSettings) -> Json:
    del settings
    when = read_date(value)
    return iso_offset(when) if when else None


def _flag(value: Json, settings: WebEngageSettings) -> Json:
    del settings
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    return True if text in _TRUE else False if text in _FALSE else None


_Reader = Callable[[Json, WebEngageSettings], Json]
_STANDARD: Final[dict[str, _Reader]] = {
    "firstName": _text,
    "lastName": _text,
    "company": _text,
    "email": _text,
    "hashedEmail": _text,
    "hashedPhone": _text,
    "phone": _phone,
    "gender": _gender,
    "birthDate": _birth_date,
    "emailOptIn": _flag,
    "smsOptIn": _flag,
    "rcsOptIn": _flag,
    "whatsappOptIn": _flag,
}
_ALLOWED: Final[dict[_Reader, str]] = {
    _phone: "E.164 such as +15550109988 (or set calling_code)",
    _gender: "male, female or other",
    _birth_date: "an ISO 8601 date",
    _flag: "true or false",
}
STANDARD_FIELDS: Final = tuple(_STANDARD)
