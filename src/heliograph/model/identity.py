"""Who an event is about: identifiers, the values that are none, and first profile ids.

Source of the blocked values: MoEngage, "what unique ID values does the system accept" (copy of mid-2026),
listed in reference/moengage.md 2.7; we apply the list to customer ids only.
"""

import hashlib
from typing import Final, Literal

IdentityKind = Literal["customer", "anonymous"]

BLOCKED_VALUES: Final[frozenset[str]] = frozenset(
    [
        *["", '""', "0", "1", "2", "-1", "-2", "customer_id", "dummy_seller_code", "false"],
        *["guest", "id", "n/a", "na", "none", "null", "true", "uid", "undefined", "unknown"],
        *["(empty)", "user_attribute_unique_id", "user_id", "userid"],
    ]
)


def is_blocked(value: str) -> bool:
    """Tell whether a customer id is a placeholder that stands for nobody (case-insensitive, trimmed)."""
    return value.strip().lower() in BLOCKED_VALUES


def first_profile_id(workspace: str, kind: IdentityKind, value: str) -> str:
    """Return `pid0`: a stateless id `p_<24 hex>` that is the same on every machine and never changes."""
    digest = hashlib.blake2b(
        f"{workspace}\x00{kind}\x00{value}".encode("utf-8", "surrogatepass"), digest_size=12
    )
    return f"p_{digest.hexdigest()}"
