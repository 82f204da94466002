"""The text of docs/reference/signatures.md, rendered from the schemes and the rules themselves."""

import msgspec

from heliograph.gateway.registration import RULES
from heliograph.gateway.signatures import (
    SCHEMES,
    BasicScheme,
    HmacScheme,
    PublicKeyScheme,
    Scheme,
    TokenScheme,
    TwilioScheme,
)

_KINDS: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("hmac", HmacScheme),
    ("token", TokenScheme),
    ("basic", BasicScheme),
    ("public-key", PublicKeyScheme),
)
_SIGNED = "hmac, public-key"

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("header", "hmac, public-key, token", "the header that carries signature or token"),
    ("more_headers", _SIGNED, "further headers with signatures, any of which may be the right one"),
    ("signature_at", _SIGNED, "where the signature stands instead of a header: a place"),
    ("held_at", "token", "where the token stands instead of a header: a place"),
    (
        "function",
        "hmac",
        "`hmac`, or `hash`: a plain hash of a text that has `{secret}` in it",
    ),
    (
        "algorithm",
        _SIGNED,
        "hmac: `md5`, `sha1`, `sha256`, `sha384`, `sha512`; public-key: `ecdsa-sha256`, `ed25519`, "
        "`rsa-sha1`, `rsa-sha256`, `rsa-sha512`, `rsa-pss-sha512`, required",
    ),
    (
        "encoding",
        _SIGNED,
        "`hex`, `base64`, `base64url` or `hex-in-base64`: how the signature is written",
    ),
    ("signed", _SIGNED, "what is signed: a text with pieces in braces, see above"),
    (
        "layout",
        _SIGNED,
        "`plain`: signatures behind `prefix`; `pairs`: `t=…,v1=…` in any order; `list`: `v1,… v1,…`; "
        "`time-first`: a time and then signatures",
    ),
    ("prefix", "hmac, public-key, token", "text before the signature or the token, e.g. `sha256=`"),
    ("signature_key", _SIGNED, "`pairs`, `list`: the name of a signature"),
    ("timestamp_key", _SIGNED, "`pairs`: the name of the time"),
    ("separator", _SIGNED, "between pairs (blanks separate them too), or between signatures"),
    ("equals", _SIGNED, "`pairs`: between name and value"),
    ("timestamp_header", _SIGNED, "the header that carries the signed time"),
    ("timestamp_at", _SIGNED, "where the signed time stands instead of a header: a place"),
    (
        "timestamp_unit",
        _SIGNED,
        "`s`, `ms`, `iso`, `http` (an HTTP date), or `none`: it is signed, and is no time",
    ),
    (
        "id_header",
        _SIGNED,
        "the header that carries the message's id, where it is part of what is signed",
    ),
    (
        "message_id",
        "all",
        "where the message's id stands, the same on every retry: texts with places in braces, the first "
        "whose places all hold something counts",
    ),
    ("tolerance_s", _SIGNED, "seconds the signed time may lie from ours, 1 to 604,800"),
    (
        "account",
        _SIGNED,
        "fills `{account}`: what the vendor calls webhook id, app key or public key",
    ),
    (
        "account_at",
        _SIGNED,
        "where the account stands in a request: a place; each value there must be `account`",
    ),
    ("account_name", _SIGNED, "what the vendor calls the account; shown only"),
    ("only_one", _SIGNED, "a place of which a request may hold one thing only"),
    ("key_encoding", "hmac", "`text`, `base64` or `hex`: how the secret is written"),
    ("key_prefix", "hmac", "left out of the secret, e.g. `whsec_`"),
    ("key_suffix", "hmac", "put behind the secret, e.g. `&`"),
    ("unescape_url", _SIGNED, "undo the percent-escapes that HubSpot undoes before it signs"),
    ("challenge", "all", "what the vendor asks at registration: a name of the table above"),
    (
        "verify_token",
        "all",
        "the token you chose at the vendor for its challenge, usually `${NAME}`",
    ),
    (
        "answer",
        "all",
        "what the vendor wants to read when it delivered something, e.g. `[accepted]`",
    ),
    ("username", "basic", "the user name; the secret is the password"),
    ("source", "all", "where the vendor's description stands; shown only"),
)

_PIECES: tuple[tuple[str, str], ...] = (
    ("`{body}`", "the body, byte for byte"),
    ("`{body_sha256}`, `{body_crc32}`", "its SHA-256 in hex; its CRC-32 as a number"),
    ("`{timestamp}`, `{id}`", "what the fields for them name"),
    ("`{method}`, `{url}`, `{path}`", "the method; the whole address; its path and query string"),
    ("`{form}`", "the fields of a form, sorted by name: each name and value, nothing between"),
    ("`{account}`, `{secret}`", "the field `account`; the secret, where `function` is `hash`"),
    ("`{listed:Name}`", "of the headers that the header `Name` lists: `name:value`, joined by `;`"),
    ("`{sns}`", "the fields of a message of Amazon SNS, as it signs them"),
    (
        "`{$.path}`, `{$headers.name}`, `{$query.name}`",
        "the value at a place, nothing where there is none",
    ),
)


