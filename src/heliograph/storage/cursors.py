"""Cursors: how far each named reader of the journal came, fenced by an epoch."""

from typing import Protocol

import msgspec


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A partition held by a reader: where it stands and the epoch that fences it."""

    partition: int
    position: int
    epoch: int


class Cursors(Protocol):
    """Committed places of named readers (`group`), with an epoch that rises whenever the owner changes."""

    def claim(
        self, group: str, owner: str, *, partitions: int, now_ms: int, ttl_ms: int
    ) -> list[Claim]:
        """Take or renew every partition that is free, expired, or already `owner`'s.

        The epoch rises only when the owner changes. Rows are made at position 0 on first use.
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

    def leased_until(self, group: str) -> int:
        """Return when the last lease of the group runs out, UTC epoch milliseconds; 0 when nothing is held.

        A reader that works renews its leases, so this tells from outside whether it does.
        """
        ...

    def release(self, group: str, owner: str) -> None:
        """Give up what `owner` holds, so that the next claim need not wait for the lease."""
        ...
