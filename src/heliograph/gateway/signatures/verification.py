"""Pick the check a scheme needs; the ones that are no HMAC over the body are here."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import assert_never
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from heliograph.gateway.signatures.parts import place_of, template_of, values_at
from heliograph.gateway.signatures.results import (
    FORM,
    MAX_FORM_FIELDS,
    Call,
    Failed,
    Verification,
    Verified,
    mismatch,
    missing,
)
from heliograph.gateway.signatures.schemes import (
    BasicScheme,
    Scheme,
    SignedScheme,
    TokenScheme,
    TwilioScheme,
)
from heliograph.gateway.signatures.signature import verify_signed
from heliograph.mapping.charsets import Charset
from heliograph.model.ids import bounded_message_id
from heliograph.model.secret import Secret


def verify(
    scheme: Scheme,
    secrets: Sequence[Secret],
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    raw_body: bytes,
    now_ms: int,
    query_string: str | None = None,
    charset: Charset | None = None,
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
        query_string: of the request as it came, percent-encoded; None: that of `url`.
        charset: in which the mapper reads texts that declare none; None: UTF-8.

    Returns:
        `Verified`, or `Failed` with a message that is safe to answer.
    """
    if not any(secrets):
        return Failed(part="secret", message="No secret is configured for this source.")
    call = Call(
        method=method,
        url=url,
        headers=headers,
        body=raw_body,
        now_ms=now_ms,
        query_string=query_string,
        charset=charset,
    )
    outcome = _verify(scheme, secrets, call)
    if isinstance(outcome, Failed) or not scheme.message_id or outcome.message_id is not None:
        return outcome
    return msgspec.structs.replace(outcome, message_id=_message_id(scheme, call))


def _verify(scheme: Scheme, secrets: Sequence[Secret], call: Call) -> Verification:
    if isinstance(scheme, SignedScheme):
        return verify_signed(scheme, secrets, call)
    match scheme:
        case TokenScheme():
            return _verify_token(scheme, secrets, call)
        case BasicScheme():
            return _verify_basic(scheme, secrets, call)
        case TwilioScheme():
            return _verify_twilio(scheme, secrets, call)
        case _:  # pragma: no cover
            assert_never(scheme)


def _message_id(scheme: Scheme, call: Call) -> str | None:
    """Return the id of the message, or None when this one has none."""
    for text in scheme.message_id:
        whole = template_of(text).whole(call)
        if whole is not None:
            return bounded_message_id(whole)
    return None


def _first_equal(secrets: Sequence[Secret], found: bytes) -> int:
    """Return the index of the secret that equals `found`, or -1; always compares with all of them."""
    matched = -1
    for index, secret in enumerate(secrets):
        if hmac.compare_digest(secret.reveal().encode(), found) and secret and matched < 0:
            matched = index
    return matched


def _verify_token(scheme: TokenScheme, secrets: Sequence[Secret], call: Call) -> Verification:
    if scheme.held_at is not None:
        return _verify_held_at(scheme.held_at, secrets, call)
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


def _verify_held_at(place: str, secrets: Sequence[Secret], call: Call) -> Verification:
    """Return whether each value at a place is a secret, e.g. of every notification of a batch."""
    values = values_at(place_of(place), call)
    if not values:
        return Failed(part="header", message=f"The request has no token at {place}.")
    matched = [_first_equal(secrets, value.encode()) for value in values]
    if min(matched) < 0:
        return Failed(part="signature", message=f"The token at {place} is not the configured one.")
    return Verified(secret=matched[0])


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
    url = call.url
    body_hash = parse_qs(urlsplit(url).query).get("bodySHA256")
    if body_hash is None and "bodySHA256" in call.query:
        # The vendor adds it to the address that it was given, which may be a configured one.
        body_hash = [call.query["bodySHA256"]]
        url += f"{'&' if '?' in url else '?'}bodySHA256={quote(body_hash[0])}"
    content = url
    if body_hash:
        actual = hashlib.sha256(call.body).hexdigest()
        if not hmac.compare_digest(actual.encode(), body_hash[0].lower().encode()):
            return mismatch("bodySHA256", signs_url=True)
    elif call.form is not None:
        # A field sent twice counts once per distinct value, as the vendor's own libraries do.
        content += "".join(name + value for name, value in sorted(set(call.form)))
    elif call.body.strip():
        return Failed(
            part="signature",
            message="Nothing of this body is signed: the address has no bodySHA256, and it is no form of "
            f"at most {MAX_FORM_FIELDS} fields with the Content-Type {FORM}.",
        )
    # The vendor signs the address with or without its default port; its libraries try both.
    contents = {content, *_other_port(url, content)}
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
