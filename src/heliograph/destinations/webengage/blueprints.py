"""Presets of WebEngage: the event and property mapping of Datafly Signal's WebEngage page (mid-2026).

Names that are not listed pass under their own.
"""

from typing import Final

import msgspec

from heliograph.destinations.blueprint.document import (
    BlueprintDocument,
    EventRules,
    FieldRules,
    Sources,
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

_OWN_NAMES: Final = {
    "Products Searched": "Searched",
    "Product Added": "Added to Cart",
    "Product Removed": "Removed from Cart",
}
"""Events that WebEngage's page calls otherwise; the others keep their Title Case name."""

_EVENTS: Final[dict[str, Sources]] = {
    "Page Viewed": "page",
    **{_OWN_NAMES.get(name, name): aliases for name, aliases in EVENT_NAMES.items()},
}

_ADDRESS: Final[dict[str, Sources]] = {
    "city": ("city", "City", "address.city"),
    "region": ("region", "Region", "state", "State", "address.region", "address.state"),
    "country": ("country", "Country", "address.country"),
    "postalCode": (
        *("postal_code", "postalCode", "postcode", "zip", "zip_code", "zipCode"),
        *("address.postal_code", "address.postalCode", "address.zip"),
    ),
    "locality": ("locality", "address.locality"),
}
"""Root fields of a user; `address` is a trait of the Segment specification ("Identify", mid-2026)."""

DEFAULT: Final = BlueprintDocument(
    name="default",
    destination="webengage",
    title="Default",
    description="Shop events and standard user attributes under WebEngage's names; the rest as it is.",
    events=EventRules(rename=_EVENTS),
    properties=FieldRules(
        rename={"orderId": ORDER_ID, "amount": AMOUNT, "products": PRODUCTS},
        items={"products": FieldRules(rename=dict(ITEM_FIELDS))},
    ),
    traits=FieldRules(
        rename=trait_sources(
            {
                "first_name": "firstName",
                "last_name": "lastName",
                "email": "email",
                "phone": "phone",
                "gender": "gender",
                "birthday": "birthDate",
                "company": "company",
                "name": "name",
                "email_opt_in": "emailOptIn",
                "sms_opt_in": "smsOptIn",
                "whatsapp_opt_in": "whatsappOptIn",
                "rcs_opt_in": "rcsOptIn",
            }
        )
        | _ADDRESS
    ),
)

VIEWED_PAGES: Final = msgspec.structs.replace(
    DEFAULT,
    name="viewed-pages",
    title="Default, page names in the event",
    description="As default, but a page is `Viewed <category> <name> page`, for accounts "
    "that were fed by a hub which names pages so.",
    events=EventRules(
        rename={name: sources for name, sources in _EVENTS.items() if name != "Page Viewed"},
        page_names="viewed",
    ),
)

BLUEPRINTS: Final = (Blueprint(DEFAULT), Blueprint(VIEWED_PAGES))
