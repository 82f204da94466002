"""Which values make a dictionary: one of each shape that is met.

Values of a kind differ in few places only when their senders, mappers and destinations are few. So a
dictionary is made of whole values, the fewest with which the newest ones pack well; there is nothing to
train, and what is new in the data gets its exemplar when a dictionary is made again.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from heliograph.backends.sqlite.packing.codec import SHORTEST, Codec
from heliograph.backends.sqlite.packing.entropy import TABLES

REMEMBERED: Final = 64
"""Values to choose from."""
LONGEST: Final = 4 << 10
"""Bytes of a value to choose; longer ones are cut."""
LARGEST: Final = 16 << 10
"""Bytes of the exemplars of a dictionary, about."""
WELL: Final = 3
"""A value that packs to a third needs no exemplar of its own."""
FIRST_AFTER: Final = 16
"""Values of a kind before it gets its first dictionary."""
LOOK_EVERY: Final = 4_096
"""Values between two looks whether another dictionary would be better."""
BETTER: Final = 0.8
"""So much smaller must the newest values pack with another dictionary."""
A_DAY_MS: Final = 86_400_000
"""A dictionary holds what persons sent; it is made anew each day, so that it can go when they do."""
DAILY_AFTER: Final = 64
"""Values with the present one at least, before it is made anew for its age."""


class Exemplars:
    """The newest values of one kind, and whether they ask for another dictionary. Not thread-safe."""

    def __init__(self) -> None:
        self._offered: bytes | None = None
        self._newest: deque[bytes] = deque(maxlen=REMEMBERED)
        self._since = 0
        self._look_at = FIRST_AFTER

    def seen(self, values: Sequence[bytes]) -> None:
        """Take note of values that were packed."""
        self._since += len(values)
        self._newest.extend([value[:LONGEST] for value in values[-REMEMBERED:]])

    def wanted(self, current: Codec, *, age_ms: int) -> bytes | None:
        """Return the content of a dictionary to use from now on, or None to keep the present one.

        Args:
            current: the present one. When it is not what was returned before, that was rolled back, or
                another process was quicker: then it is looked at once.
            age_ms: of the present one.
        """
        if self._offered not in (None, current.content):
            self._since = self._look_at
        self._offered = None
        old = age_ms >= A_DAY_MS and self._since >= DAILY_AFTER
        if self._since < self._look_at and not old:
            return None
        self._look_at = self._since + LOOK_EVERY
        half = len(self._newest) // 2
        # Judged by others than those to choose from: an exemplar itself packs to nothing.
        others, candidates = list(self._newest)[:half], list(self._newest)[half:]
        found = chosen(candidates)
        if not found or not (
            old or _size(Codec(1, found), others) < BETTER * _size(current, others)
        ):
            return None
        self._since, self._look_at = 0, LOOK_EVERY
        self._offered = found
        return found


def _size(codec: Codec, values: Sequence[bytes]) -> int:
    return sum(map(len, codec.pack(values)))


def chosen(values: Sequence[bytes]) -> bytes:
    """Return a dictionary of the fewest of the values, the newest last, with which the others pack well.

    It is empty when there are none to choose from.
    """
    content = b""
    codec = Codec()
    for value in reversed(values):
        if len(value) < SHORTEST or len(codec.pack([value])[0]) * WELL <= len(value):
            continue
        content = value + content
        codec = Codec(1, TABLES + content)
        if len(content) >= LARGEST:
            break
    return codec.content
