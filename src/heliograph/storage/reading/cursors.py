"""Cursors: how far each named reader of the journal came, fenced by an epoch.

Who reads a partition is decided by `Leases`; whoever got one takes its cursor, which fences off everybody
who took it before.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A partition held by a reader: where it stands and the epoch that fences it."""

    partition: int
    position: int
    epoch: int


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader stands in one partition."""

    position: int
    anchor: str | None = None
    """Id of the event at `position`; None when nobody said it (since the last reset)."""
    rewound: int = 0
    """Positions that resets took back in all: what was read again, or is to be."""


class Cursors(Protocol):
    """Committed places of named readers (`group`), each with an epoch."""

    def take(self, group: str, partitions: Iterable[int]) -> list[Claim]:
        """Return the places of partitions, in their order, and fence off whoever took them before.

        Raises every epoch. Rows are made at position 0 on first use.
        """
        ...

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
        """Move from `old` to `new` if `epoch` still holds; False means: roll back, you were fenced off.

        Args:
            group: of readers.
            partition: of the journal.
            old: where the caller believes to stand.
            new: where it stands from now on.
            epoch: of its claim.
            anchor: id of the event at `new`, by which `storage.lineage` knows the journal again; None keeps
                it where the place stays, and forgets it where it moves.
        """
        ...

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place for a replay; raises the epoch so that a running reader is fenced off.

        What it takes back is added to the place's `rewound`.
        """
        ...

    def places(self, group: str) -> dict[int, Place]:
        """Return partition -> place; empty when the group never ran."""
        ...

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position; empty when the group never ran."""
        ...
