"""How the `verify` table of a source becomes a scheme; what could never verify anything is refused."""

from collections.abc import Callable
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.gateway.redaction import is_credential
from heliograph.gateway.signatures.parts import (
    covers_request,
    open_places,
    place_of,
    template_of,
)
from heliograph.gateway.signatures.schemes import (
    OWN,
    HmacScheme,
    Scheme,
    SignedScheme,
    TokenScheme,
)
from heliograph.gateway.signatures.vendors import SCHEMES
from heliograph.model.documents.catalog import decode_document
from heliograph.model.json import JsonObject


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
    elif isinstance(name, str) and name in OWN:
        settings = {**OWN[name], **settings, "scheme": OWN[name].get("scheme", name)}
    else:
        raise ConfigError(
            "config.invalid",
            "the signature scheme is unknown",
            where=f"{where}.scheme",
            found=repr(name),
            allowed=", ".join(sorted([*SCHEMES, *OWN])),
        )
    scheme = decode_document(settings, _ANY, where=where)
    _check_texts(scheme, where)
    if isinstance(scheme, SignedScheme):
        _check_signed(scheme, where)
    return scheme


_ANY: Final[type[Scheme]] = Scheme  # pyright: ignore[reportAssignmentType]


def _check_texts(scheme: Scheme, where: str) -> None:
    """Refuse places and templates that cannot be read."""
    places: list[tuple[str, str | None]] = []
    templates: list[tuple[str, str]] = [("message_id", each) for each in scheme.message_id]
    if isinstance(scheme, TokenScheme):
        places.append(("held_at", scheme.held_at))
    elif isinstance(scheme, SignedScheme):
        places += [("signature_at", scheme.signature_at), ("timestamp_at", scheme.timestamp_at)]
        places += [("account_at", scheme.account_at), ("only_one", scheme.only_one)]
        templates.append(("signed", scheme.signed))
    for field, text in places:
        if text is not None:
            _read(place_of, text, f"{where}.{field}")
    for field, text in templates:
        _read(template_of, text, f"{where}.{field}")
    held_at = scheme.held_at if isinstance(scheme, TokenScheme) else None
    if held_at is not None and place_of(held_at).origin == "query":
        name = "".join(map(str, place_of(held_at).query.head))
        if not is_credential(name):
            raise ConfigError(
                "config.invalid",
                "the parameter would be stored with each request, as its name is none of a secret",
                where=f"{where}.held_at",
                found=name,
                allowed="a name such as token, secret, key or api_key, whose value is masked",
            )


def _read(reader: Callable[[str], object], text: str, where: str) -> None:
    try:
        reader(text)
    except ConfigError as error:
        raise ConfigError(
            "config.invalid",
            error.message,
            where=where,
            found=error.found,
            allowed=error.allowed,
            hint=error.hint,
        ) from error


def _check_signed(scheme: SignedScheme, where: str) -> None:
    """Refuse a description whose parts cannot be found in a request."""
    if not scheme.place:
        raise ConfigError(
            "config.invalid",
            "the scheme does not say where the signature stands",
            where=f"{where}.header",
            hint="Set header to the name of the header, or signature_at to a place such as $query.hmac.",
        )
    if scheme.layout != "list" and "base64" in scheme.encoding and scheme.separator in "+/=":
        raise ConfigError(
            "config.invalid",
            "the separator is a letter of Base64",
            where=f"{where}.separator",
            found=repr(scheme.separator),
            allowed="another character, such as , or ;",
        )
    if not covers_request(scheme.signed):
        raise ConfigError(
            "config.invalid",
            "what is signed holds nothing of the body",
            where=f"{where}.signed",
            found=repr(scheme.signed),
            allowed="a text with {body}, {body_sha256}, {form} or a value of the body such as {$.token}",
        )
    several = open_places(scheme.signed)
    if several:
        raise ConfigError(
            "config.invalid",
            "a place in what is signed may hold several values, and only the first would be verified",
            where=f"{where}.signed",
            found=repr(several[0]),
            allowed="a place of one value, such as {$.items[0].id}",
        )
    plain_hash = isinstance(scheme, HmacScheme) and scheme.function == "hash"
    if plain_hash and "{secret}" not in scheme.signed:
        raise ConfigError(
            "config.invalid",
            "a plain hash proves nothing unless the secret is part of what is hashed",
            where=f"{where}.signed",
            found=repr(scheme.signed),
            allowed="a text with {secret} in it",
        )
    if scheme.needs_account and not scheme.account.strip():
        called = scheme.account_name or "what `account` means at the vendor"
        raise ConfigError(
            "config.invalid",
            f"without `account` ({called}) it cannot be told who a request is for",
            where=f"{where}.account",
            found=repr(scheme.account),
            allowed=f"a text: {called}",
            hint=f'Write account = "…" in the [verify] table: {called}, as the vendor shows it.',
        )
    is_somewhere = scheme.timestamp_header or scheme.timestamp_at
    if is_somewhere and scheme.timestamp_unit != "none" and not scheme.has_time:
        raise ConfigError(
            "config.invalid",
            "the time is no part of what is signed, so anybody could change it",
            where=f"{where}.signed",
            found=repr(scheme.signed),
            allowed="a text with {timestamp} in it, or one that holds the place of the time",
            hint=f"If the vendor does not sign {is_somewhere}, leave it out.",
        )
    timed = (
        scheme.layout in ("pairs", "time-first") or scheme.timestamp_header or scheme.timestamp_at
    )
    if "{timestamp}" in scheme.signed and not timed:
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
