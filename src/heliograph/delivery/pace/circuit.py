"""A circuit breaker: a destination that does not answer is asked now and then, not all the time. Pure.

- closed: sending as fast as the budget allows.
- open, after `failures` requests in a row without a usable answer: nothing is sent for a while. The wait
  doubles from `first_s` to `cap_s` as long as probes fail.
- half open, when that has passed: `probes` requests may be in flight. The first answer closes the circuit.
- After that the requests allowed in flight double with every answer, so that a destination that comes back
  is not met by everything that waited. What waits for a retry because nobody answered is due at once.

No answer (time-out, refused connection) and the answers by which a proxy says that nobody is behind it
(502, 503, 504) count; any other answer, even a 500, shows a destination at work: one event it cannot digest
must not hold up the others. Only the deliveries that serve as probes spend a retry; the rest just waits.
"""

from typing import Final, Literal

from heliograph.delivery.settings import CircuitSettings

CircuitState = Literal["closed", "open", "half_open"]

NOBODY_THERE: Final = frozenset({502, 503, 504})
"""Statuses that count as no answer."""
WISH_MAX_S: Final = 3600.0
"""Longest wait that a destination can ask for between probes."""


class Circuit:
    """The circuit of one destination. Times are monotonic seconds, given by the caller.

    Args:
        settings: when it opens and for how long.
    """

    def __init__(self, settings: CircuitSettings) -> None:
        self._settings = settings
        self._failures = 0
        self._opened_at: float | None = None
        self._backoff_s = 0.0
        self._wait_s = 0.0
        self._ramp: int | None = None

    def state(self, *, now: float) -> CircuitState:
        """Return the state; `closed` also while the number in flight still grows back."""
        if self._opened_at is None:
            return "closed"
        return "open" if now < self._opened_at + self._wait_s else "half_open"

    def wait_s(self, *, now: float) -> float:
        """Return how long nothing may be sent; 0 when something may."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._wait_s - now)

    def allowed(self, *, now: float) -> int | None:
        """Return how many deliveries may be in hand: 0 while open, None for no bound of the circuit."""
        if self._opened_at is None:
            return self._ramp
        return 0 if now < self._opened_at + self._wait_s else self._settings.probes

    def holds_back(self, *, since: float, now: float) -> bool:
        """Tell whether a turn that began at `since` must not send: only those begun to probe may."""
        if self._opened_at is None:
            return False
        return since < self._opened_at or now < self._opened_at + self._wait_s

    def answered(self, *, most: int) -> bool:
        """Note an answer; return whether it closed the circuit.

        Args:
            most: requests in flight at which the ramp ends.
        """
        self._failures = 0
        closed = self._opened_at is not None
        if closed:
            self._opened_at, self._ramp = None, self._settings.probes
        if self._ramp is not None:
            self._ramp *= 2
            if self._ramp >= most:
                self._ramp = None
        return closed

    def failed(self, *, began: float, now: float, wish_s: float | None = None) -> bool:
        """Note a request without an answer; return whether that opened the circuit, or opened it again.

        Args:
            began: when the request was sent; one from before the circuit opened says nothing new.
            now: when it failed.
            wish_s: how long to wait, as a 503 with `Retry-After` asks; an hour of it is heeded.
        """
        if self._opened_at is not None:
            if began < self._opened_at + self._wait_s:
                return False
            self._backoff_s = min(self._settings.cap_s, self._backoff_s * 2)
        else:
            self._failures += 1
            if self._failures < self._settings.failures:
                return False
            self._backoff_s = self._settings.first_s
        self._wait_s = max(self._backoff_s, min(wish_s or 0.0, WISH_MAX_S))
        self._opened_at = now
        return True
