"""One event as calls of the MoEngage Data API: the customer always before the event.

```
track, page, screen            POST /event/{workspace}
the same with traits           POST /transition/{workspace}: customer element, then event element
the same, over 95 KB           POST /customer/{workspace}, then POST /event/{workspace}
identify                       POST /customer/{workspace}
nobody known yet               hold until the person is identified
group, alias                   nothing: the Data API has no counterpart that could be undone
```

`current_time` is ISO 8601 in UTC and there is no `user_time`, since the pages disagree on its unit;
platforms are spelled as the Data API spells them and `api` is left out. MoEngage recognises no repeats: an
attempt whose answer was lost may count twice.
"""

from typing import Final

from heliograph.destinations.base import Plan, PlanContext, PlanWarning, RequestPlan
from heliograph.destinations.moengage.limits import (
    BLOCKED_IDS,
    BULK_BYTES,
    RESERVED,
    SINGLE_BYTES,
    event_attributes,
    fit_name,
    user_attributes,
)
from heliograph.destinations.moengage.settings import MoEngageSettings
from heliograph.destinations.planning.event_names import usable_event_name
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import JSON_HEADERS, basic, json_body, path_segment
from heliograph.destinations.planning.identity import (
    anonymous_id_of,
    customer_id_of,
    missing_identity,
)
from heliograph.destinations.planning.times import iso_utc
from heliograph.destinations.planning.unsupported import without_place
from heliograph.errors import DestinationError
from heliograph.model.delivery import Hold
from heliograph.model.event import Event
from heliograph.model.json import JsonObject

_VENDOR: Final = "MoEngage"
SKEW_MS: Final = 300_000
"""How far a sender's clock may be ahead of ours."""
_PLATFORMS: Final = {
    "android": "ANDROID",
    "web": "web",
    "tv": "TV",
    "unknown": "unknown",
    **dict.fromkeys(("ios", "ipados", "iphone os", "tvos", "watchos"), "iOS"),
}


def plan(event: Event, context: PlanContext, settings: MoEngageSettings) -> Plan:
    """Return the calls for one event, in the order in which they must be made, or a hold.

    Raises:
        DestinationError: `destination.invalid_event`: nobody is named, the customer id or the event's
            name is unusable, a body is over 128 KB, or a limit is broken and the settings say `fail`.
    """
    if event.type in ("group", "alias"):
        message = f"the Data API has no counterpart of {event.type}; nothing is sent"
        return Plan(
            warnings=(PlanWarning(code="type.unsupported", message=message, where="$.type"),)
        )
    customer_id = customer_id_of(event, context.person)
    if customer_id is None:
        if anonymous_id_of(event, context.person) is None:
            raise missing_identity(event, _VENDOR)
        return Plan(hold=Hold("MoEngage takes no anonymous events: waiting for a customer id"))
    if len(customer_id.strip()) < 2 or customer_id.strip().lower() in BLOCKED_IDS:
        raise DestinationError(
            "destination.invalid_event",
            "MoEngage ignores customer ids of one character and those on its own list",
            where="$.customer_id",
            found=repr(customer_id),
            allowed="two characters or more, and none of MoEngage's blocked values",
            hint="Map another id, e.g. the same with a prefix, or the e-mail address.",
        )
    findings = Findings(_VENDOR, fail=settings.over_limit == "fail")
    findings.unsupported(without_place(event, _places(event)))
    elements: dict[str, JsonObject] = {}
    if event.type == "identify" or event.traits:
        elements["customer"] = _customer(event, customer_id, settings, findings)
    if event.type != "identify":
        elements["event"] = _event(event, customer_id, settings, findings)
    return Plan(requests=_requests(elements, settings), warnings=tuple(findings.warnings))


def _places(event: Event) -> frozenset[str]:
    """Return the parts of this event that the Data API has a place for."""
    if event.type == "identify":
        return _CUSTOMER_PARTS
    return _EVENT_PARTS | _CUSTOMER_PARTS if event.traits else _EVENT_PARTS


_CUSTOMER_PARTS: Final = frozenset({"traits", "update_existing_only"})
_EVENT_PARTS: Final = frozenset({"properties", "platform", "app_version"})


