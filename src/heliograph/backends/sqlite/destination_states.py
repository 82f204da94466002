"""Paused and misconfigured destinations."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from heliograph.backends.sqlite.schema import destination_states as table
from heliograph.backends.sqlite.session import Session
from heliograph.storage.destination_states import DestinationStatus


class SqliteDestinationStates:
    """See `storage.destination_states.DestinationStates`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        return {
            row.destination: DestinationStatus(
                destination=row.destination, state=row.state, reason=row.reason, since=row.since
            )
            for row in self._session.sa.execute(select(table).order_by(table.c.destination))
        }

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        if status.state == "active":
            self._session.sa.execute(delete(table).where(table.c.destination == status.destination))
            return
        values = {"state": status.state, "reason": status.reason, "since": status.since}
        self._session.sa.execute(
            insert(table)
            .values(destination=status.destination, **values)
            .on_conflict_do_update(index_elements=[table.c.destination], set_=values)
        )