_LONGEST_CELL = 70
"""Characters of a signed text that are shown."""


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    rows = "\n".join(_row(name, scheme) for name, scheme in sorted(SCHEMES.items()))
    questions = "\n".join(
        f"| `{rule.challenge}` | {rule.vendors} | `{rule.method}`{', signed' if rule.signed else ''}: "
        f"{rule.asks} | {rule.answer} | {rule.source} |"
        for rules in RULES.values()
        for rule in rules
    )
    pieces = "\n".join(f"| {piece} | {filled} |" for piece, filled in _PIECES)
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
overheard can be sent again. The id is what is the same on every retry: a message that comes twice is applied
once. Sources are the vendors' pages as of mid-2026. [Vendors](vendors.md) shows what else is known of each.

| scheme | signature in | signed | written as | window | id | described in |
|---|---|---|---|---|---|---|
{rows}

## Your own

`scheme = "hmac"` describes any HMAC with the fields below (or a plain hash), `"public-key"` any signature
made with a private key (the secret is the public key or a certificate), `"token"` a request that holds the
secret itself, `"basic"` HTTP Basic auth. `"ecdsa"` is `"public-key"` with ECDSA P-256 over time and body.

A *place* is a path as in mappers: `$.signature.token` in the body (JSON or a form), `$headers.x-name`,
`$query.hmac`. A token may stand in a query parameter whose name says so (`token`, `secret`, `key`, …),
because the values of those are never stored. One in the body (Aircall, Meraki, Microsoft Graph) is kept
with the body, like all that a vendor sends. These pieces may stand in `signed`:

| piece | filled with |
|---|---|
{pieces}

Not described: schemes whose keys must be fetched from the vendor for each request (eBay, Plaid), bodies that
are encrypted or are a token as a whole (WeChat Pay, Wix), and JSON Web Tokens in a header.

## What vendors ask first

Some ask a question when the address is registered, or send a request only to see whether somebody listens. It
is answered and is no event: nothing is stored. `HEAD` is answered with 200 whatever the scheme, and a batch
without an item (`{{"events": []}}`), once it is verified, with 200 and no event. Each scheme above has its
vendor's `challenge`; a scheme of your own names one.

| `challenge` | vendors | asked | answered | described in |
|---|---|---|---|---|
{questions}

Asana, Clio and Notion hand the secret over in their question: leave `secrets = []` until you have it.

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
            signed = _code(scheme.signed)
            hashed = "HMAC-" if scheme.function == "hmac" else ""
            form = f"{hashed}{scheme.algorithm.upper()}, {scheme.encoding}"
            where = scheme.place
            window = f"{scheme.tolerance_s} s" if scheme.has_time else window
        case PublicKeyScheme():
            signed, form = _code(scheme.signed), f"{scheme.algorithm}, {scheme.encoding}"
            where = scheme.place
            window = f"{scheme.tolerance_s} s" if scheme.has_time else window
        case TwilioScheme():
            signed, form = (
                "`{url}` and the sorted form fields, or `bodySHA256`",
                "HMAC-SHA1, base64",
            )
            where = scheme.header
        case TokenScheme():
            signed, form, where = "nothing", "the token", scheme.held_at or scheme.header
        case BasicScheme():
            signed, form, where = "nothing", "user and password", "Authorization"
    cells = (_code(where), signed, form, window, _id_of(scheme), scheme.source)
    return f"| `{name}` | {' | '.join(cells)} |"


def _id_of(scheme: Scheme) -> str:
    """Return where the message's id stands."""
    if isinstance(scheme, HmacScheme | PublicKeyScheme) and scheme.id_header:
        return _code(scheme.id_header)
    return (
        ", else ".join(_code(each.replace("{", "").replace("}", "")) for each in scheme.message_id)
        or "–"
    )


def _code(text: str) -> str:
    short = text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
    escaped = short.replace("|", "\\|").replace("\n", "↵")
    return f"`{escaped}`"


def _default(name: str) -> str:
    """Return the default of a field, in the first kind that has it."""
    for _, kind in _KINDS:
        for field in msgspec.structs.fields(kind):
            if field.name == name:
                if field.required:
                    return "required"
                shown = str(field.default).lower() if field.default is False else field.default
                return f"`{shown}`" if shown not in ("", None, ()) else ""
    raise KeyError(name)
