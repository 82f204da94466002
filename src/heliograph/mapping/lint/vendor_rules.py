"""What engagement platforms trim, refuse or ignore, as far as a mapper decides it.

The destinations enforce the same limits when they send; `mapper lint` says it before anything is sent.
Sources, all copies of mid-2026: Datafly Signal "WebEngage" and WebEngage "REST API: tracking events";
MoEngage "Data API", "Data tracking policies"; Heap "Track", "Add user properties".
"""

from typing import Final

import msgspec


class VendorRules(msgspec.Struct, frozen=True, kw_only=True):
    """One platform's rules on names and values."""

    title: str
    name_max: int
    """Characters of an attribute's name; longer ones are cut."""
    event_name_max: int
    text_max: int
    """Characters of a text; longer ones are cut."""
    reserved_prefix: str = ""
    """Names that begin so (in any case) are the platform's own."""
    settable: frozenset[str] = frozenset()
    """User attributes with the reserved prefix that may be set all the same."""
    blocked_traits: frozenset[str] = frozenset()
    """Names of user attributes that are refused, lower-case."""
    per_type_max: int | None = None
    """Attributes of one data type in an event."""
    attributes_max: int | None = None
    """Attributes of an event."""
    list_max: int | None = None
    """Elements of a list."""
    platforms: frozenset[str] = frozenset({"web", "android", "ios", "api"})
    """Values of `platform` it knows; others are left out."""


VENDORS: Final[dict[str, VendorRules]] = {
    "webengage": VendorRules(
        title="WebEngage",
        name_max=50,
        event_name_max=50,
        text_max=1000,
        reserved_prefix="we_",
        per_type_max=25,
    ),
    "moengage": VendorRules(
        title="MoEngage",
        name_max=200,
        event_name_max=200,
        text_max=512,
        reserved_prefix="moe_",
        settable=frozenset(
            [
                *["moe_unsubscribe", "moe_spam", "moe_hard_bounce", "moe_sub_w"],
                *["moe_wa_subscription", "moe_sms_subscription", "moe_em_unsub_categories"],
                *["moe_email_optin_status", "moe_gaid", "moe_mobile"],
            ]
        ),
        blocked_traits=frozenset(["id", "_id", "status", "user_id", "source", "install", "update"]),
        attributes_max=100,
        list_max=50,
        platforms=frozenset({"web", "android", "ios"}),
    ),
    "heap": VendorRules(
        title="Heap",
        name_max=1023,
        event_name_max=1024,
        text_max=1023,
        blocked_traits=frozenset({"id"}),
    ),
}
"""By destination type."""
