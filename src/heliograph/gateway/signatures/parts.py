"""What is signed, and where the parts of it stand: the small language of `signed` and of places.

A place is a path as mappers have them: `$.signature.token` in the body (JSON or a form), `$headers.x-name`,
`$query.hmac`. A template is a text with pieces in braces, each of which is filled from the request:

| piece | filled with |
|---|---|
| `{body}` | the body, byte for byte |
| `{body_sha256}`, `{body_crc32}` | its SHA-256 in hex, its CRC-32 as a decimal number |
| `{timestamp}`, `{id}` | what the scheme's fields for them name |
| `{method}`, `{url}`, `{path}` | the method; the whole address; its path and query string |
| `{form}` | the fields of a form, sorted by name: each name and value, without anything between |
| `{account}` | the scheme's `account`: what the vendor calls webhook id, app key or public key |
| `{secret}` | the secret, where `function` is `hash` |
| `{listed:Name}` | of the headers that the header `Name` lists: `name:value`, joined by `;` |
| `{sns}` | the fields of a message of Amazon SNS, as it signs them |
| `{$…}` | the value at a place; nothing where there is none |
"""

import hashlib
import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.gateway.signatures.results import Call
from heliograph.mapping.document.plan import Path
from heliograph.mapping.document.sources import is_path, read_path
from heliograph.model.json import Json

_PIECE: Final = re.compile(r"\{([a-z][a-z0-9_]*(?::[A-Za-z0-9-]+)?|\$[^{}]*)\}")
_OF_REQUEST: Final = re.compile(r"\{(?:body(?:_sha256|_crc32)?|form|sns|\$\.[^{}]*|\$\[[^{}]*)\}")
# docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html, mid-2026
_SNS_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SNS_CONFIRMATION: Final = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
)
_SNS_FIELDS: Final = {
    "Notification": _SNS_NOTIFICATION,
    "SubscriptionConfirmation": _SNS_CONFIRMATION,
    "UnsubscribeConfirmation": _SNS_CONFIRMATION,
}


class Given(msgspec.Struct, kw_only=True):
    """What fills the pieces that are no part of the request itself, or were found in it already."""

    timestamp: str = ""
    id: str = ""
    url: str = ""
    account: str = ""
    secret: bytes = b""


Fill = Callable[[Call, Given], bytes]


class Template:
    """A template, read once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces: list[bytes | Fill] = []
        for position, piece in enumerate(_PIECE.split(text)):
            if position % 2 == 0:
                self._pieces += [piece.encode()] if piece else []
            else:
                self._pieces.append(_fill(piece))

    def fill(self, call: Call, given: Given) -> bytes:
        """Return the text with its pieces."""
        return b"".join(
            [piece if isinstance(piece, bytes) else piece(call, given) for piece in self._pieces]
        )

    def whole(self, call: Call) -> str | None:
        """Return the text with its pieces, None when one of them is not there."""
        parts: list[str] = []
        for piece in self._pieces:
            part = piece if isinstance(piece, bytes) else piece(call, _NOTHING)
            if not part:
                return None
            parts.append(part.decode(errors="replace"))
        return "".join(parts)


_NOTHING: Final = Given()


@lru_cache(maxsize=1024)
def template_of(text: str) -> Template:
    """Return the template a text stands for.

    Raises:
        ConfigError: `jsonpath.invalid` or `config.invalid`, for a piece that is none.
    """
    return Template(text)


@lru_cache(maxsize=1024)
def place_of(text: str) -> Path:
    """Return the place a text stands for.

    Raises:
        ConfigError: `jsonpath.invalid` or `config.invalid`, for a text that is none.
    """
    if not is_path(text):
        raise ConfigError(
            "config.invalid",
            "this is no place in a request",
            found=repr(text),
            allowed="$.path of the body, $headers.name, $query.name",
        )
    return read_path(text)


def covers_request(signed: str) -> bool:
    """Tell whether a template holds the body, or something of it."""
    return _OF_REQUEST.search(signed) is not None


def open_places(signed: str) -> list[str]:
    """Return the places of a template that may hold several values, of which only one would be signed."""
    return [
        piece
        for piece in _PIECE.findall(signed)
        if piece.startswith("$") and not place_of(piece).query.singular
    ]


def values_at(place: Path, call: Call) -> list[str]:
    """Return the texts at a place; empty when there is none."""
    if place.origin != "body":
        carried = call.headers if place.origin == "headers" else call.query
        steps = place.query.head
        text = carried.get(str(steps[0])) if steps else None
        return [] if text is None else [text]
    values = place.query.values(call.payload)
    return [text for value in values if (text := _text_of(value)) is not None]


def is_listed(header: str, call: Call, signed: str) -> bool:
    """Tell whether a header is among those that a `{listed:Name}` of the template signs."""
    lists = re.findall(r"\{listed:([A-Za-z0-9-]+)\}", signed)
    return any(header.lower() in _names(name.lower(), call) for name in lists)


def _text_of(value: Json) -> str | None:
    """Return a value as it is signed: a text as it is, numbers and booleans as JSON writes them."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return None
    return msgspec.json.encode(value).decode()


def _fill(piece: str) -> Fill:
    if piece.startswith("$"):
        place = place_of(piece)
        return lambda call, given: "".join(values_at(place, call)[:1]).encode()
    name, _, argument = piece.partition(":")
    if name == "listed" and argument:
        return lambda call, given: _listed(argument.lower(), call)
    fill = _FILLS.get(piece)
    if fill is None:
        raise ConfigError(
            "config.invalid",
            "a piece of what is signed is not known",
            found=f"{{{piece}}}",
            allowed=", ".join(f"{{{each}}}" for each in (*_FILLS, "listed:Name", "$.path")),
        )
    return fill


def _path(call: Call) -> bytes:
    after = call.url.partition("://")[2]
    return after[after.find("/") :].encode() if "/" in after else b"/"


def _form(call: Call) -> bytes:
    return "".join(name + value for name, value in sorted(call.form or ())).encode()


def _listed(header: str, call: Call) -> bytes:
    pairs = (f"{name}:{call.headers.get(name, '').strip()}" for name in _names(header, call))
    return ";".join(pairs).encode()


def _names(header: str, call: Call) -> list[str]:
    names = [name.strip().lower() for name in call.headers.get(header, "").split(",")]
    return [name for name in names if name]


def _sns(call: Call) -> bytes:
    payload = call.payload
    if not isinstance(payload, dict):
        return b""
    # Texts are signed one below the other: in a type of several lines a message could hide further fields.
    names = _SNS_FIELDS.get(str(payload.get("Type")))
    if names is None:
        return b""
    pairs = ((name, payload.get(name)) for name in names)
    return "".join(f"{name}\n{text}\n" for name, text in pairs if isinstance(text, str)).encode()


_FILLS: Final[dict[str, Fill]] = {
    "body": lambda call, given: call.body,
    "body_sha256": lambda call, given: hashlib.sha256(call.body).hexdigest().encode(),
    "body_crc32": lambda call, given: b"%d" % zlib.crc32(call.body),
    "timestamp": lambda call, given: given.timestamp.encode(),
    "id": lambda call, given: given.id.encode(),
    "method": lambda call, given: call.method.upper().encode(),
    "url": lambda call, given: given.url.encode(),
    "path": lambda call, given: _path(call),
    "form": lambda call, given: _form(call),
    "account": lambda call, given: given.account.encode(),
    "secret": lambda call, given: given.secret,
    "sns": lambda call, given: _sns(call),
}
