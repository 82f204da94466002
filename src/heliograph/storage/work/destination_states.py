"""Which destinations are not sent to, and why."""

from typing import Protocol

import msgspec

from heliograph.model.delivery import DestinationState


class DestinationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a destination is being sent to; a row is absent while it is active."""

    destination: str
    """`<workspace>/<name>`."""
    state: DestinationState
    reason: str
    since: int


class DestinationStates(Protocol):
    """Paused and misconfigured destinations."""

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        ...

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        ...
