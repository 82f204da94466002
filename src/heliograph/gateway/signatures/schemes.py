"""What each vendor does, as data.

A source names a scheme (`scheme = "stripe"`) and may change its window (`tolerance_s`), or describes its
own with `scheme = "hmac"`, `"token"` or `"basic"`. Sources are the vendors' pages as of mid-2026.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from heliograph.errors import ConfigError
from heliograph.model.documents.catalog import decode_document
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret

Header: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Tolerance: TypeAlias = Annotated[int, Meta(ge=1, le=86_400)]

_WINDOW_S: Final = 300
"""What Stripe, Slack, HubSpot and Standard Webhooks recommend; ours where a vendor says nothing."""


class _Scheme(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="scheme", forbid_unknown_fields=True
):
    """Where the vendor's own description stands."""

    source: str = ""


class BasicScheme(_Scheme, frozen=True, kw_only=True, tag="basic"):
    """HTTP Basic auth (RFC 7617); the secret is the password."""

    username: str


class TokenScheme(_Scheme, frozen=True, kw_only=True, tag="token"):
    """A header that holds the secret itself."""

    header: Header = "Authorization"
    prefix: str = ""
    """Text before the secret, e.g. `Bearer `."""


class HmacScheme(_Scheme, frozen=True, kw_only=True, tag="hmac"):
    """A header that holds an HMAC over parts of the request (RFC 2104)."""

    header: Header
    """Which header carries the signature."""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    signed: Annotated[str, Meta(pattern=r"\{body\}")] = "{body}"
    """What is signed: text with `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}`."""
    layout: Literal["plain", "pairs", "list"] = "plain"
    """How the header is written: the signature alone (behind `prefix`); `t=…,v1=…` in any order; or
    `v1,signature v1,signature` with spaces between."""
    prefix: str = ""
    """plain: text before the signature, e.g. `sha256=`."""
    signature_key: str = "v1"
    """pairs, list: the name of a signature; others are versions we do not check."""
    timestamp_key: str = "t"
    """pairs: the name of the time."""
    separator: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    """pairs: between them."""
    equals: Annotated[str, Meta(min_length=1, max_length=1)] = "="
    """pairs: between name and value."""
    timestamp_header: Header | None = None
    timestamp_unit: Literal["s", "ms", "iso"] = "s"
    id_header: Header | None = None
    tolerance_s: Tolerance = _WINDOW_S
    """How far the signed time may lie from ours, in seconds; unused when no time is signed."""
    key_encoding: Literal["text", "base64", "hex"] = "text"
    """How the key is written in the configuration."""
    key_prefix: str = ""
    """Left out of the key when it is there, e.g. `whsec_`."""
    unescape_url: bool = False
    """Sign the address with the percent-escapes undone that HubSpot undoes."""
    challenge: Literal["none", "slack", "woocommerce", "hub"] = "none"
    """What the vendor asks when the address is registered; see `challenges.py`."""
    verify_token: Secret | None = None
    """hub: the verify token that the operator chose at the vendor."""

    @property
    def has_time(self) -> bool:
        """Whether a time is part of what is signed."""
        return "{timestamp}" in self.signed


class EcdsaScheme(_Scheme, frozen=True, kw_only=True, tag="ecdsa"):
    """A header that holds an ECDSA P-256 signature with SHA-256; the secret is the public key."""

    header: Header
    timestamp_header: Header
    tolerance_s: Tolerance = _WINDOW_S


class TwilioScheme(_Scheme, frozen=True, kw_only=True, tag="twilio"):
    """Twilio's: HMAC-SHA1 over the address and the sorted form fields; the secret is the auth token."""

    header: Header = "X-Twilio-Signature"


Scheme: TypeAlias = BasicScheme | TokenScheme | HmacScheme | EcdsaScheme | TwilioScheme

_STANDARD: Final = HmacScheme(
    header="webhook-signature",
    encoding="base64",
    signed="{id}.{timestamp}.{body}",
    layout="list",
    timestamp_header="webhook-timestamp",
    id_header="webhook-id",
    key_encoding="base64",
    key_prefix="whsec_",
    source="github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md",
)

