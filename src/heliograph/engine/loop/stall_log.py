"""What the engine says when journal or store hold it up: at once when it changes, then rarely."""

from typing import Final

from heliograph.engine.metrics import STALLED
from heliograph.errors import StoreCorrupt, StoreError
from heliograph.model.clock import Clock
from heliograph.telemetry.logs import get_logger

log = get_logger("engine")
AGAIN_S: Final = 600.0
"""After how many seconds a stall that lasts is said once more."""


class StallLog:
    """Tells a stall, which only a person ends, from a wait that ends by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._code: str | None = None
        self._waits_for: str | None = None
        self._again_at = 0.0
        self.partitions: dict[int, float] = {}
        """Partitions that cannot be read -> when to try again, by the monotonic clock."""

    @property
    def stalls(self) -> bool:
        """Whether something holds the engine up that only a person ends."""
        return self._code is not None or bool(self.partitions)

    def held_up(self, error: StoreError) -> None:
        """Say what holds the engine up: `engine waits` each time, `engine stalled` when it is news."""
        if not isinstance(error, StoreCorrupt):
            self._waits_for = error.code
            log.warning("engine waits", code=error.code, reason=str(error))
            return
        now_s = self._clock.monotonic_s()
        # Its words hold numbers that move; it is another stall when its code is another.
        if error.code == self._code and now_s < self._again_at:
            return
        self._code, self._again_at = error.code, now_s + AGAIN_S
        log.error("engine stalled", code=error.code, reason=str(error))

    def waited(self) -> None:
        """Say that a wait which ended by itself is over, if there was one; a stall may go on."""
        if self._waits_for is not None:
            log.info("engine goes on", waited_for=self._waits_for)
            self._waits_for = None

    def goes_on(self) -> None:
        """Say that a stall is over, if there was one."""
        if self._code is not None:
            log.warning("engine goes on", stalled_by=self._code)
            self._code = None

    def cannot_read(self, partition: int, error: StoreCorrupt, again_s: float) -> None:
        """Say that a partition cannot be read; others go on, and this one rests for so long."""
        self.partitions[partition] = self._clock.monotonic_s() + again_s
        STALLED.set(len(self.partitions))
        log.error("partition stalled", partition=partition, reason=str(error))

    def can_read(self, partition: int) -> None:
        """Note that a partition was read."""
        if self.partitions.pop(partition, None) is not None:
            STALLED.set(len(self.partitions))

    def rests(self, partition: int) -> bool:
        """Whether it is too early to try a partition again."""
        return self.partitions.get(partition, 0.0) > self._clock.monotonic_s()
