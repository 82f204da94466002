"""Presets of Heap: one name per user property, `email` in lower case because Heap has it built in."""

from typing import Final

from heliograph.destinations.blueprint.document import (
    BlueprintDocument,
    EventRules,
    FieldRules,
)
from heliograph.destinations.blueprint.rules import Blueprint
from heliograph.destinations.blueprint.vocabulary import EVENT_NAMES, TRAIT_NAMES

DEFAULT: Final = BlueprintDocument(
    name="default",
    destination="heap",
    title="Default",
    description="User properties in snake_case under one name each; events as they are.",
    traits=FieldRules(rename={name: TRAIT_NAMES[name] for name in TRAIT_NAMES}),
)

TITLE_CASE: Final = BlueprintDocument(
    name="title-case",
    destination="heap",
    title="Title Case events",
    description="As default, and shop events in Title Case, whichever naming era they came from.",
    events=EventRules(rename={"Page Viewed": "page", **EVENT_NAMES}),
    traits=DEFAULT.traits,
)

BLUEPRINTS: Final = (Blueprint(DEFAULT), Blueprint(TITLE_CASE))
