"""Documents with their literal secrets masked, for showing; `${NAME}` stays, for it says no secret."""

import re
from typing import Final

import msgspec

from heliograph.destinations import registry
from heliograph.destinations.settings import setting_fields
from heliograph.errors import ConfigError
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.json import Json, JsonObject
from heliograph.model.secret import MASK
from heliograph.storage.configuration import Document

HOLD_SECRETS: Final[frozenset[DocumentKind]] = frozenset({"workspace", "source", "destination"})
"""Kinds of documents in which a secret may stand."""

_SECRET_NAME: Final = re.compile(r"key|token|secret|password|authorization|credential", re.I)
_REFERENCE: Final = re.compile(r"^\$\{\w+\}$")
_SETTINGS: Final = "$.settings."


def masked_document(document: Document) -> Document:
    """Return a document whose literal secrets are masked; of a kind that holds none, as it is."""
    if document.kind not in HOLD_SECRETS:
        return document
    secret = secret_settings(document.kind, document.body)
    body: JsonObject = {k: masked(f"$.{k}", v, secret) for k, v in document.body.items()}
    return msgspec.structs.replace(document, body=body)


def masked(path: str, value: Json, secret: frozenset[str] = frozenset()) -> Json:
    """Return a value in which every text under a name that looks like a credential's is masked.

    Args:
        path: JSON path of the value; every name on it counts.
        value: of a document.
        secret: settings that are secret whatever they are called, see `secret_settings`.
    """
    if isinstance(value, list):
        return [masked(path, item, secret) for item in value]
    if isinstance(value, dict):
        fields: JsonObject = {k: masked(f"{path}.{k}", v, secret) for k, v in value.items()}
        return fields
    if isinstance(value, str) and not _REFERENCE.match(value) and _is_secret(path, secret):
        return MASK
    return value


def secret_settings(kind: DocumentKind, body: JsonObject) -> frozenset[str]:
    """Return the names of the settings that a destination's type declares as secret, as compared."""
    if kind != "destination":
        return frozenset()
    try:
        destination = registry.get(str(body.get("type", "")))
    except ConfigError:
        return frozenset()
    return frozenset(
        _compared(name)
        for field in setting_fields(destination.settings)
        if field.secret
        for name in (field.name, *field.aliases)
    )


def _is_secret(path: str, secret: frozenset[str]) -> bool:
    if _SECRET_NAME.search(path):
        return True
    if not path.startswith(_SETTINGS):
        return False
    return _compared(path.removeprefix(_SETTINGS).partition(".")[0]) in secret


def _compared(name: str) -> str:
    """Return a setting's name as settings are compared: without case, blanks, `_` and `-`."""
    return re.sub(r"[\s_-]", "", name).lower()