SCHEMES: Final[dict[str, Scheme]] = {
    "stripe": HmacScheme(
        header="Stripe-Signature",
        layout="pairs",
        signed="{timestamp}.{body}",
        source="docs.stripe.com/webhooks, Verify webhook signatures manually",
    ),
    "shopify": HmacScheme(
        header="X-Shopify-Hmac-SHA256",
        encoding="base64",
        source="shopify.dev/docs/apps/build/webhooks/subscribe/https, Validate the origin",
    ),
    "github": HmacScheme(
        header="X-Hub-Signature-256",
        prefix="sha256=",
        source="docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
    ),
    "slack": HmacScheme(
        header="X-Slack-Signature",
        prefix="v0=",
        signed="v0:{timestamp}:{body}",
        timestamp_header="X-Slack-Request-Timestamp",
        challenge="slack",
        source="docs.slack.dev/authentication/verifying-requests-from-slack",
    ),
    "typeform": HmacScheme(
        header="Typeform-Signature",
        prefix="sha256=",
        encoding="base64",
        source="www.typeform.com/developers/webhooks/secure-your-webhooks",
    ),
    "intercom": HmacScheme(
        header="X-Hub-Signature",
        algorithm="sha1",
        prefix="sha1=",
        source="developers.intercom.com/docs/webhooks, Signed notifications (key: client secret)",
    ),
    "calendly": HmacScheme(
        header="Calendly-Webhook-Signature",
        layout="pairs",
        signed="{timestamp}.{body}",
        source="developer.calendly.com/api-docs, Webhook signatures",
    ),
    "hubspot": HmacScheme(
        header="X-HubSpot-Signature-v3",
        encoding="base64",
        signed="{method}{url}{body}{timestamp}",
        timestamp_header="X-HubSpot-Request-Timestamp",
        timestamp_unit="ms",
        unescape_url=True,
        source="developers.hubspot.com, Validating requests, v3 (key: client secret)",
    ),
    "paddle": HmacScheme(
        header="Paddle-Signature",
        layout="pairs",
        separator=";",
        timestamp_key="ts",
        signature_key="h1",
        signed="{timestamp}:{body}",
        source="developer.paddle.com/webhooks/signature-verification",
    ),
    "zendesk": HmacScheme(
        header="X-Zendesk-Webhook-Signature",
        encoding="base64",
        signed="{timestamp}{body}",
        timestamp_header="X-Zendesk-Webhook-Signature-Timestamp",
        timestamp_unit="iso",
        source="developer.zendesk.com/documentation/webhooks/verifying",
    ),
    "woocommerce": HmacScheme(
        header="X-WC-Webhook-Signature",
        encoding="base64",
        challenge="woocommerce",
        source="woocommerce.github.io/woocommerce-rest-api-docs, Webhooks",
    ),
    "meta": HmacScheme(
        header="X-Hub-Signature-256",
        prefix="sha256=",
        challenge="hub",
        source="developers.facebook.com/docs/graph-api/webhooks/getting-started (key: app secret)",
    ),
    "segment": HmacScheme(
        header="X-Signature",
        algorithm="sha1",
        source="segment.com/docs/connections/destinations/catalog/webhooks, Authentication",
    ),
    "heap-partner": HmacScheme(
        header="Heap-Hash",
        layout="pairs",
        equals=":",
        timestamp_key="ts",
        signature_key="hmac",
        signed="{timestamp}{body}",
        source="heap/heap-partner-api-reference, webhooks (OpenAPI copy)",
    ),
    "standard-webhooks": _STANDARD,
    "svix": msgspec.structs.replace(
        _STANDARD,
        header="svix-signature",
        timestamp_header="svix-timestamp",
        id_header="svix-id",
        source="docs.svix.com/receiving/verifying-payloads/how-manual",
    ),
    "twilio": TwilioScheme(source="www.twilio.com/docs/usage/security, Validating signatures"),
    "sendgrid": EcdsaScheme(
        header="X-Twilio-Email-Event-Webhook-Signature",
        timestamp_header="X-Twilio-Email-Event-Webhook-Timestamp",
        source="www.twilio.com/docs/sendgrid, Event Webhook security features",
    ),
}
"""The vendors' schemes by the name a source writes."""


def read_scheme(settings: JsonObject, *, where: str = "verify") -> Scheme:
    """Return the scheme of a source's `verify` table, without its secrets.

    Args:
        settings: `{"scheme": name}` with the fields of that scheme to change.
        where: names the document in errors.

    Raises:
        ConfigError: `config.invalid` for an unknown scheme, field or value.
    """
    name = settings.get("scheme")
    built_in = SCHEMES.get(name) if isinstance(name, str) else None
    if built_in is not None:
        defaults: JsonObject = msgspec.to_builtins(built_in)
        settings = {**defaults, **settings, "scheme": defaults["scheme"]}
    elif name not in ("hmac", "token", "basic", "ecdsa"):
        raise ConfigError(
            "config.invalid",
            "the signature scheme is unknown",
            where=f"{where}.scheme",
            found=repr(name),
            allowed=", ".join(sorted([*SCHEMES, "hmac", "token", "basic", "ecdsa"])),
        )
    scheme = decode_document(settings, _ANY, where=where)
    if isinstance(scheme, HmacScheme):
        _check(scheme, where)
    return scheme


_ANY: Final[type[Scheme]] = Scheme  # pyright: ignore[reportAssignmentType]


def _check(scheme: HmacScheme, where: str) -> None:
    """Refuse a description whose parts cannot be found in a request."""
    in_pairs = scheme.layout == "pairs"
    if scheme.has_time and not (in_pairs or scheme.timestamp_header):
        missing = "timestamp_header"
    elif "{id}" in scheme.signed and not scheme.id_header:
        missing = "id_header"
    else:
        return
    raise ConfigError(
        "config.invalid",
        f"the scheme signs `{scheme.signed}`, but {missing} does not say where that comes from",
        where=f"{where}.{missing}",
        hint=f"Set {missing} to the name of the header.",
    )


def key_of(scheme: HmacScheme, secret: Secret) -> bytes | None:
    """Return the HMAC key a configured secret stands for; None when it is empty or misspelled."""
    text = secret.reveal().removeprefix(scheme.key_prefix)
    try:
        match scheme.key_encoding:
            case "text":
                key = text.encode()
            case "hex":
                key = bytes.fromhex(text)
            case "base64":
                key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key or None


def check_secrets(scheme: Scheme, secrets: Sequence[Secret], *, where: str = "verify") -> None:
    """Refuse secrets that could never verify anything.

    Raises:
        ConfigError: `config.invalid`; the message never shows a secret.
    """
    if not secrets or not all(secrets):
        raise ConfigError(
            "config.invalid",
            "a signed source needs at least one secret, and none may be empty",
            where=f"{where}.secrets",
            hint='Copy it from the vendor into the environment and write secrets = ["${NAME}"].',
        )
    if not isinstance(scheme, HmacScheme):
        return
    for position, secret in enumerate(secrets):
        if key_of(scheme, secret) is None:
            raise ConfigError(
                "config.invalid",
                f"the secret is not valid {scheme.key_encoding}",
                where=f"{where}.secrets[{position}]",
                hint="Copy it whole, including any prefix the vendor shows.",
            )
