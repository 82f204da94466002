"""Documents as the bytes of their files, the same bytes every time, and bodies as they are compared.

TOML has no null: a pipeline target without a blueprint is written `blueprint = "none"`; elsewhere a
null means what leaving the key out means, so it is left out.
"""

import json
from typing import Final, cast

import tomli_w

from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.json import Json, JsonObject

NO_BLUEPRINT: Final = "none"


def body_of(kind: DocumentKind, body: JsonObject) -> JsonObject:
    """Return a body as it is stored, from one as it is written in a file."""
    return _targets(body, NO_BLUEPRINT, None) if kind == "pipeline" else body


def text_of(kind: DocumentKind, body: JsonObject) -> str:
    """Return the text of a document's file: TOML or two-space JSON, ending in one newline."""
    if kind in ("mapper", "blueprint"):
        return json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    if kind == "pipeline":
        body = _targets(body, None, NO_BLUEPRINT)
    return tomli_w.dumps(cast("JsonObject", portable(body)), multiline_strings=False)


def portable(value: Json) -> Json:
    """Return a value without nulls in objects, but for `blueprint`, where null says something."""
    if isinstance(value, dict):
        return {
            key: portable(item)
            for key, item in value.items()
            if item is not None or key == "blueprint"
        }
    if isinstance(value, list):
        return [portable(item) for item in value]
    return value


def _targets(body: JsonObject, old: str | None, new: str | None) -> JsonObject:
    destinations = body.get("destinations")
    if not isinstance(destinations, list):
        return body
    replaced: list[Json] = [
        {**target, "blueprint": new}
        if isinstance(target, dict) and "blueprint" in target and target["blueprint"] == old
        else target
        for target in destinations
    ]
    return {**body, "destinations": replaced}
