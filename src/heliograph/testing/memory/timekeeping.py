"""What is remembered of the machine's clocks, in memory."""

from heliograph.model.clock_steps import ClockRecord


class MemoryTimekeeping:
    """See `storage.timekeeping.Timekeeping`."""

    def __init__(self) -> None:
        self._record: ClockRecord | None = None

    def get(self) -> ClockRecord | None:
        """Return the record, or None when nobody has looked yet."""
        return self._record

    def put(self, record: ClockRecord) -> None:
        """Replace it."""
        self._record = record
