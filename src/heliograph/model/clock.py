"""Where the time comes from. Everything else takes a `Clock`, so that a replay gives the same bytes."""

import os
import time
from pathlib import Path
from typing import Final, Protocol

from heliograph.model.clock_steps import Sighting

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


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


class Sightings(Protocol):
    """Looks at all clocks of the machine at once."""

    def __call__(self) -> Sighting:
        """Return what they show now."""
        ...


class SystemSightings:
    """The machine's clocks, with the one that runs since its boot.

    Where the system does not tell its boots apart, each process counts as one: less is measured then, and
    retention waits for a person sooner.
    """

    def __init__(self) -> None:
        try:
            self._boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            self._boot_id = f"process {os.getpid()} {time.monotonic_ns()}"
        self._since_boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def __call__(self) -> Sighting:
        """Return what they show now."""
        return Sighting(
            wall_ms=time.time_ns() // 1_000_000,
            boot_id=self._boot_id,
            boot_ms=time.clock_gettime_ns(self._since_boot) // 1_000_000,
        )
