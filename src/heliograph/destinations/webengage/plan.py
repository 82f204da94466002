"""One event as WebEngage's requests: users first when the event says something about the person.

```
track, page, screen            POST …/events
the same with traits           POST …/users, then POST …/events
identify                       POST …/users
group, alias                   nothing: WebEngage has no counterpart
```

A request names `userId` when the person is known, else `anonymousId`, never both: WebEngage ignores the
second one and does not merge (REST API, tracking events, mid-2026). `x-request-id` follows from the
delivery and the step, so that a repeat within 4 hours is not counted twice.
"""

from typing import Final

from heliograph.destinations.base import Plan, PlanContext, PlanWarning, RequestPlan
from heliograph.destinations.planning.event_names import usable_event_name
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import (
    JSON_HEADERS,
    base_url,
    bearer,
    idempotency_hex,
    json_body,
    path_segment,
)
from heliograph.destinations.planning.identity import (
    anonymous_id_of,
    check_length,
    customer_id_of,
    missing_identity,
)
from heliograph.destinations.planning.times import instant, iso_offset
from heliograph.destinations.planning.unsupported import without_place
from heliograph.destinations.webengage.limits import ID_MAX, RESERVED, Attributes
from heliograph.destinations.webengage.profile import user_fields
from heliograph.destinations.webengage.settings import WebEngageSettings
from heliograph.model.event import Event
from heliograph.model.json import JsonObject

_VENDOR: Final = "WebEngage"
_USER: Final = frozenset({"traits"})
_EVENT: Final = frozenset({"traits", "properties"})


def plan(event: Event, context: PlanContext, settings: WebEngageSettings) -> Plan:
    """Return the requests for one event, in the order in which they must be sent.

    Raises:
        DestinationError: `destination.invalid_event`: nobody is named, an identifier is too long, the
            event has no usable name, or a limit is broken and the settings say `fail`.
    """
    if event.type in ("group", "alias"):
        message = f"WebEngage has no counterpart of {event.type}; nothing is sent"
        return Plan(
            warnings=(PlanWarning(code="type.unsupported", message=message, where="$.type"),)
        )
    identity = _identity(event, context)
    findings = Findings(_VENDOR, fail=settings.over_limit == "fail")
    findings.unsupported(without_place(event, _USER if event.type == "identify" else _EVENT))
    requests: list[RequestPlan] = []
    if event.type == "identify" or event.traits:
        body = identity | user_fields(event.traits, settings, findings, at_ms=event.received_at)
        requests.append(_request("user", body, context, settings))
    if event.type != "identify":
        body = identity | _event_fields(event, settings, findings)
        requests.append(_request("event", body, context, settings))
    return Plan(requests=tuple(requests), warnings=tuple(findings.warnings))


def probe(settings: WebEngageSettings) -> RequestPlan:
    """Return an event without content: a good key answers 400, a wrong one 401, a wrong license 404."""
    return RequestPlan(
        method="POST",
        url=_url("events", settings),
        headers={"Authorization": bearer(settings.rest_api_key), **JSON_HEADERS},
        body=b"{}",
        secret_values=(settings.rest_api_key.reveal(),),
        bucket="events",
        label="probe",
    )


def _identity(event: Event, context: PlanContext) -> JsonObject:
    customer_id = customer_id_of(event, context.person)
    if customer_id is not None:
        return {"userId": check_length(customer_id, ID_MAX, _VENDOR)}
    anonymous_id = anonymous_id_of(event, context.person)
    if anonymous_id is not None:
        return {"anonymousId": check_length(anonymous_id, ID_MAX, _VENDOR)}
    raise missing_identity(event, _VENDOR)


def _event_fields(event: Event, settings: WebEngageSettings, findings: Findings) -> JsonObject:
    found = Attributes(findings, "$.properties", counted=True)
    name = usable_event_name(event, _VENDOR, reserved=RESERVED)
    fields: JsonObject = {
        "eventName": found.fit_name(name, "$.event"),
        "eventTime": iso_offset(instant(event.timestamp)),
    }
    properties = event.properties
    if settings.nested_objects == "flatten":
        properties = findings.flattened(properties, settings.separator, "$.properties")
    for attribute, value in properties.items():
        found.add(attribute, value)
    if found.values:
        fields["eventData"] = found.values
    return fields


def _request(
    step: str, body: JsonObject, context: PlanContext, settings: WebEngageSettings
) -> RequestPlan:
    return RequestPlan(
        method="POST",
        url=_url(f"{step}s", settings),
        headers={
            "Authorization": bearer(settings.rest_api_key),
            **JSON_HEADERS,
            "x-request-id": idempotency_hex(context.delivery_id, step),
        },
        body=json_body(body),
        secret_values=(settings.rest_api_key.reveal(),),
        bucket=f"{step}s",
        label=step,
    )


def _url(resource: str, settings: WebEngageSettings) -> str:
    license_code = path_segment(settings.license_code)
    return f"{base_url(settings.api_host)}/v1/accounts/{license_code}/{resource}"
