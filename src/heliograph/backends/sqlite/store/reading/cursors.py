"""Committed places of named readers, fenced by an epoch."""

from collections.abc import Iterable

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.reading.cursors import Claim, Place


class SqliteCursors:
    """See `storage.reading.cursors.Cursors`; a group is a `reader` in the table."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, group: str, partitions: Iterable[int]) -> list[Claim]:
        """Return the places of partitions, with raised epochs; rows are made on first use."""
        wanted = sorted(set(partitions))
        if not wanted:
            return []
        self._session.run_rows("take_cursors", [(group, partition, 0, 1) for partition in wanted])
        rows = {row[0]: row for row in self._session.rows("places", group)}
        return [
            Claim(partition=partition, position=rows[partition][1], epoch=rows[partition][2])
            for partition in wanted
        ]

    def advance(
        self,
        group: str,
        partition: int,
        *,
        old: int,
        new: int,
        epoch: int,
        anchor: str | None = None,
    ) -> bool:
        """Move from `old` to `new` if `epoch` still holds."""
        return self._session.run("advance", new, anchor, group, partition, old, epoch) == 1

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place and raise the epoch; the row is made when there is none."""
        self._session.run("reset_cursor", group, partition, position)

    def places(self, group: str) -> dict[int, Place]:
        """Return partition -> place."""
        return {
            partition: Place(position=position, anchor=anchor, rewound=rewound)
            for partition, position, _, anchor, rewound in self._session.rows("places", group)
        }

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position."""
        return {row[0]: row[1] for row in self._session.rows("places", group)}
