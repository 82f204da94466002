"""One event as one request to any HTTP endpoint.

`Idempotency-Key` and `webhook-id` are the delivery's id, the same for every attempt. The signature holds
the time of the attempt, so it is made by the sender (`http.signed`): a receiver refuses timestamps that
are minutes old, and retries go on for a day.
"""

from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from heliograph.destinations.base import (
    Capabilities,
    Limit,
    Plan,
    PlanContext,
    PlanWarning,
    RequestPlan,
    Signing,
)
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import json_body
from heliograph.destinations.webhook.payload import canonical_body, payload_of
from heliograph.destinations.webhook.settings import WebhookSettings
from heliograph.errors import DestinationError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

FIXED_KEPT: Final = 256
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
    in_url = settings.method == "GET"
    url = settings.url
    if settings.payload == "canonical" and settings.body_format == "json" and not in_url:
        # By far the most of them: no document is made of it that is only taken apart again.
        person = context.person if settings.include_profile else None
        return _plan(url, canonical_body(event, person), event, context, settings)
    findings = Findings("the receiver", fail=False)
    payload = payload_of(event, context, settings, findings)
    if payload in (None, {}, []):
        message = "the template finds nothing in this event; nothing is sent"
        return Plan(
            warnings=(PlanWarning(code="payload.empty", message=message, where="$.template"),)
        )
    body = b""
    if in_url:
        url = _with_query(url, urlencode(_form(payload, findings)))
    elif settings.body_format == "form":
        body = urlencode(_form(payload, findings)).encode()
    else:
        body = json_body(payload)
    return _plan(url, body, event, context, settings, tuple(findings.warnings))


def _plan(
    url: str,
    body: bytes,
    event: Event,
    context: PlanContext,
    settings: WebhookSettings,
    warnings: tuple[PlanWarning, ...] = (),
) -> Plan:
    fixed = _fixed(settings)
    headers = {**fixed.headers, "Idempotency-Key": context.delivery_id}
    if fixed.signing is not None:
        headers["webhook-id"] = context.delivery_id
    request = RequestPlan(
        method=settings.method,
        url=url,
        headers=headers,
        body=body,
        secret_headers=fixed.secret_headers,
        secret_values=fixed.secret_values,
        label="event" if event.event else "user",
        signing=fixed.signing,
    )
    return Plan(requests=(request,), warnings=warnings)


def _with_query(url: str, query: str) -> str:
    """Return an address with further parameters: behind its own ones and before its fragment.

    A fragment is never sent (RFC 9110 section 4.2.5), so parameters must not stand in it.
    """
    parts = urlsplit(url)
    own = parts.query.rstrip("&")
    return urlunsplit(parts._replace(query=f"{own}&{query}" if own else query, fragment=""))


class _Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same in all requests of a destination."""

    settings: WebhookSettings
    headers: dict[str, str]
    secret_headers: frozenset[str]
    secret_values: tuple[str, ...]
    signing: Signing | None


_known: dict[int, _Fixed] = {}
"""By the identity of the settings, which each entry keeps alive."""


def _fixed(settings: WebhookSettings) -> _Fixed:
    found = _known.get(id(settings))
    if found is None or found.settings is not settings:
        if len(_known) >= FIXED_KEPT:
            _known.clear()
        found = _known[id(settings)] = _fix(settings)
    return found


def _fix(settings: WebhookSettings) -> _Fixed:
    in_url = settings.method == "GET"
    headers = {} if in_url else {"Content-Type": _MEDIA_TYPES[settings.body_format]}
    headers |= settings.headers
    headers |= {name: secret.reveal() for name, secret in settings.secret_headers.items()}
    signing = settings.signing_secret
    return _Fixed(
        settings=settings,
        headers=headers,
        secret_headers=frozenset(name.lower() for name in settings.secret_headers),
        secret_values=_secret_values(settings),
        signing=None if signing is None else Signing(secret=signing),
    )


def _secret_values(settings: WebhookSettings) -> tuple[str, ...]:
    values = [secret.reveal() for secret in settings.secret_headers.values()]
    if settings.url_is_secret:
        parts = urlsplit(settings.url)
        values += [part for part in (parts.path.strip("/"), parts.query) if part]
    return tuple(values)


def _form(payload: Json, findings: Findings) -> dict[str, str]:
    if not isinstance(payload, dict):
        raise DestinationError(
            "destination.invalid_event",
            "a form or query needs a JSON object",
            where="$.template",
            found=type(payload).__name__,
            hint="Make the template an object, or set body_format to json.",
        )
    document: JsonObject = payload
    for name, value in document.items():
        if value is None:
            findings.null(f"$.{name}")
    return {name: _form_value(value) for name, value in document.items() if value is not None}


def _form_value(value: Json) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return json_body(value).decode()