def probe(settings: MoEngageSettings) -> RequestPlan:
    """Return a call of the Test Connection API, which exists for this."""
    body: JsonObject = {
        "app_id": settings.workspace_id,
        "app_secret": settings.data_api_key.reveal(),
        "source": "heliograph",
        "region": settings.data_center or "01",
    }
    request = _call("integrations/authentication", body, settings, "probe")
    headers = {**request.headers, "MOE-APPKEY": settings.workspace_id}
    return RequestPlan(
        method="POST",
        url=request.url,
        headers=headers,
        body=request.body,
        secret_values=request.secret_values,
        bucket="probe",
        label="probe",
    )


def _customer(
    event: Event, customer_id: str, settings: MoEngageSettings, findings: Findings
) -> JsonObject:
    element: JsonObject = {"type": "customer", "customer_id": customer_id}
    if event.update_existing_only:
        element["update_existing_only"] = True
    element["attributes"] = user_attributes(event.traits, settings, findings)
    return element


def _event(
    event: Event, customer_id: str, settings: MoEngageSettings, findings: Findings
) -> JsonObject:
    name = usable_event_name(event, _VENDOR, reserved=RESERVED)
    action: JsonObject = {
        "action": fit_name(name, "$.event", findings),
        "attributes": event_attributes(event.properties, settings, findings),
    }
    platform = _PLATFORMS.get((event.platform or "").lower())
    if platform is not None:
        action["platform"] = platform
    elif event.platform:
        message = f"MoEngage knows no platform {event.platform[:40]!r}; left out"
        findings.warn("value.unusable", message, "$.platform")
    if event.app_version:
        action["app_version"] = event.app_version
    action["current_time"] = iso_utc(_not_in_future(event, findings))
    if settings.real_time_action:
        action["real_time_action"] = "true"
    return {"type": "event", "customer_id": customer_id, "actions": [action]}


def _not_in_future(event: Event, findings: Findings) -> int:
    """Return the event's time, or when it was received if the sender's clock is a little ahead.

    Raises:
        DestinationError: it lies further ahead: MoEngage takes no events of the future (Data overview).
    """
    ahead_ms = event.timestamp - event.received_at
    if ahead_ms <= 0:
        return event.timestamp
    if ahead_ms > SKEW_MS:
        raise DestinationError(
            "destination.invalid_event",
            f"{_VENDOR} takes no events of the future",
            where="$.timestamp",
            found=f"{iso_utc(event.timestamp)}, received at {iso_utc(event.received_at)}",
            allowed=f"at most {SKEW_MS // 60_000} minutes after it was received",
            hint="Map the time it happened, not the time it is about, to user_time.",
        )
    findings.warn("time.future", "ahead of our clock; sent as of its receipt", "$.timestamp")
    return event.received_at


def _requests(
    elements: dict[str, JsonObject], settings: MoEngageSettings
) -> tuple[RequestPlan, ...]:
    workspace = path_segment(settings.workspace_id)
    if len(elements) > 1:
        bulk: JsonObject = {"type": "transition", "elements": list(elements.values())}
        together = _call(f"transition/{workspace}", bulk, settings, "transition")
        if len(together.body) <= BULK_BYTES:
            return (together,)
    calls = tuple(
        _call(f"{kind}/{workspace}", element, settings, kind) for kind, element in elements.items()
    )
    for call in calls:
        if len(call.body) > SINGLE_BYTES:
            raise DestinationError(
                "destination.invalid_event",
                f"{_VENDOR} takes at most {SINGLE_BYTES} bytes a call",
                where="$.traits" if call.bucket == "customer" else "$.properties",
                found=f"{len(call.body)} bytes",
                hint="Drop what is not needed in the blueprint.",
            )
    return calls


def _call(path: str, body: JsonObject, settings: MoEngageSettings, kind: str) -> RequestPlan:
    return RequestPlan(
        method="POST",
        url=f"{_base(settings)}/{path}",
        headers={
            "Authorization": basic(settings.workspace_id, settings.data_api_key),
            **JSON_HEADERS,
        },
        body=json_body(body),
        secret_values=(settings.data_api_key.reveal(),),
        bucket=kind,
        label=_LABELS.get(kind, kind),
    )


_LABELS: Final = {"customer": "user", "transition": "user and event"}


def _base(settings: MoEngageSettings) -> str:
    if settings.base_url is None:
        return f"https://api-{settings.data_center}.moengage.com/v1"
    address = settings.base_url.rstrip("/")
    return address if "/" in address.partition("://")[2] else f"{address}/v1"
