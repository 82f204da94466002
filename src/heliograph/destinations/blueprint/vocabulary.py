"""The names under which the same event, property or trait arrives, for the presets of blueprints.

Three naming eras of events live side by side: Title Case, snake_case and GA4. Traits come from tracking
SDKs (`first_name`, `firstName`) and, from Connected Sources mappers, under MoEngage's `u_…` keys.

Sources: Datafly Signal, "WebEngage" (event mapping table) and "Event specs: e-commerce"; Google,
"Recommended events" (GA4); MoEngage, "Data overview" (standard attributes); copies of mid-2026.
"""

from typing import Final

EVENT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "Signed Up": ("Signed Up", "signed_up", "sign_up"),
    "Logged In": ("Logged In", "logged_in", "login"),
    "Products Searched": ("Products Searched", "products_searched", "product_searched", "search"),
    "Product Viewed": ("Product Viewed", "product_viewed", "view_item"),
    "Product Added": ("Product Added", "product_added", "add_to_cart"),
    "Product Removed": ("Product Removed", "product_removed", "remove_from_cart"),
    "Checkout Started": ("Checkout Started", "checkout_started", "begin_checkout"),
    "Order Completed": ("Order Completed", "order_completed", "purchase"),
    "Order Refunded": ("Order Refunded", "order_refunded", "refund"),
}
"""Canonical name (Title Case) → every name it arrives under, itself first."""

AMOUNT: Final = ("revenue", "total", "value")
ORDER_ID: Final = ("order_id", "transaction_id")
PRODUCTS: Final = ("products", "items")
"""Order of preference of each (GA4 says value and items, older specifications total)."""

ITEM_FIELDS: Final = {
    "product_id": ("product_id", "item_id"),
    "product_name": ("product_name", "item_name"),
}

TRAIT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "first_name": ("first_name", "firstName", "firstname", "u_fn"),
    "last_name": ("last_name", "lastName", "lastname", "u_ln"),
    "name": ("name", "full_name", "fullName", "u_n"),
    "email": ("email", "Email", "email_address", "u_em"),
    "phone": ("phone", "Phone", "phone_number", "phoneNumber", "mobile", "u_mb"),
    "gender": ("gender", "Gender", "u_gd"),
    "birthday": (
        "birthday",
        "birth_date",
        "birthDate",
        "birthdate",
        "date_of_birth",
        "dob",
        "u_bd",
    ),
    "company": ("company.name", "company_name", "company"),
    "email_opt_in": ("email_opt_in", "emailOptIn", "email_consent"),
    "sms_opt_in": ("sms_opt_in", "smsOptIn", "sms_consent"),
    "whatsapp_opt_in": ("whatsapp_opt_in", "whatsappOptIn", "whatsapp_consent"),
    "rcs_opt_in": ("rcs_opt_in", "rcsOptIn"),
}
"""Canonical trait → every key it arrives under, in order of preference."""

GENDERS: Final[dict[str, str]] = {
    "m": "male",
    "male": "male",
    "man": "male",
    "f": "female",
    "female": "female",
    "woman": "female",
    "w": "female",
    "o": "other",
    "other": "other",
    "others": "other",
}
"""What people mean by a letter or a word, in lower case."""
OTHER_GENDERS: Final = frozenset(
    ["nonbinary", "non-binary", "non binary", "nb", "diverse", "divers", "d", "x", "third gender"]
)
"""Words of their own for what vendors only know as other, in lower case."""


def trait_sources(targets: dict[str, str]) -> dict[str, str | tuple[str, ...]]:
    """Return rename rules `vendor's key ← keys`, the vendor's own spelling last.

    Args:
        targets: canonical trait → the vendor's key.
    """
    return {key: tuple(dict.fromkeys((*TRAIT_NAMES[trait], key))) for trait, key in targets.items()}
