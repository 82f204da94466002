"""Paused and misconfigured destinations, in memory."""

from heliograph.storage.work.destination_states import DestinationStatus


class MemoryDestinationStates:
    """See `storage.work.destination_states.DestinationStates`."""

    def __init__(self) -> None:
        self._states: dict[str, DestinationStatus] = {}

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        return dict(sorted(self._states.items()))

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        if status.state == "active":
            self._states.pop(status.destination, None)
        else:
            self._states[status.destination] = status
