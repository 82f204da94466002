"""What every destination's requests share: bodies, credentials, addresses, masks and signatures.

Pure. Nothing here sends: `heliograph.delivery` does, after `signed`, and shows and stores only what
`masked` and `mask_text` leave over.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from heliograph.destinations.base import RequestPlan
from heliograph.model.json import Json
from heliograph.model.secret import MASK, Secret

JSON_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
AT_SENDING: Final = "(made at sending)"
"""Stands in `masked` for a header that a signature will fill."""


class MaskedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as attempts, logs and `destination plan` may show it."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


def json_body(value: Json) -> bytes:
    """Return compact UTF-8 JSON, members in the order of the dict.

    Lone surrogates, which UTF-8 cannot carry, become U+FFFD; NaN and infinities become null.
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(value))


def _without_surrogates(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_surrogates(k)): _without_surrogates(v) for k, v in value.items()}
    return value


def bearer(secret: Secret) -> str:
    """Return the value of an `Authorization` header with a bearer token."""
    return f"Bearer {secret.reveal()}"


def basic(user: str, password: Secret) -> str:
    """Return the value of an `Authorization` header of Basic authentication, UTF-8 (RFC 7617)."""
    pair = f"{user}:{password.reveal()}".encode("utf-8", "replace")
    return f"Basic {base64.b64encode(pair).decode()}"


def base_url(host: str) -> str:
    """Return `https://<host>` for a host name; a full URL stays, without its last slash."""
    if "://" not in host:
        host = f"https://{host}"
    return host.rstrip("/")


def check_url(url: str) -> None:
    """Return nothing when `url` is an absolute http(s) address without credentials in it.

    Raises:
        ValueError: what is wrong with it; never repeats the URL, which may hold a secret.
    """
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("the address must be printable ASCII without spaces")
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError("the address has no valid host and port") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        raise ValueError("the address must be http://… or https://… with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials in an address show in logs; use a header")


def path_segment(text: str) -> str:
    """Return `text` as one segment of a URL path; `in~abc` keeps its tilde, a slash is escaped."""
    return quote(text, safe="~")


def idempotency_hex(delivery_id: str, step: str) -> str:
    """Return 32 hex digits that are the same for every attempt of one step of a delivery."""
    return hashlib.blake2b(f"{delivery_id}\x00{step}".encode(), digest_size=16).hexdigest()


def signed(request: RequestPlan, at_ms: int) -> RequestPlan:
    """Return the request as it must go out at `at_ms` (UTC epoch milliseconds).

    Without `signing` that is the request itself. Otherwise the headers `webhook-timestamp` (seconds) and
    `webhook-signature` (`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`) are added; a retry is
    signed anew, because receivers refuse old timestamps.

    Source: Standard Webhooks specification, sections "Webhook headers" and "Signature scheme"
    (copy of mid-2026).
    """
    if request.signing is None:
        return request
    timestamp = str(at_ms // 1000)
    identifier = request.headers["webhook-id"]
    content = f"{identifier}.{timestamp}.".encode() + request.body
    digest = hmac.new(signing_key(request.signing.secret), content, hashlib.sha256).digest()
    headers = {
        **request.headers,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return msgspec.structs.replace(request, headers=headers, signing=None)


def signing_key(secret: Secret) -> bytes:
    """Return the bytes of a signing secret: base64, with or without the prefix `whsec_`.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("a signing secret is base64, usually with the prefix whsec_") from None


def masked(request: RequestPlan) -> MaskedRequest:
    """Return the request without its secrets: whole secret headers, and secret values anywhere."""
    headers = {
        name: _mask_header(value) if name.lower() in request.secret_headers else value
        for name, value in request.headers.items()
    }
    if request.signing is not None:
        headers |= {"webhook-timestamp": AT_SENDING, "webhook-signature": AT_SENDING}
    secrets = _forms(request.secret_values)
    return MaskedRequest(
        method=request.method,
        url=_replace(request.url, secrets),
        headers={name: _replace(value, secrets) for name, value in headers.items()},
        body=_replace(request.body.decode("utf-8", "replace"), secrets),
    )


def mask_text(request: RequestPlan, text: str) -> str:
    """Return `text` (a response, an error) without the secrets of the request that it may repeat."""
    in_headers = [
        value for name, value in request.headers.items() if name.lower() in request.secret_headers
    ]
    tokens = [value.partition(" ")[2] for value in in_headers if " " in value]
    signing = (request.signing.secret.reveal(),) if request.signing else ()
    return _replace(text, _forms((*request.secret_values, *in_headers, *tokens, *signing)))


def _mask_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme in ("Bearer", "Basic") else MASK


def _forms(secrets: Iterable[str]) -> list[str]:
    """Return every spelling in which a secret may stand: plain, in JSON, in a URL; longest first."""
    forms: set[str] = set()
    for secret in secrets:
        forms |= {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        forms |= {quote(secret, safe=""), quote(secret)}
    return sorted(forms - {""}, key=lambda form: (-len(form), form))


def _replace(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
