"""The kinds of proof a source may ask for.

A source names a vendor (`scheme = "stripe"`, see `vendors/`) and may change single fields, or describes its
own with `scheme = "hmac"`, `"public-key"`, `"token"` or `"basic"`; `reading.py` reads both. `parts.py` says
what may stand in `signed`.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from heliograph.errors import ConfigError
from heliograph.gateway.signatures.keys import public_key
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret

Header: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Tolerance: TypeAlias = Annotated[int, Meta(ge=1, le=86_400 * 7)]
TimeUnit: TypeAlias = Literal["s", "ms", "iso", "http", "none"]

Challenge: TypeAlias = Literal[
    "none",
    "get",
    "echo",
    "echo-json",
    "hub",
    "strava",
    "oura",
    "fitbit",
    "twitter",
    "linkedin",
    "ebay",
    "okta",
    "cloudevents",
    "event-grid",
    "microsoft-graph",
    "hook-secret",
    "monday",
    "slack",
    "zoom",
    "smartcar",
    "front",
    "ringcentral",
    "twitch",
    "discord",
    "tebex",
    "notion",
    "sns",
    "google-sync",
    "woocommerce",
    "mandrill",
]
"""What a vendor asks when an address is registered; `registration.RULES` says what each means."""

_HAND_OVER: Final = frozenset({"hook-secret", "notion"})
"""Challenges in which the vendor hands over the secret that it has made."""

_WHOLE: Final = re.compile(r"\{(?:body(?:_sha256)?|sns)\}")
"""Pieces that hold the time wherever it stands in the body."""

PROVED: Final = frozenset({"twitter", "linkedin", "zoom", "smartcar"})
"""Challenges answered with an HMAC that is made with the key of the webhooks."""

PLAIN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,512}={0,2}")
"""A challenge that is sent back or hashed: no markup and no blanks."""

WINDOW_S: Final = 300
"""What Stripe, Slack, HubSpot and Standard Webhooks recommend; ours where a vendor says nothing."""


class _Scheme(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="scheme", forbid_unknown_fields=True
):
    """What every kind has."""

    source: str = ""
    """Where the vendor's own description stands."""
    challenge: Challenge = "none"
    """What the vendor asks when the address is registered."""
    verify_token: Secret | None = None
    """The token that the operator chose at the vendor, for the challenges that have one."""
    answer: str | None = None
    """What the vendor wants to read when it delivered something; None: what we say otherwise."""
    message_id: tuple[str, ...] = ()
    """Templates of the message's id, the same on every retry; the first that is whole counts."""


class BasicScheme(_Scheme, frozen=True, kw_only=True, tag="basic"):
    """HTTP Basic auth (RFC 7617); the secret is the password."""

    username: str


class TokenScheme(_Scheme, frozen=True, kw_only=True, tag="token"):
    """A request that holds the secret itself."""

    header: Header = "Authorization"
    prefix: str = ""
    """Text before the secret, e.g. `Bearer `."""
    held_at: str | None = None
    """Where the secret stands instead of a header: a place, e.g. `$query.token`, `$.sharedSecret`."""


class SignedScheme(_Scheme, frozen=True, kw_only=True):
    """A signature over parts of the request."""

    header: Header | None = None
    """Which header carries the signature."""
    more_headers: tuple[Header, ...] = ()
    """Further headers with signatures, of which any may be the right one."""
    signature_at: str | None = None
    """Where the signature stands instead of a header: a place, e.g. `$query.hmac`."""
    encoding: Literal["hex", "base64", "base64url", "hex-in-base64"] = "hex"
    signed: str = "{body}"
    """What is signed: a template, see `parts.py`."""
    layout: Literal["plain", "pairs", "list", "time-first"] = "plain"
    """How the header is written: signatures alone (each behind `prefix`); `t=…,v1=…` in any order;
    `v1,signature v1,signature` with spaces between; or a time and then signatures."""
    prefix: str = ""
    """plain: text before the signature, e.g. `sha256=`."""
    signature_key: str = "v1"
    """pairs, list: the name of a signature; others are versions we do not check."""
    timestamp_key: str = "t"
    """pairs: the name of the time."""
    separator: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    """pairs: between them; blanks separate too. plain: between several signatures."""
    equals: Annotated[str, Meta(min_length=1, max_length=1)] = "="
    """pairs: between name and value."""
    timestamp_header: Header | None = None
    timestamp_at: str | None = None
    """Where the signed time stands instead of a header: a place, e.g. `$.timestamp`."""
    timestamp_unit: TimeUnit = "s"
    """`none`: what is signed there is no time, and no window is kept."""
    id_header: Header | None = None
    tolerance_s: Tolerance = WINDOW_S
    """How far the signed time may lie from ours, in seconds; unused when no time is signed."""
    account: str = ""
    """What tells this customer from the vendor's others; fills `{account}`."""
    account_at: str | None = None
    """Where the account stands in a request: a place. Each value there must be `account`, for vendors whose
    keys are the same for all of their customers."""
    account_name: str = ""
    """What the vendor calls the account; shown only."""
    only_one: str | None = None
    """A place of which a request may hold one thing only: what a list has besides is not signed."""
    unescape_url: bool = False
    """Sign the address with the percent-escapes undone that HubSpot undoes."""

    @property
    def has_time(self) -> bool:
        """Whether a time is part of what is signed, under whatever name."""
        if self.timestamp_unit == "none":
            return False
        if "{timestamp}" in self.signed:
            return True
        if self.timestamp_header:
            header = self.timestamp_header.lower()
            return f"{{$headers.{header}}}" in self.signed.lower() or "{listed:" in self.signed
        if self.timestamp_at is None:
            return False
        if f"{{{self.timestamp_at}}}" in self.signed:
            return True
        return self.timestamp_at.startswith(("$.", "$[")) and bool(_WHOLE.search(self.signed))

    @property
    def needs_account(self) -> bool:
        """Whether nothing can be verified without `account`."""
        return self.account_at is not None or "{account}" in self.signed

    @property
    def place(self) -> str:
        """Where the signature stands, in words."""
        return self.header or self.signature_at or ""


