"""Presets of the generic webhook."""

from typing import Final

from heliograph.destinations.blueprint.document import (
    BlueprintDocument,
    EventRules,
    FieldRules,
)
from heliograph.destinations.blueprint.rules import Blueprint
from heliograph.destinations.blueprint.vocabulary import (
    AMOUNT,
    EVENT_NAMES,
    ORDER_ID,
    PRODUCTS,
    TRAIT_NAMES,
)

DEFAULT: Final = BlueprintDocument(
    name="default",
    destination="webhook",
    title="As it is",
    description="Everything under the names it came with.",
)

BEHAMICS: Final = BlueprintDocument(
    name="behamics",
    destination="webhook",
    title="Behamics Signals",
    description='For `payload = "behamics"`: user attributes under the names of that payload.',
    traits=FieldRules(
        rename={name: TRAIT_NAMES[name] for name in TRAIT_NAMES if name != "company"}
    ),
)

CANONICAL_NAMES: Final = BlueprintDocument(
    name="canonical-names",
    destination="webhook",
    title="Canonical names",
    description="Events in Title Case, properties and traits in snake_case, whichever era they came from.",
    events=EventRules(rename={"Page Viewed": "page", **EVENT_NAMES}),
    properties=FieldRules(rename={"order_id": ORDER_ID, "revenue": AMOUNT, "products": PRODUCTS}),
    traits=FieldRules(rename=dict(TRAIT_NAMES)),
)

BLUEPRINTS: Final = (Blueprint(DEFAULT), Blueprint(BEHAMICS), Blueprint(CANONICAL_NAMES))
