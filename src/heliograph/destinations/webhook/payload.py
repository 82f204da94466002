"""The bodies a webhook can send: the canonical event, Behamics' payload, or a template's."""

from collections.abc import Callable
from datetime import time
from typing import Final

import msgspec

from heliograph.destinations.base import Person, PlanContext
from heliograph.destinations.blueprint.vocabulary import TRAIT_NAMES
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import json_body
from heliograph.destinations.planning.identity import anonymous_id_of, customer_id_of
from heliograph.destinations.planning.times import iso_utc, read_date
from heliograph.destinations.planning.unsupported import without_place
from heliograph.destinations.webhook.settings import WebhookSettings
from heliograph.destinations.webhook.template import render
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

_BEHAMICS_TRAITS: Final = ("first_name", "last_name", "email", "phone", "birthday", "gender")
_BEHAMICS_PLACES: Final = ("city", "state", "country")


def payload_of(
    event: Event, context: PlanContext, settings: WebhookSettings, findings: Findings
) -> Json:
    """Return the payload the settings ask for; None when a template gives nothing.

    What a template does not ask for is no finding; what it asks for in vain is.
    """
    match settings.payload:
        case "canonical":
            return canonical(event, context.person if settings.include_profile else None)
        case "behamics":
            return behamics(event, context.person, findings)
        case "template":
            return _rendered(settings.template, canonical(event, context.person), findings)


def _rendered(template: Json, document: JsonObject, findings: Findings) -> Json:
    missing: list[str] = []
    payload = render(template, document, missing)
    for path in dict.fromkeys(missing):
        message = (
            "the template asks for it and the event has none; its key or its place is left out"
        )
        findings.warn("template.missing", message, path)
    return payload


def canonical(event: Event, person: Person | None) -> JsonObject:
    """Return the event in the words of the glossary: snake_case, times in ISO 8601 UTC, no empty fields.

    `event_id` is what a receiver tells repeats by. `profile` is there when `person` is given.
    """
    made = _canonical(event, person)
    fields = [(name, getattr(made, name)) for name in made.__struct_fields__]
    return {name: value for name, value in fields if value is not None}


def canonical_body(event: Event, person: Person | None) -> bytes:
    """Return `canonical` as JSON, as `json_body` would."""
    try:
        return _encode(_canonical(event, person))
    except UnicodeEncodeError:
        return json_body(canonical(event, person))


class _Canonical(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """The canonical payload, in the order of its members; encoded without a dictionary between."""

    type: str
    event: str | None = None
    event_id: str
    message_id: str | None = None
    customer_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    timestamp: str
    received_at: str
    properties: JsonObject
    traits: JsonObject | None = None
    context: JsonObject | None = None
    platform: str | None = None
    app_version: str | None = None
    update_existing_only: bool | None = None
    source_id: str
    profile: JsonObject | None = None


_encode: Final[Callable[[_Canonical], bytes]] = msgspec.json.Encoder().encode


def _canonical(event: Event, person: Person | None) -> _Canonical:
    return _Canonical(
        type=event.type,
        event=event.event,
        event_id=event.event_id,
        message_id=event.message_id,
        customer_id=event.customer_id,
        anonymous_id=event.anonymous_id,
        group_id=event.group_id,
        timestamp=iso_utc(event.timestamp),
        received_at=iso_utc(event.received_at),
        properties=event.properties,
        traits=event.traits or None,
        context=event.context or None,
        platform=event.platform,
        app_version=event.app_version,
        update_existing_only=event.update_existing_only or None,
        source_id=event.source_id,
        profile=None if person is None else _profile(person),
    )


def _profile(person: Person) -> JsonObject:
    return {
        "profile_id": person.profile_id,
        "customer_id": person.customer_id,
        "anonymous_ids": list(person.anonymous_ids),
        "traits": person.traits,
    }


def behamics(event: Event, person: Person, findings: Findings) -> JsonObject:
    """Return the payload of Behamics Signals: the event, and the person's profile beside it.

    `event_details` are the properties but for `page_name`; traits without a field of their own go to
    `user_attributes`. The event's own traits win over the profile's. `anonymous_id` stands in for
    `customer_id` while the person is unknown, under its own name.

    Source: MoEngage, "Behamics Signals", payload structure (mid-2026).
    """
    findings.unsupported(without_place(event, _BEHAMICS if event.event else _BEHAMICS_USER))
    fields: JsonObject = {}
    customer_id = customer_id_of(event, person)
    if customer_id is not None:
        fields["customer_id"] = customer_id
    else:
        fields["anonymous_id"] = anonymous_id_of(event, person)
    fields["event_name"] = event.event
    fields["updated_at"] = iso_utc(event.timestamp)
    details = dict(event.properties)
    named = details.pop("page_name", None)
    if named is None and "page_name" in event.properties:
        findings.null("$.properties.page_name")
    fields["page_name"] = _page_title(event) if named is None else named
    fields["event_details"] = details if event.event else None
    traits = {**person.traits, **event.traits}
    born_at = next((n for n in TRAIT_NAMES["birthday"] if traits.get(n) is not None), "birthday")
    for name in _BEHAMICS_TRAITS:
        fields[name] = _take(traits, TRAIT_NAMES[name], findings)
    fields["birthday"] = _day(fields["birthday"], f"$.traits.{born_at}", findings)
    for name in _BEHAMICS_PLACES:
        fields[name] = _take(traits, (name,), findings)
    fields["user_attributes"] = traits or None
    return {name: value for name, value in fields.items() if value is not None}


_BEHAMICS: Final = frozenset({"properties", "traits"})
_BEHAMICS_USER: Final = frozenset({"traits"})


def _day(born: Json, where: str, findings: Findings) -> Json:
    """Return a birthday as the page has it, `1992-05-15`; what is no date as it is."""
    when = read_date(born)
    if when is None:
        if born is not None:
            findings.warn("value.odd", "sent as it is, and no date", where)
        return born
    day = when.date().isoformat()
    if not isinstance(born, str) or not born.startswith(day):
        findings.warn("value.changed", "a number or digits are read as a date", where)
    elif when.time() != time():
        findings.warn("value.changed", "its time of day is left out", where)
    return day


def _take(traits: JsonObject, names: tuple[str, ...], findings: Findings) -> Json:
    """Return the first value under `names`; all of them leave `traits`, being the same thing."""
    found = {name: traits.pop(name) for name in names if name in traits}
    taken = next((value for value in found.values() if value is not None), None)
    for name, value in found.items():
        if value is None:
            findings.null(f"$.traits.{name}")
        elif value != taken:
            message = f"another value of the same is sent as {names[0]}; this one is left out"
            findings.warn("name.taken", message, f"$.traits.{name}")
    return taken


def _page_title(event: Event) -> Json:
    page = event.context.get("page")
    return page.get("title") if isinstance(page, dict) else None
