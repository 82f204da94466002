"""A person's traits as WebEngage's user body: standard fields at the root, the rest in `attributes`.

Source: WebEngage, "REST API: tracking users" (copy of 2026-06-02). WebEngage queues before it checks, so
a value it cannot use would vanish without a word; such values are left out here with a warning.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from heliograph.destinations.blueprint.vocabulary import GENDERS, OTHER_GENDERS
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.times import (
    instant,
    iso_offset,
    read_date,
    read_date_text,
)
from heliograph.destinations.webengage.limits import Attributes
from heliograph.destinations.webengage.settings import WebEngageSettings
from heliograph.model.json import Json, JsonObject

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_TRUE: Final = frozenset(["true", "yes", "1", "y", "on"])
_FALSE: Final = frozenset(["false", "no", "0", "n", "off"])
_EARLIEST: Final = 1900
"""Year before which nobody was born who has a profile now."""


class _Sent(NamedTuple):
    """A standard field's value as WebEngage takes it."""

    value: Json
    note: str = ""
    """What was inferred to come to it; empty when it says just what was given."""


def user_fields(
    traits: JsonObject, settings: WebEngageSettings, findings: Findings, *, at_ms: int
) -> JsonObject:
    """Return the root fields of the user body; `attributes` is among them when there are any.

    Args:
        traits: what the event says of the person, under WebEngage's names.
        settings: of the destination.
        findings: of the plan.
        at_ms: when the event was received, UTC epoch milliseconds.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """
    found = Attributes(findings, "$.traits", counted=False)
    root: JsonObject = {}
    if settings.nested_objects == "flatten":
        traits = findings.flattened(traits, settings.separator, "$.traits")
    for name, value in traits.items():
        where = f"$.traits.{name}"
        read = _STANDARD.get(name)
        if read is None:
            found.add(name, value)
        elif value is None:
            findings.null(where)
        else:
            sent = read(value, settings)
            if sent is None:
                allowed = _ALLOWED.get(read, "a text")
                findings.breach("value.unusable", f"left out: {name} must be {allowed}", where)
                continue
            if sent.note:
                findings.warn("value.changed", sent.note, where)
            root[name] = found.fit_text(sent.value, where)
            if name == "birthDate" and not _EARLIEST <= _year(sent.value) <= instant(at_ms).year:
                message = f"a birthday before {_EARLIEST} or after the event; sent all the same"
                findings.warn("value.odd", message, where)
    if found.values:
        root["attributes"] = found.values
    return root


def _text(value: Json, settings: WebEngageSettings) -> _Sent | None:
    del settings
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value)
    short = text.strip()
    return _Sent(short, "" if short == text else "blanks around it are left out") if short else None


def _phone(value: Json, settings: WebEngageSettings) -> _Sent | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    notes: list[str] = []
    text = str(value).strip()
    if text.startswith(("+", "00")) and "(0)" in text:
        text = text.replace("(0)", "", 1)
        notes.append("(0) is left out, as from abroad")
    digits = re.sub(r"[\s().\-/]", "", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
        notes.append("00 is read as +")
    code = settings.calling_code
    if code and not digits.startswith("+"):
        if digits.startswith(code) and len(digits) > 10:
            digits = f"+{digits}"
            notes.append(f"it is read as beginning with the calling code {code}")
        else:
            digits = f"+{code}{digits.lstrip('0')}"
            notes.append(f"the calling code {code} is put before it")
    return _Sent(digits, "; ".join(notes)) if _E164.fullmatch(digits) else None


def _gender(value: Json, settings: WebEngageSettings) -> _Sent | None:
    del settings
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word in OTHER_GENDERS:
        return _Sent("other", "WebEngage knows male, female and other")
    known = GENDERS.get(word)
    return _Sent(known) if known else None


def _birth_date(value: Json, settings: WebEngageSettings) -> _Sent | None:
    del settings
    when = read_date(value)
    if when is None:
        return None
    if not isinstance(value, str):
        return _Sent(iso_offset(when), "a number is read as a day or an epoch time")
    text = read_date_text(value.strip())
    if text is None:
        return _Sent(iso_offset(when), "digits are read as a date")
    notes = ["a date without a zone is sent as UTC"] if "T" in value and not text.has_zone else []
    if text.has_fraction:
        notes.append("the fraction of a second is left out")
    return _Sent(iso_offset(when), "; ".join(notes))


def _year(birth_date: Json) -> int:
    return int(str(birth_date)[:4])


def _flag(value: Json, settings: WebEngageSettings) -> _Sent | None:
    del settings
    if isinstance(value, bool):
        return _Sent(value)
    text = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if text in ("true", "false"):
        return _Sent(text == "true")
    if text in _TRUE or text in _FALSE:
        return _Sent(text in _TRUE, f"read as {'true' if text in _TRUE else 'false'}")
    return None


_Reader = Callable[[Json, WebEngageSettings], _Sent | None]
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
    **dict.fromkeys(("city", "region", "country", "postalCode", "locality"), _text),
}
"""The address fields are not in the page's table; WebEngage's own tool (webengage-migration 0.2.0) and
RudderStack send them at the root."""
_ALLOWED: Final[dict[_Reader, str]] = {
    _phone: "E.164 such as +15550109988 (or set calling_code)",
    _gender: "male, female or other",
    _birth_date: "an ISO 8601 date",
    _flag: "true or false",
}
STANDARD_FIELDS: Final = tuple(_STANDARD)
