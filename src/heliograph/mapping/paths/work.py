"""How much may following paths cost? A count of what is looked at, no clock: it is the same anywhere.

One unit is one value looked at: a child of a wildcard, slice or filter, a place that `..` visits, a value
compared inside a filter. A unit takes 0.05 to 0.3 µs on a machine of 2024; what takes longer counts as more.
"""

from typing import Final

from heliograph.errors import InputError

DEFAULT_WORK: Final = 1_000_000
"""Units one payload may cost; a megabyte of JSON holds at most half a million values."""

PATTERN: Final = 5
"""Units of a regular expression of the mapper on one text, and one more for each 16 characters."""
PAYLOAD_PATTERN: Final = 50
"""Units of a regular expression that comes with the payload, for each character: it must be compiled."""
PAYLOAD_TEXT: Final = 8
"""Units of such a one for each character of the text: made for it, the engine takes its slow way."""


class TooMuchWork(InputError):
    """A payload asks for more than its share; `where` is the path at which it was used up."""

    def __init__(self, path: str, *, limit: int, of: str = "") -> None:
        super().__init__(
            "mapper.work_exceeded",
            "The provided payload is invalid",
            where=path,
            found=f"a payload that takes more than {limit:,} steps to map"
            + (f" with {of}" if of else ""),
            allowed=f"at most {limit:,} values looked at",
            hint="Send less in one request, or let the mapper's path lead to the values without `..`, "
            "filters and wildcards.",
        )
        self.limit = limit


class Work:
    """What is left of a payload's share."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = DEFAULT_WORK) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, units: int) -> None:
        """Take units off.

        Raises:
            TooMuchWork: nothing is left.
        """
        self.left -= units
        if self.left < 0:
            raise TooMuchWork("", limit=self.limit)


def unbounded() -> Work:
    """Return a share that is never used up, for documents of one's own."""
    return Work(1 << 62)
