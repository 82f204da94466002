"""Reader groups with their gaps, and the places of parked events."""

from collections.abc import Collection, Sequence

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Acknowledgement, Gap, ReaderGroup


class SqliteReaders:
    """See `storage.reading.readers.Readers`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen(self, group: str, *, now_ms: int) -> None:
        """Register a group, or note that it works."""
        self._session.run("reader_seen", group, now_ms, now_ms)

    def forget(self, group: str) -> bool:
        """Remove a group with its cursors and gaps."""
        self._session.run("forget_cursors", group)
        self._session.run("forget_gaps", group)
        return self._session.run("forget_reader", group) > 0

    def all(self) -> list[ReaderGroup]:
        """Return the groups, by name."""
        return [
            ReaderGroup(name=name, registered_at=registered_at, seen_at=seen_at)
            for name, registered_at, seen_at in self._session.rows("all_readers")
        ]

    def note_gap(self, gap: Gap) -> None:
        """Remember what a group will never read."""
        self._session.run("note_gap", gap.group, gap.partition, gap.first, gap.last, gap.found_at)

    def acknowledge_gaps(self, group: str, acknowledgement: Acknowledgement) -> None:
        """Note that a person has looked at all gaps of a group."""
        said = acknowledgement
        self._session.run("acknowledge_gaps", said.at, said.who, said.reason, group)

    def gaps(self, group: str) -> list[Gap]:
        """Return the gaps of a group."""
        return [
            Gap(
                group=group,
                partition=partition,
                first=first,
                last=last,
                found_at=found_at,
                acknowledged=None if at is None else Acknowledgement(at=at, who=who, reason=reason),
            )
            for partition, first, last, found_at, at, who, reason in self._session.rows(
                "gaps_of", group
            )
        ]


class SqliteParked:
    """See `storage.reading.parked.Parked`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, places: Sequence[ParkedPlace]) -> None:
        """Park events."""
        self._session.run_rows("park", [(p.partition, p.workspace, p.position) for p in places])

    def waiting(self, partitions: Collection[int]) -> dict[int, set[str]]:
        """Return partition -> workspaces with events parked there."""
        found: dict[int, set[str]] = {}
        for partition, workspace in self._session.rows_in("parked_workspaces", partitions):
            found.setdefault(partition, set()).add(workspace)
        return found

    def page(self, partition: int, workspace: str, *, limit: int) -> list[int]:
        """Return the lowest positions."""
        rows = self._session.rows("parked_page", partition, workspace, limit)
        return [row[0] for row in rows]

    def take(self, partition: int, workspace: str, *, until: int) -> int:
        """Forget those up to position `until`."""
        return self._session.run("take_parked", partition, workspace, until)

    def counts(self) -> dict[str, int]:
        """Return workspace -> number of parked events."""
        return dict(self._session.rows("count_parked"))

    def firsts(self) -> dict[int, int]:
        """Return partition -> lowest parked position."""
        return dict(self._session.rows("first_parked"))
