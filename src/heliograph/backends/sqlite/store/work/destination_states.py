"""Paused and misconfigured destinations."""

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.work.destination_states import DestinationStatus


class SqliteDestinationStates:
    """See `storage.work.destination_states.DestinationStates`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        return {
            destination: DestinationStatus(
                destination=destination, state=state, reason=reason, since=since
            )
            for destination, state, reason, since in self._session.rows("destination_states")
        }

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        if status.state == "active":
            self._session.run("drop_destination_state", status.destination)
            return
        self._session.run(
            "set_destination_state", status.destination, status.state, status.reason, status.since
        )
