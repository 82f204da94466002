"""How much may one payload hold, and how much may it cost to map?"""

from typing import Final

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.paths.work import DEFAULT_WORK

DEFAULT_ITEMS: Final = 5_000
"""Items of one batch, where nothing else is said."""


class Limits(msgspec.Struct, frozen=True):
    """What a mapper takes of one payload; more is refused as a whole."""

    items: int | None = DEFAULT_ITEMS
    """Items of a batch; None: any number."""
    work: int = DEFAULT_WORK
    """Values that may be looked at, see `paths.work`."""


DEFAULT: Final = Limits()

OF_STORED: Final = Limits(items=None, work=1_000 * DEFAULT_WORK)
"""For requests that were taken already: whatever they held once, they can be mapped again."""


def too_many_items(found: int, allowed: int) -> InputError:
    """Return the 413 of a batch that holds more items than one request may."""
    return InputError(
        "batch.too_large",
        f"the request holds {found:,} items, and {allowed:,} is the most that one request may hold",
        status=413,
        where="body",
        found=f"a batch of {found:,} items",
        allowed=f"at most {allowed:,} items",
        hint="Send the batch in several requests.",
    )
