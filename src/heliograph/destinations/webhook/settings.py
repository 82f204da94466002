"""What a webhook needs to know: where, how, with which headers, and what the body looks like."""

import re
from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from heliograph.destinations.planning.http import check_url, signing_key
from heliograph.destinations.settings import fault
from heliograph.destinations.webhook.template import check_template
from heliograph.model.json import Json
from heliograph.model.secret import Secret

T = TypeVar("T")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS: Final = frozenset(
    [
        *["content-type", "content-length", "host", "idempotency-key", "transfer-encoding"],
        *["webhook-id", "webhook-timestamp", "webhook-signature"],
    ]
)


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a `webhook` destination."""

    url: Annotated[
        str,
        Meta(
            title="URL",
            description="Absolute http or https address that receives the requests.",
            examples=["https://hooks.example.com/events", "http://127.0.0.1:8805/in"],
            min_length=1,
        ),
    ]
    method: Annotated[
        Literal["POST", "PUT", "PATCH", "DELETE", "GET"],
        Meta(
            title="Method",
            description="HTTP method; GET sends the payload as query parameters instead of a body.",
            examples=["POST", "PUT"],
        ),
    ] = "POST"
    headers: Annotated[
        dict[str, str],
        Meta(
            title="Headers",
            description="Further headers with every request, shown in traces.",
            examples=[{"X-Environment": "production"}],
        ),
    ] = {}
    secret_headers: Annotated[
        dict[str, Secret],
        Meta(
            title="Secret headers",
            description="Headers whose values are masked wherever they would be shown: `Authorization`, "
            "`X-Api-Key`.",
            examples=[{"Authorization": "Bearer ${RECEIVER_TOKEN}"}],
            extra_json_schema={"secret": True},
        ),
    ] = {}
    url_is_secret: Annotated[
        bool,
        Meta(
            title="URL is secret",
            description="Mask path and query of the URL: for receivers whose address is the credential.",
            examples=[True],
        ),
    ] = False
    payload: Annotated[
        Literal["canonical", "behamics", "template"],
        Meta(
            title="Payload",
            description="`canonical` sends the event as Heliograph knows it, `behamics` the payload of "
            "Behamics Signals, `template` what the setting of that name says.",
            examples=["canonical", "behamics", "template"],
        ),
    ] = "canonical"
    template: Annotated[
        Json,
        Meta(
            title="Template",
            description="JSON whose texts that are `$` or begin with `$.` are paths into the canonical "
            "payload (`$.customer_id`, `$.properties.total`, `$.profile.traits.email`); a missing value "
            "leaves its key out. Every other value is sent as it is.",
            examples=[{"user": "$.customer_id", "what": "$.event", "source": "heliograph"}],
        ),
    ] = None
    body_format: Annotated[
        Literal["json", "form"],
        Meta(
            title="Body format",
            description="`json`, or `form` for application/x-www-form-urlencoded; nested values are sent "
            "as JSON text in a form.",
            examples=["json", "form"],
        ),
    ] = "json"
    include_profile: Annotated[
        bool,
        Meta(
            title="Include profile",
            description="Add `profile` (profile_id, customer_id, anonymous_ids, traits) to the canonical "
            "payload.",
            examples=[True],
        ),
    ] = False
    signing_secret: Annotated[
        Secret | None,
        Meta(
            title="Signing secret",
            description="Signs every request as Standard Webhooks describe: base64 of the key, usually with "
            "the prefix `whsec_`.",
            examples=["${WEBHOOK_SIGNING_SECRET}"],
            extra_json_schema={"secret": True},
        ),
    ] = None
    requests_per_minute: Annotated[
        float,
        Meta(
            title="Requests per minute",
            description="Budget of the receiver, in requests per minute.",
            examples=[600],
            gt=0,
        ),
    ] = 6000.0
    timeout_s: Annotated[
        float,
        Meta(
            title="Timeout",
            description="Seconds to wait for an answer.",
            examples=[10, 30],
            gt=0,
            le=300,
        ),
    ] = 30.0

    def __post_init__(self) -> None:
        _check("url", check_url, self.url)
        seen: set[str] = set()
        for name in self.headers:
            _check_header("headers", name, seen)
        for name in self.secret_headers:
            _check_header("secret_headers", name, seen)
        for name, value in self.headers.items():
            if not (value.isascii() and (value.isprintable() or not value)):
                raise fault("headers", f"{name} must hold printable ASCII")
        if self.payload == "template":
            _check("template", check_template, self.template)
        elif self.template is not None:
            raise fault("template", 'a template needs payload = "template"')
        if self.signing_secret is not None:
            _check("signing_secret", signing_key, self.signing_secret)

    def __repr__(self) -> str:
        """Return method, host and payload: the rest of the URL may be the credential."""
        host = urlsplit(self.url).hostname
        return f"WebhookSettings({self.method} {host}, payload={self.payload!r})"


def _check(setting: str, check: Callable[[T], object], value: T) -> None:
    try:
        check(value)
    except ValueError as error:
        raise fault(setting, str(error)) from None


def _check_header(setting: str, name: str, seen: set[str]) -> None:
    lower = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        raise fault(setting, "a header name holds letters, digits and hyphens only")
    if lower in _OWN_HEADERS:
        raise fault(setting, f"{name} is set by Heliograph")
    if lower in seen:
        raise fault(setting, f"{name} is given twice")
    seen.add(lower)
