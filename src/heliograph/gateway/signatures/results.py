"""What verification says, and what it looks at."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Part = Literal["secret", "header", "timestamp", "signature"]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The request is genuine."""

    secret: int
    """Index of the secret that matched: one that never does can be retired."""
    signed_at_ms: int | None = None
    """When the vendor signed it, UTC epoch milliseconds; None when its scheme has no time."""
    message_id: str | None = None
    """The vendor's id of this message, the same on its retries; None when its scheme has none."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The request is not accepted. Safe to show to its sender."""

    part: Part
    """`secret` is the operator's fault, the others the sender's."""
    message: str
    """What failed and what to check; never the expected value."""


Verification: TypeAlias = Verified | Failed


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """The request as far as it is signed."""

    method: str
    url: str
    """As the vendor was given it: scheme, host, path and query string."""
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    now_ms: int


def missing(header: str) -> Failed:
    """Return the failure of a request without the header its scheme needs."""
    return Failed(
        part="header",
        message=f"The header {header} is missing. Is signing switched on at the sender?",
    )


def mismatch(header: str, *, signs_url: bool = False) -> Failed:
    """Return the failure of a signature that belongs to another body, address or secret."""
    also = " or the public address of this source" if signs_url else ""
    return Failed(
        part="signature",
        message=f"The signature in {header} does not belong to this body and the configured secret. "
        f"Check the secret, and that nothing on the way changes the body{also}.",
    )