class HmacScheme(SignedScheme, frozen=True, kw_only=True, tag="hmac"):
    """An HMAC (RFC 2104), or a plain hash of a text that holds the secret."""

    function: Literal["hmac", "hash"] = "hmac"
    """`hash`: a plain hash of `signed`, which has `{secret}` in it."""
    algorithm: Literal["md5", "sha1", "sha256", "sha384", "sha512"] = "sha256"
    key_encoding: Literal["text", "base64", "hex"] = "text"
    """How the key is written in the configuration."""
    key_prefix: str = ""
    """Left out of the key when it is there, e.g. `whsec_`."""
    key_suffix: str = ""
    """Put behind the key, e.g. `&`."""


class PublicKeyScheme(SignedScheme, frozen=True, kw_only=True, tag="public-key"):
    """A signature with a private key; the secret is the public key or a certificate of it."""

    algorithm: Literal[
        "ecdsa-sha256", "ed25519", "rsa-sha1", "rsa-sha256", "rsa-sha512", "rsa-pss-sha512"
    ]


class TwilioScheme(_Scheme, frozen=True, kw_only=True, tag="twilio"):
    """Twilio's: HMAC-SHA1 over the address and the sorted form fields; the secret is the auth token."""

    header: Header = "X-Twilio-Signature"


Scheme: TypeAlias = BasicScheme | TokenScheme | HmacScheme | PublicKeyScheme | TwilioScheme

OWN: Final[dict[str, JsonObject]] = {
    "hmac": {},
    "public-key": {},
    "ecdsa": {
        "scheme": "public-key",
        "algorithm": "ecdsa-sha256",
        "encoding": "base64",
        "signed": "{timestamp}{body}",
    },
    "token": {},
    "basic": {},
}
"""Schemes that a source describes itself: name → fields that it has already."""


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
    return key + scheme.key_suffix.encode() if key else None


def check_secrets(scheme: Scheme, secrets: Sequence[Secret], *, where: str = "verify") -> None:
    """Refuse secrets that could never verify anything.

    Args:
        scheme: of `read_scheme`.
        secrets: of the source; none yet, where the vendor hands the secret over at registration.
        where: names the document in errors.

    Raises:
        ConfigError: `config.invalid`; the message never shows a secret.
    """
    if not secrets and scheme.challenge in _HAND_OVER:
        return
    if not secrets or not all(secrets):
        raise ConfigError(
            "config.invalid",
            "a signed source needs at least one secret, and none may be empty",
            where=f"{where}.secrets",
            hint='Copy it from the vendor into the environment and write secrets = ["${NAME}"].',
        )
    for position, secret in enumerate(secrets):
        if isinstance(scheme, HmacScheme) and key_of(scheme, secret) is None:
            form = scheme.key_encoding
        elif isinstance(scheme, PublicKeyScheme) and public_key(secret, scheme.algorithm) is None:
            form = f"public key for {scheme.algorithm}"
        else:
            continue
        raise ConfigError(
            "config.invalid",
            f"the secret is not valid {form}",
            where=f"{where}.secrets[{position}]",
            hint="Copy it whole, including any prefix the vendor shows.",
        )
