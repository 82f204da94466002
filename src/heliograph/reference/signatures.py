"""The text of docs/reference/signatures.md, rendered from the schemes themselves."""

import msgspec

from heliograph.gateway.signatures.challenges import QUESTIONS
from heliograph.gateway.signatures.schemes import (
    SCHEMES,
    BasicScheme,
    EcdsaScheme,
    HmacScheme,
    Scheme,
    TokenScheme,
    TwilioScheme,
)

_KINDS: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("hmac", HmacScheme),
    ("token", TokenScheme),
    ("basic", BasicScheme),
    ("ecdsa", EcdsaScheme),
)

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("header", "hmac, token, ecdsa", "the header that carries signature or token"),
    ("algorithm", "hmac", "`sha1`, `sha256`, `sha512`"),
    ("encoding", "hmac", "`hex` or `base64`: how the signature is written"),
    (
        "signed",
        "hmac",
        "what is signed: text with `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}`",
    ),
    (
        "layout",
        "hmac",
        "`plain`: the signature behind `prefix`; `pairs`: `t=…,v1=…` in any order; `list`: `v1,… v1,…`",
    ),
    ("prefix", "hmac, token", "text before the signature or the token, e.g. `sha256=`, `Bearer `"),
    ("signature_key", "hmac", "`pairs`, `list`: the name of a signature"),
    ("timestamp_key", "hmac", "`pairs`: the name of the time"),
    ("separator", "hmac", "`pairs`: between them"),
    ("equals", "hmac", "`pairs`: between name and value"),
    ("timestamp_header", "hmac, ecdsa", "the header that carries the signed time"),
    ("timestamp_unit", "hmac", "`s`, `ms` or `iso`"),
    ("id_header", "hmac", "the header that carries the message's id, the same on every retry"),
    ("tolerance_s", "hmac, ecdsa", "seconds the signed time may lie from ours, 1 to 86,400"),
    ("key_encoding", "hmac", "`text`, `base64` or `hex`: how the secret is written"),
    ("key_prefix", "hmac", "left out of the secret, e.g. `whsec_`"),
    ("unescape_url", "hmac", "undo the percent-escapes that HubSpot undoes before it signs"),
    ("challenge", "hmac", "what the vendor asks at registration: a name of the table above"),
    ("verify_token", "hmac", "`hub`: the verify token you chose at the vendor, usually `${NAME}`"),
    ("username", "basic", "the user name; the secret is the password"),
    ("source", "all", "where the vendor's description stands; shown only"),
)


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    rows = "\n".join(_row(name, scheme) for name, scheme in sorted(SCHEMES.items()))
    questions = "\n".join(f"| {name} | {asks} | {answer} |" for name, asks, answer in QUESTIONS)
    fields = "\n".join(
        f"| `{name}` | {kinds} | {_default(name)} | {meaning} |" for name, kinds, meaning in _FIELDS
    )
    return f"""# Signature schemes

{notice}

How a request to `POST /v1/webhook/{{source}}` proves who sent it: the `[verify]` table of
`sources/<name>.toml`. [Verify webhooks](../how-to/verify-webhooks.md) shows it step by step.

## Vendors

`scheme = "<name>"` is enough; a field of the last table changes one thing of it. The window is how far the
signed time may lie from ours (`tolerance_s`); a scheme without one signs no time, so an old request that was
overheard can be sent again. Sources are the vendors' pages as of mid-2026.

| scheme | header | signed | written as | window | described in |
|---|---|---|---|---|---|
{rows}

`webhook-id` and `svix-id` name a message: one that comes twice is applied once.

## Your own

`scheme = "hmac"` describes any HMAC with the fields below, `"ecdsa"` any ECDSA P-256 signature over time and
body (the secret is the public key), `"token"` a header that holds the secret itself, `"basic"` HTTP Basic
auth.

## What vendors ask first

Some ask a question when the address is registered. It is answered and is no event: nothing is stored.

| `challenge` | asked | answered |
|---|---|---|
{questions}

## Fields of `[verify]`

`secrets` is a list, current one first: during a rotation both verify, and all are compared each time.

| field | of | default | meaning |
|---|---|---|---|
{fields}
"""


def _row(name: str, scheme: Scheme) -> str:
    window = "–"
    match scheme:
        case HmacScheme():
            signed, form = (
                f"`{scheme.signed}`",
                f"HMAC-{scheme.algorithm.upper()}, {scheme.encoding}",
            )
            if scheme.has_time:
                window = f"{scheme.tolerance_s} s"
            header = scheme.header
        case EcdsaScheme():
            signed, form = "`{timestamp}{body}`", "ECDSA P-256 with SHA-256, base64"
            window, header = f"{scheme.tolerance_s} s", scheme.header
        case TwilioScheme():
            signed, form = (
                "`{url}` and the sorted form fields, or `bodySHA256`",
                "HMAC-SHA1, base64",
            )
            header = scheme.header
        case TokenScheme():
            signed, form, header = "nothing", "the token", scheme.header
        case BasicScheme():
            signed, form, header = "nothing", "user and password", "Authorization"
    return f"| `{name}` | `{header}` | {signed} | {form} | {window} | {scheme.source} |"


def _default(name: str) -> str:
    for _, kind in _KINDS:
        for field in msgspec.structs.fields(kind):
            if field.name == name:
                if field.required:
                    return "required"
                shown = str(field.default).lower() if field.default is False else field.default
                return f"`{shown}`" if shown not in ("", None) else ""
    raise KeyError(name)
