"""How many requests a workspace may still send: a token bucket per workspace.

The bucket holds one second's worth of requests and refills evenly, so a workspace with 500 requests/s
may send 500 at once after a quiet second and 500/s from then on.
"""

import math


class TokenBucket:
    """Allows `rate` requests per second with bursts of up to one second's worth (at least one).

    Times are seconds of a monotonic clock. Not thread-safe: it belongs to the event loop.
    """

    __slots__ = ("_at", "_capacity", "_rate", "_tokens")

    def __init__(self, rate: float, now_s: float) -> None:
        self._rate = rate
        self._capacity = max(1.0, rate)
        self._tokens = self._capacity
        self._at = now_s

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self._rate

    def take(self, now_s: float) -> bool:
        """Use one token; False when there is none."""
        tokens = self._tokens + (now_s - self._at) * self._rate
        self._at = now_s
        if tokens > self._capacity:
            tokens = self._capacity
        if tokens < 1.0:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1.0
        return True

    def wait_s(self) -> int:
        """Return whole seconds, at least 1, until there is a token again."""
        if self._rate <= 0:
            return 3600
        return max(1, math.ceil((1.0 - self._tokens) / self._rate))

    def change_rate(self, rate: float) -> None:
        """Adopt another rate without giving away a fresh burst."""
        self._rate = rate
        self._capacity = max(1.0, rate)
        self._tokens = min(self._tokens, self._capacity)
