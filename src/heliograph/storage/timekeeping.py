"""What is remembered of the machine's clocks, so that a step is noticed across restarts."""

from typing import Protocol

from heliograph.model.clock_steps import ClockRecord


class Timekeeping(Protocol):
    """One record; see model/clock_steps.py."""

    def get(self) -> ClockRecord | None:
        """Return it, or None when nobody has looked yet."""
        ...

    def put(self, record: ClockRecord) -> None:
        """Replace it."""
        ...
