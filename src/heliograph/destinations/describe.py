"""What can be configured of a destination, as JSON for programs and forms."""

from typing import Any

from heliograph.destinations.base import Destination
from heliograph.destinations.settings import setting_fields
from heliograph.model.json import JsonObject


def describe(destination: Destination[Any]) -> JsonObject:
    """Return settings, limits and presets of a destination as JSON, for programs and forms."""
    return {
        "name": destination.name,
        "title": destination.title,
        "settings": [
            {
                "name": field.name,
                "title": field.title,
                "description": field.description,
                "required": field.required,
                "default": field.default,
                "examples": list(field.examples),
                "secret": field.secret,
                "aliases": list(field.aliases),
            }
            for field in setting_fields(destination.settings)
        ],
        "blueprints": [
            {
                "name": preset.document.name,
                "title": preset.document.title,
                "description": preset.document.description,
            }
            for preset in destination.blueprints
        ],
    }
