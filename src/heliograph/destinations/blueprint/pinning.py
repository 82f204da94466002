"""From a blueprint's name to a reference to one text, and from a reference to a blueprint that works."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from heliograph.destinations.base import Destination
from heliograph.destinations.blueprint.rules import Blueprint, compile_blueprint
from heliograph.destinations.preflight import find_blueprint
from heliograph.errors import ConfigError, DestinationError
from heliograph.model.documents.blueprint_reference import read_reference
from heliograph.model.documents.catalog import Blueprint as StoredBlueprint
from heliograph.model.json import JsonObject


def reference_of(
    destination: Destination[Any], name: str | None, documents: Mapping[str, StoredBlueprint]
) -> tuple[str | None, Blueprint | None]:
    """Return the reference to the text that `name` means now, and the preset that it is, if it is one.

    Args:
        destination: that the delivery is for.
        name: as in `pipelines/*.toml`; None sends events unmapped.
        documents: the workspace's blueprints by name.
    """
    if name is None:
        return None, None
    try:
        found = find_blueprint(destination, name, documents)
    except ConfigError:
        return name, None
    assert found is not None
    if found not in destination.blueprints:
        return f"{name}@{documents[name].version}", None
    return f"preset:{destination.name}/{name}@{digest_of(found)}", found


def digest_of(preset: Blueprint) -> str:
    """Return ten hex digits that change with the preset's text."""
    text = msgspec.json.encode(preset.as_json(), order="sorted")
    return hashlib.blake2b(text, digest_size=5).hexdigest()


def compile_reference(
    destination: Destination[Any],
    reference: str,
    *,
    text: JsonObject | None,
    documents: Mapping[str, StoredBlueprint],
) -> Blueprint | None:
    """Return the blueprint that a reference stands for.

    Args:
        destination: that is sent to.
        reference: from a delivery.
        text: the document that was kept under it, if any.
        documents: the workspace's current blueprints, for bare names.

    Raises:
        ConfigError: the name means nothing now, or the text does not compile.
        DestinationError: the text is gone; the delivery becomes a dead letter that says so.
    """
    pinned = read_reference(reference)
    if not pinned.exact:
        return find_blueprint(destination, reference, documents)
    for preset in destination.blueprints:
        if preset.name == pinned.name and digest_of(preset) == pinned.digest:
            return preset
    if text is not None:
        blueprint = compile_blueprint(text, name=pinned.name)
        if blueprint.document.destination not in ("", destination.name):
            # A replay asked for the newest, and the document is meant for another type.
            return find_blueprint(destination, pinned.name, documents)
        return blueprint
    current = documents.get(pinned.name)
    if current is not None and current.version == pinned.version:
        return compile_blueprint(current.document, name=pinned.name)
    raise DestinationError(
        "destination.invalid_event",
        f"the text of blueprint {reference!r} is not kept",
        where="blueprint",
        hint="Replay the delivery with --newest-blueprint.",
    )
