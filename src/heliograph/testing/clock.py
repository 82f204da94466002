"""A clock that stands still until a test moves it."""

from heliograph.model.clock_steps import Sighting


class ManualClock:
    """See `model.clock.Clock`; wall and monotonic clock move together.

    Args:
        now_ms: UTC epoch milliseconds it starts at; by default 2026-01-01T00:00:00Z.
    """

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0

    def now_ms(self) -> int:
        """Return the wall clock."""
        return self._now_ms

    def monotonic_s(self) -> float:
        """Return the seconds it was advanced by since it was made."""
        return self._monotonic_ms / 1000

    def advance(self, *, ms: int = 0, s: float = 0) -> None:
        """Move both clocks forward; never back.

        Raises:
            ValueError: the sum is negative.
        """
        step = ms + round(s * 1000)
        if step < 0:
            raise ValueError(f"a clock is not moved back by advance: {step} ms")
        self._now_ms += step
        self._monotonic_ms += step

    def sighting(self) -> Sighting:
        """Return what both show, as one look at the clocks of a machine since one boot."""
        return Sighting(wall_ms=self._now_ms, boot_id="manual", boot_ms=self._monotonic_ms)

    def set_wall(self, now_ms: int) -> None:
        """Let the wall clock jump, also back, as an operator or NTP would; monotonic time stays."""
        self._now_ms = now_ms
