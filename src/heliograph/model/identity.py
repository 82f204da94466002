"""Who an event is about: kinds of identifiers, and first profile ids."""

import hashlib
from typing import Literal

IdentityKind = Literal["customer", "anonymous"]


def first_profile_id(workspace: str, kind: IdentityKind, value: str) -> str:
    """Return `pid0`: a stateless id `p_<24 hex>` that is the same on every machine and never changes."""
    digest = hashlib.blake2b(
        f"{workspace}\x00{kind}\x00{value}".encode("utf-8", "surrogatepass"), digest_size=12
    )
    return f"p_{digest.hexdigest()}"
