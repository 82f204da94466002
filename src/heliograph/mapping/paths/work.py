"""How much may following paths cost? A count of what is looked at, no clock: it is the same anywhere.

One unit is one value looked at: a child of a wildcard, slice or filter, a place that `..` visits, a value
compared inside a filter. A unit takes 0.05 to 0.3 µs on a machine of 2024; what takes longer counts as more.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from heliograph.errors import InputError

DEFAULT_WORK: Final = 1_000_000
"""Units one payload may cost; a megabyte of JSON holds at most half a million values."""

PAUSED_AFTER: Final = 5_000
"""Units between two calls of a `Work`'s pause; a millisecond or so."""
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
    """What is left of a payload's share.

    Args:
        limit: units.
        pause: called after every `PAUSED_AFTER` units or so, where others wait for the interpreter.
    """

    __slots__ = ("_mark", "_pause", "left", "limit")

    def __init__(
        self, limit: int = DEFAULT_WORK, pause: Callable[[], object] | None = None
    ) -> None:
        self.limit = limit
        self.left = limit
        self._pause = pause
        self._mark = 0 if pause is None else max(0, limit - PAUSED_AFTER)

    def spend(self, units: int) -> None:
        """Take units off.

        Raises:
            TooMuchWork: nothing is left.
        """
        self.left -= units
        if self.left < self._mark:
            self._pass_mark()

    def _pass_mark(self) -> None:
        if self.left < 0:
            raise TooMuchWork("", limit=self.limit)
        if self._pause is not None:
            self._pause()
        self._mark = max(0, self.left - PAUSED_AFTER)


NewWork: TypeAlias = Callable[[int], Work]
"""Makes the share of one payload, of so many units."""


def unbounded() -> Work:
    """Return a share that is never used up, for documents of one's own."""
    return Work(1 << 62)
