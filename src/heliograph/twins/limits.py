"""Whether a request is within the vendor's rate limit now; fixed or sliding windows, by key.

Pure but for its counters: the time is handed in, so that tests turn the clock themselves. A request that
is refused draws nothing.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final, Literal

import msgspec

WindowKind = Literal["fixed", "sliding"]

KEPT_WINDOWS: Final = 100_000  # counters kept before those of past windows are dropped


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` per `per_s` seconds for each key of a bucket; None means unlimited.

    A `fixed` window starts at whole multiples of `per_s` since the epoch (the vendor counts per
    calendar minute); a `sliding` one looks back from every request.
    """

    bucket: str
    amount: int | None
    per_s: int = 60
    window: WindowKind = "fixed"


class Draw(msgspec.Struct, frozen=True):
    """What a request takes: `cost` tokens of one key of one bucket."""

    bucket: str
    key: str = ""
    cost: int = 1


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the first bucket that refuses, else of the first one drawn from."""

    allowed: bool
    limit: int | None
    remaining: int | None
    reset_s: int
    """Whole seconds until the window gives again, at least 1."""


class _Counter:
    """Tokens used by one key in its window."""

    __slots__ = ("entries", "start_ms", "used")

    def __init__(self) -> None:
        self.start_ms = 0
        self.used = 0
        self.entries: deque[tuple[int, int]] = deque()

    def advance(self, limit: Limit, now_ms: int) -> None:
        """Forget what the window no longer covers."""
        length_ms = limit.per_s * 1000
        if limit.window == "fixed":
            start = now_ms - now_ms % length_ms
            if start != self.start_ms:
                self.start_ms, self.used = start, 0
            return
        while self.entries and self.entries[0][0] <= now_ms - length_ms:
            self.used -= self.entries.popleft()[1]

    def add(self, limit: Limit, now_ms: int, cost: int) -> None:
        """Count `cost` tokens at this moment."""
        self.used += cost
        if limit.window == "sliding":
            self.entries.append((now_ms, cost))

    def reset_s(self, limit: Limit, now_ms: int) -> int:
        """Return whole seconds until something is given back."""
        length_ms = limit.per_s * 1000
        if limit.window == "fixed":
            return max(1, ceil((self.start_ms + length_ms - now_ms) / 1000))
        if not self.entries:
            return 1
        return max(1, ceil((self.entries[0][0] + length_ms - now_ms) / 1000))


class Limits:
    """The limits of one twin; buckets without a limit allow everything."""

    def __init__(self, limits: Iterable[Limit]) -> None:
        self._documented = {limit.bucket: limit for limit in limits}
        self._limits = dict(self._documented)
        self._counters: dict[tuple[str, str], _Counter] = {}

    def current(self) -> list[Limit]:
        """Return the limits in force."""
        return list(self._limits.values())

    def override(
        self, per_minute: int | None, *, window: WindowKind = "fixed", bucket: str | None = None
    ) -> None:
        """Put `per_minute` (None: unlimited) on one bucket, or on all; counting starts anew."""
        for name in [bucket] if bucket is not None else list(self._documented):
            self._limits[name] = Limit(bucket=name, amount=per_minute, per_s=60, window=window)
        self._counters.clear()

    def restore(self) -> None:
        """Go back to the documented limits; counting starts anew."""
        self._limits = dict(self._documented)
        self._counters.clear()

    def take(self, draws: Sequence[Draw], now_ms: int) -> Allowance:
        """Draw all of `draws` or nothing.

        A draw that costs more than a whole window holds is refused like any other.
        """
        counted: list[tuple[Limit, _Counter, Draw]] = []
        for draw in draws:
            limit = self._limits.get(draw.bucket)
            if limit is None or limit.amount is None:
                continue
            counter = self._counter(draw, now_ms)
            counter.advance(limit, now_ms)
            if counter.used + draw.cost > limit.amount:
                return self._state(limit, counter, now_ms, allowed=False)
            counted.append((limit, counter, draw))
        for limit, counter, draw in counted:
            counter.add(limit, now_ms, draw.cost)
        if not counted:
            return Allowance(allowed=True, limit=None, remaining=None, reset_s=1)
        limit, counter, _ = counted[0]
        return self._state(limit, counter, now_ms, allowed=True)

    def _counter(self, draw: Draw, now_ms: int) -> _Counter:
        place = (draw.bucket, draw.key)
        counter = self._counters.get(place)
        if counter is None:
            if len(self._counters) >= KEPT_WINDOWS:
                self._forget_past(now_ms)
            counter = self._counters[place] = _Counter()
        return counter

    def _forget_past(self, now_ms: int) -> None:
        for place, counter in list(self._counters.items()):
            limit = self._limits[place[0]]
            counter.advance(limit, now_ms)
            if counter.used == 0:
                del self._counters[place]

    @staticmethod
    def _state(limit: Limit, counter: _Counter, now_ms: int, *, allowed: bool) -> Allowance:
        amount = limit.amount or 0
        return Allowance(
            allowed=allowed,
            limit=amount,
            remaining=max(0, amount - counter.used),
            reset_s=counter.reset_s(limit, now_ms),
        )
