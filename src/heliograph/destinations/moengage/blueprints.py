"""Presets of MoEngage: standard user attributes under its `u_…` keys.

Source: MoEngage, "Data overview", standard attributes (copy of mid-2026).
"""

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
    ITEM_FIELDS,
    ORDER_ID,
    PRODUCTS,
    trait_sources,
)

_TRAITS: Final = FieldRules(
    rename=trait_sources(
        {
            "first_name": "u_fn",
            "last_name": "u_ln",
            "name": "u_n",
            "email": "u_em",
            "phone": "u_mb",
            "gender": "u_gd",
            "birthday": "u_bd",
        }
    )
)

DEFAULT: Final = BlueprintDocument(
    name="default",
    destination="moengage",
    title="Default",
    description="Standard user attributes under MoEngage's keys; events and their attributes as they are.",
    traits=_TRAITS,
)

RETAIL: Final = BlueprintDocument(
    name="retail",
    destination="moengage",
    title="Retail",
    description="As default, and shop events in Title Case with one name for amount, order and products, "
    "whichever naming era they came from.",
    events=EventRules(rename={"Page Viewed": "page", **EVENT_NAMES}),
    properties=FieldRules(
        rename={"order_id": ORDER_ID, "revenue": AMOUNT, "products": PRODUCTS},
        items={"products": FieldRules(rename=dict(ITEM_FIELDS))},
    ),
    traits=_TRAITS,
)

BLUEPRINTS: Final = (Blueprint(DEFAULT), Blueprint(RETAIL))
