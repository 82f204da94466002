"""One event as one request to any HTTP endpoint.

`Idempotency-Key` and `webhook-id` are the delivery's id, the same for every attempt. The signature holds
the time of the attempt, so it is made by the sender (`http.signed`): a receiver refuses timestamps that
are minutes old, and retries go on for a day.
"""

from typing import Final
from urllib.parse import urlencode, urlsplit

from heliograph.destinations.base import (
    Capabilities,
    Limit,
    Plan,
    PlanContext,
    PlanWarning,
    RequestPlan,
    Signing,
)
from heliograph.destinations.planning.http import json_body
from heliograph.destinations.webhook.payload import payload_of
from heliograph.destinations.webhook.settings import WebhookSettings
from heliograph.errors import DestinationError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

_MEDIA_TYPES: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def capabilities(settings: WebhookSettings) -> Capabilities:
    """Return the budget that the settings name; whether repeats are recognised is the receiver's affair."""
    return Capabilities(
        limits=(
            Limit(
                bucket="requests",
                amount=settings.requests_per_minute,
                per_s=60,
                source="setting requests_per_minute",
            ),
        ),
        timeout_s=settings.timeout_s,
        idempotent=False,
    )


def probe(settings: WebhookSettings) -> RequestPlan | None:
    """Return None: no request to an unknown receiver is without consequences."""
    del settings


def plan(event: Event, context: PlanContext, settings: WebhookSettings) -> Plan:
    """Return one request; none with a warning when the template has nothing for this event.

    Raises:
        DestinationError: `destination.invalid_event`: a form needs an object and the template made a list.
    """
    payload = payload_of(event, context, settings)
    if payload in (None, {}, []):
        message = "the template finds nothing in this event; nothing is sent"
        return Plan(
            warnings=(PlanWarning(code="payload.empty", message=message, where="$.template"),)
        )
    in_url = settings.method == "GET"
    body = b""
    url = settings.url
    if in_url:
        query = urlencode(_form(payload))
        url += f"{'&' if urlsplit(url).query else '?'}{query}"
    elif settings.body_format == "form":
        body = urlencode(_form(payload)).encode()
    else:
        body = json_body(payload)
    headers = {} if in_url else {"Content-Type": _MEDIA_TYPES[settings.body_format]}
    headers |= settings.headers
    headers |= {name: secret.reveal() for name, secret in settings.secret_headers.items()}
    headers["Idempotency-Key"] = context.delivery_id
    signing = None
    if settings.signing_secret is not None:
        headers["webhook-id"] = context.delivery_id
        signing = Signing(secret=settings.signing_secret)
    request = RequestPlan(
        method=settings.method,
        url=url,
        headers=headers,
        body=body,
        secret_headers=frozenset(name.lower() for name in settings.secret_headers),
        secret_values=_secret_values(settings),
        label="event" if event.event else "user",
        signing=signing,
    )
    return Plan(requests=(request,))


def _secret_values(settings: WebhookSettings) -> tuple[str, ...]:
    values = [secret.reveal() for secret in settings.secret_headers.values()]
    if settings.url_is_secret:
        parts = urlsplit(settings.url)
        values += [part for part in (parts.path.strip("/"), parts.query) if part]
    return tuple(values)


def _form(payload: Json) -> dict[str, str]:
    if not isinstance(payload, dict):
        raise DestinationError(
            "destination.invalid_event",
            "a form or query needs a JSON object",
            where="$.template",
            found=type(payload).__name__,
            hint="Make the template an object, or set body_format to json.",
        )
    document: JsonObject = payload
    return {name: _form_value(value) for name, value in document.items() if value is not None}


def _form_value(value: Json) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return json_body(value).decode()
