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


class Cursors(Protocol):
    """Committed places of named readers (`group`), each with an epoch."""

    def take(self, group: str, partitions: Iterable[int]) -> list[Claim]:
        """Return the places of partitions, in their order, and fence off whoever took them before.

        Raises every epoch. Rows are made at position 0 on first use.
        """
        ...

    def advance(self, group: str, partition: int, *, old: int, new: int, epoch: int) -> bool:
        """Move from `old` to `new` if `epoch` still holds; False means: roll back, you were fenced off."""
        ...

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place for a replay; raises the epoch so that a running reader is fenced off."""
        ...

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position; empty when the group never ran."""
        ...
