"""One event as Heap's requests: user properties first when the event says something about the person.

```
track, page, screen            POST /api/track
the same with traits           POST /api/add_user_properties, then POST /api/track
identify with traits           POST /api/add_user_properties
group                          POST /api/add_account_properties
nobody known yet               hold until the person is identified, unless a setting says otherwise
alias, identify without traits nothing
```

`idempotency_key` is the delivery's id: Heap counts a repeat once.
"""

from typing import Final

import msgspec

from heliograph.destinations.base import Plan, PlanContext, RequestPlan
from heliograph.destinations.heap.limits import (
    EVENT_MAX,
    IDENTITY_MAX,
    properties_of,
    user_properties,
)
from heliograph.destinations.heap.settings import HeapSettings
from heliograph.destinations.planning.event_names import usable_event_name
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import JSON_HEADERS, base_url, json_body
from heliograph.destinations.planning.identity import (
    anonymous_id_of,
    check_length,
    customer_id_of,
    missing_identity,
)
from heliograph.destinations.planning.times import iso_utc
from heliograph.destinations.planning.unsupported import without_place
from heliograph.model.delivery import Hold
from heliograph.model.event import Event
from heliograph.model.json import JsonObject

_VENDOR: Final = "Heap"
_PLACES: Final = {
    **dict.fromkeys(("track", "page", "screen"), frozenset({"properties", "traits"})),
    "identify": frozenset({"traits"}),
    "group": frozenset({"traits", "group_id"}),
}
"""The parts of an event that Heap's requests have a place for, by its type."""


def plan(event: Event, context: PlanContext, settings: HeapSettings) -> Plan:
    """Return the requests for one event, in the order in which they must be sent, or a hold.

    Raises:
        DestinationError: `destination.invalid_event`: nobody is named, the identity is too long, the
            event has no name, or a limit is broken and the settings say `fail`.
    """
    findings = Findings(_VENDOR, fail=settings.over_limit == "fail")
    if event.type == "alias":
        message = "Heap has no counterpart of alias; nothing is sent"
        return _nothing("type.unsupported", message, findings)
    findings.unsupported(without_place(event, _PLACES[event.type]))
    if event.type == "group":
        return _account(event, settings, findings)
    identity = customer_id_of(event, context.person)
    if identity is None:
        identity = anonymous_id_of(event, context.person)
        if identity is None:
            raise missing_identity(event, _VENDOR)
        if not settings.anonymous_as_identity:
            return Plan(hold=Hold("Heap needs an identity: waiting for a customer id"))
    identity = check_length(identity, IDENTITY_MAX, _VENDOR)
    requests: list[RequestPlan] = []
    properties = user_properties(event.traits, settings, findings)
    if properties:
        body: JsonObject = {"identity": identity, "properties": properties}
        requests.append(_request("add_user_properties", body, settings, "users", "user"))
    if event.type != "identify":
        body = _track(event, identity, context, settings, findings)
        track = _request("track", body, settings, "track", "event")
        if settings.bulk:
            track = msgspec.structs.replace(track, bundle="track")
        requests.append(track)
    if not requests:
        return _nothing("payload.empty", "no user property is left to send", findings)
    return Plan(requests=tuple(requests), warnings=tuple(findings.warnings))


def probe(settings: HeapSettings) -> RequestPlan | None:
    """Return None: Heap's ingestion has no credentials that could be wrong."""
    del settings


def _nothing(code: str, message: str, findings: Findings) -> Plan:
    findings.warn(code, message, "$.type")
    return Plan(warnings=tuple(findings.warnings))


def _account(event: Event, settings: HeapSettings, findings: Findings) -> Plan:
    properties = user_properties(event.traits, settings, findings)
    if not event.group_id or not properties:
        message = "a group needs group_id and traits; nothing is sent"
        return _nothing("payload.empty", message, findings)
    body: JsonObject = {"account_id": event.group_id, "properties": properties}
    request = _request("add_account_properties", body, settings, "users", "account")
    return Plan(requests=(request,), warnings=tuple(findings.warnings))


def _track(
    event: Event,
    identity: str,
    context: PlanContext,
    settings: HeapSettings,
    findings: Findings,
) -> JsonObject:
    name = usable_event_name(event, _VENDOR)
    if len(name) > EVENT_MAX:
        findings.breach("name.long", f"{len(name)} characters, cut to {EVENT_MAX}", "$.event")
    body: JsonObject = {"identity": identity, "event": name[:EVENT_MAX]}
    properties = properties_of(event.properties, settings, findings, "$.properties")
    if properties:
        body["properties"] = properties
    body["timestamp"] = iso_utc(event.timestamp)
    body["idempotency_key"] = context.delivery_id
    return body


def _request(
    path: str, body: JsonObject, settings: HeapSettings, bucket: str, label: str
) -> RequestPlan:
    return RequestPlan(
        method="POST",
        url=f"{base_url(settings.host)}/api/{path}",
        headers=dict(JSON_HEADERS),
        body=json_body({"app_id": settings.app_id, **body}),
        bucket=bucket,
        label=label,
    )
