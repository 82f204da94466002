"""What every destination's requests share: bodies, credentials, addresses and signatures.

Pure. Nothing here sends: `heliograph.delivery` does, after `signed`, and shows and stores only what
`destinations.masks` leaves over.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from heliograph.destinations.base import RequestPlan
from heliograph.model.documents.spelling import oddity
from heliograph.model.json import Json
from heliograph.model.secret import Secret

JSON_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}


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
        odd = oddity(url, "it") or ". Write other letters percent-encoded, in the host as xn--…"
        raise ValueError(f"the address must be printable ASCII without spaces{odd}")
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError("the address has no valid host and port") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        raise ValueError("the address must be http://… or https://… with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials in an address show in logs; use a header")


def check_base_url(url: str) -> None:
    """Return nothing when paths can be put behind `url`: as `check_url`, and without query and fragment.

    Raises:
        ValueError: what is wrong with it; never repeats the URL.
    """
    check_url(url)
    if "?" in url or "#" in url:
        raise ValueError("paths are put behind the address, so it can hold no ? and no #")


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
    digest = hmac.digest(_signing_key(request.signing.secret.reveal()), content, "sha256")
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
    return _signing_key(secret.reveal())


@lru_cache(maxsize=256)
def _signing_key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("a signing secret is base64, usually with the prefix whsec_") from None
