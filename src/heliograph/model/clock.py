"""Where the time comes from. Everything else takes a `Clock`, so that a replay gives the same bytes."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall clock for what is stored, monotonic clock for what is measured."""

    def now_ms(self) -> int:
        """Return the UTC wall clock in epoch milliseconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Return the UTC wall clock in epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return the machine's monotonic clock in seconds."""
        return time.monotonic()
