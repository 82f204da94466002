"""Forms of signing that many vendors share, with `hmac` and `hashlib` alone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

HOST = "hub.example.com"
PATH = "/v1/webhook/code"
URL = f"https://{HOST}{PATH}"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Sent:
    """A signed request."""

    headers: dict[str, str]
    body: bytes
    query: str = ""


Signer = Callable[[bytes, str, int], Sent]


def mac(key: bytes | str, text: bytes, name: str = "sha256") -> bytes:
    raw = key.encode() if isinstance(key, str) else key
    return hmac.new(raw, text, getattr(hashlib, name)).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def seconds(ms: int) -> str:
    return str(ms // 1000)


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_fields(body: bytes, **fields: object) -> bytes:
    return json.dumps({**json.loads(body), **fields}, separators=(",", ":")).encode()


def of_body(
    header: str, prefix: str = "", algorithm: str = "sha256", as_base64: bool = False
) -> Signer:
    """Sign the body alone."""

    def sign(body: bytes, key: str, ms: int) -> Sent:
        raw = mac(key, body, algorithm)
        return Sent({header: prefix + (b64(raw) if as_base64 else raw.hex())}, body)

    return sign


def pairs(
    header: str,
    text: Callable[[bytes, bytes], bytes],
    *,
    time_key: str = "t",
    key_name: str = "v1",
    between: str = ",",
    equals: str = "=",
    unit: Callable[[int], str] = seconds,
    write: Callable[[bytes], str] = lambda raw: raw.hex(),
) -> Signer:
    """Write time and signature into one header."""

    def sign(body: bytes, key: str, ms: int) -> Sent:
        at = unit(ms)
        written = write(mac(key, text(at.encode(), body)))
        value = f"{time_key}{equals}{at}{between}{key_name}{equals}{written}"
        return Sent({header: value}, body)

    return sign


def timed(
    header: str,
    time_header: str,
    text: Callable[[bytes, bytes], bytes],
    *,
    unit: Callable[[int], str] = seconds,
    prefix: str = "",
    as_base64: bool = False,
) -> Signer:
    """Write time and signature into two headers."""

    def sign(body: bytes, key: str, ms: int) -> Sent:
        at = unit(ms)
        raw = mac(key, text(at.encode(), body))
        written = prefix + (b64(raw) if as_base64 else raw.hex())
        return Sent({time_header: at, header: written}, body)

    return sign


def standard(prefix: str, *, text_key: bool = False) -> Signer:
    def sign(body: bytes, key: str, ms: int) -> Sent:
        at = seconds(ms)
        raw = key.encode() if text_key else base64.b64decode(key.removeprefix("whsec_"))
        headers = {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": at,
            f"{prefix}-signature": "v1," + b64(mac(raw, f"msg_1.{at}.".encode() + body)),
        }
        return Sent(headers, body)

    return sign


def dotted(at: bytes, body: bytes) -> bytes:
    return at + b"." + body


def plain_hash(header: str, text: Callable[[str, bytes], bytes]) -> Signer:
    def sign(body: bytes, key: str, ms: int) -> Sent:
        return Sent({header: hashlib.sha256(text(key, body)).hexdigest()}, body)

    return sign


def header_token(header: str, prefix: str = "") -> Signer:
    return lambda body, key, ms: Sent({header: prefix + key}, body)


def query_token(name: str) -> Signer:
    return lambda body, key, ms: Sent({}, body, f"{name}={key}")


def body_token(name: str) -> Signer:
    return lambda body, key, ms: Sent({}, with_fields(body, **{name: key}))
