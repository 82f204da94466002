"""Pick the check a scheme needs; the ones that are no HMAC over the body are here."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, assert_never
from urllib.parse import parse_qs, parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from heliograph.gateway.signatures.hmac_signature import outside_window, read_time, verify_hmac
from heliograph.gateway.signatures.results import (
    Call,
    Failed,
    Verification,
    Verified,
    mismatch,
    missing,
)
from heliograph.gateway.signatures.schemes import (
    BasicScheme,
    EcdsaScheme,
    HmacScheme,
    Scheme,
    TokenScheme,
    TwilioScheme,
)
from heliograph.model.secret import Secret

_MAX_FORM_FIELDS: Final = 1_000
"""Fields of a form whose sender is not known yet; each is sorted and joined."""


def verify(
    scheme: Scheme,
    secrets: Sequence[Secret],
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    raw_body: bytes,
    now_ms: int,
) -> Verification:
    """Return whether the request was made with one of the secrets.

    Args:
        scheme: of `read_scheme`.
        secrets: current ones first; empty ones never match.
        method: as sent.
        url: as the sender was given it, with scheme, host and query string; HubSpot and Twilio sign it.
        headers: lower-case names.
        raw_body: byte for byte.
        now_ms: UTC epoch milliseconds.

    Returns:
        `Verified`, or `Failed` with a message that is safe to answer.
    """
    usable = [secret for secret in secrets if secret]
    if not usable:
        return Failed(part="secret", message="No secret is configured for this source.")
    call = Call(method=method, url=url, headers=headers, body=raw_body, now_ms=now_ms)
    match scheme:
        case HmacScheme():
            return verify_hmac(scheme, secrets, call)
        case TokenScheme():
            return _verify_token(scheme, secrets, call)
        case BasicScheme():
            return _verify_basic(scheme, secrets, call)
        case TwilioScheme():
            return _verify_twilio(scheme, secrets, call)
        case EcdsaScheme():
            return _verify_ecdsa(scheme, secrets, call)
        case _:  # pragma: no cover
            assert_never(scheme)


def _first_equal(secrets: Sequence[Secret], found: bytes) -> int:
    """Return the index of the secret that equals `found`, or -1; always compares with all of them."""
    matched = -1
    for index, secret in enumerate(secrets):
        if hmac.compare_digest(secret.reveal().encode(), found) and secret and matched < 0:
            matched = index
    return matched


def _verify_token(scheme: TokenScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    header = call.headers.get(scheme.header.lower())
    if header is None:
        return missing(scheme.header)
    if not header.startswith(scheme.prefix):
        return Failed(
            part="header",
            message=f"The header {scheme.header} does not begin with {scheme.prefix!r}.",
        )
    matched = _first_equal(secrets, header[len(scheme.prefix) :].encode())
    if matched < 0:
        return Failed(
            part="signature", message=f"The token in {scheme.header} is not the configured one."
        )
    return Verified(secret=matched)


def _verify_basic(scheme: BasicScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    header = call.headers.get("authorization")
    if header is None:
        return missing("Authorization")
    kind, _, text = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        user, colon, password = b"", b"", b""
    if kind.lower() != "basic" or not colon:
        return Failed(
            part="header",
            message="The header Authorization is not Basic <Base64 of user:password>.",
        )
    is_user = hmac.compare_digest(user, scheme.username.encode())
    matched = _first_equal(secrets, password)
    if not is_user or matched < 0:
        return Failed(
            part="signature", message="User name and password are not the configured ones."
        )
    return Verified(secret=matched)


def _verify_twilio(scheme: TwilioScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    header = call.headers.get(scheme.header.lower())
    if header is None:
        return missing(scheme.header)
    try:
        signature = base64.b64decode(header.strip(), validate=True)
    except (binascii.Error, ValueError):
        return Failed(part="header", message=f"The header {scheme.header} is not <Base64>.")
    body_hash = parse_qs(urlsplit(call.url).query).get("bodySHA256")
    content = call.url
    if body_hash:
        actual = hashlib.sha256(call.body).hexdigest()
        if not hmac.compare_digest(actual.encode(), body_hash[0].lower().encode()):
            return mismatch("bodySHA256", signs_url=True)
    elif call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        try:
            fields = parse_qsl(
                call.body.decode(errors="replace"),
                keep_blank_values=True,
                max_num_fields=_MAX_FORM_FIELDS,
            )
        except ValueError:
            return Failed(
                part="signature",
                message=f"The form has more than {_MAX_FORM_FIELDS} fields, which no message has.",
            )
        # A field sent twice counts once per distinct value, as the vendor's own libraries do.
        content += "".join(name + value for name, value in sorted(set(fields)))
    # The vendor signs the address with or without its default port; its libraries try both.
    contents = {content, *_other_port(call.url, content)}
    matched = -1
    for index, secret in enumerate(secrets):
        for text in contents:
            expected = hmac.digest(secret.reveal().encode(), text.encode(), "sha1")
            if hmac.compare_digest(expected, signature) and secret and matched < 0:
                matched = index
    return mismatch(scheme.header, signs_url=True) if matched < 0 else Verified(secret=matched)


def _other_port(url: str, content: str) -> list[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    default = {"https": 443, "http": 80}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError:
        return []
    if port is None and default is not None:
        netloc = f"{host}:{default}"
    elif port is not None:
        netloc = host
    else:
        return []
    return [parts._replace(netloc=netloc).geturl() + content[len(url) :]]


def _verify_ecdsa(scheme: EcdsaScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    header = call.headers.get(scheme.header.lower())
    timestamp = call.headers.get(scheme.timestamp_header.lower())
    if header is None or timestamp is None:
        return missing(scheme.header if header is None else scheme.timestamp_header)
    try:
        signature = base64.b64decode(header.strip(), validate=True)
    except (binascii.Error, ValueError):
        return Failed(part="header", message=f"The header {scheme.header} is not <Base64>.")
    signed_at = read_time(timestamp, "s", scheme.timestamp_header)
    if isinstance(signed_at, Failed):
        return signed_at
    late = outside_window(signed_at, call.now_ms, scheme.tolerance_s)
    if late is not None:
        return late
    content = timestamp.encode() + call.body
    for index, secret in enumerate(secrets):
        key = _public_key(secret)
        if key is None:
            continue
        try:
            key.verify(signature, content, ec.ECDSA(SHA256()))
        except InvalidSignature:
            continue
        return Verified(secret=index, signed_at_ms=signed_at)
    return mismatch(scheme.header)


def _public_key(secret: Secret) -> ec.EllipticCurvePublicKey | None:
    text = secret.reveal().strip()
    try:
        if text.startswith("-----BEGIN"):
            key = load_pem_public_key(text.encode())
        else:
            key = load_der_public_key(base64.b64decode(text))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None
