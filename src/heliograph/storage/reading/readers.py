"""The readers of the journal: which groups there are, how far they came, and what they missed.

Retention trims the journal no further than the slowest registered group has read. A group is registered
when it first takes partitions and stays so until a person forgets it, so one that is only stopped for a
while loses nothing.
"""

from typing import Protocol

import msgspec


class ReaderGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One registered group of readers."""

    name: str
    registered_at: int
    seen_at: int
    """When one of it last showed that it works, UTC epoch milliseconds."""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """That a person has looked at a gap and leaves it as it is."""

    at: int
    """UTC epoch milliseconds."""
    who: str
    reason: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Events that were gone from the journal before a group had read them."""

    group: str
    partition: int
    first: int
    last: int
    """Positions, both included."""
    found_at: int
    acknowledged: Acknowledgement | None = None
    """None: nobody has yet."""

    @property
    def events(self) -> int:
        """How many events were gone."""
        return self.last - self.first + 1


class Readers(Protocol):
    """The registry of reader groups."""

    def seen(self, group: str, *, now_ms: int) -> None:
        """Register a group, or note that it works."""
        ...

    def forget(self, group: str) -> bool:
        """Remove a group with its cursors and gaps; False: there is none. Retention goes on without it."""
        ...

    def all(self) -> list[ReaderGroup]:
        """Return the groups, by name."""
        ...

    def note_gap(self, gap: Gap) -> None:
        """Remember what a group will never read; one that began at the same place is widened.

        One that is found again at another time, or is wider than it was, is a new loss: what was
        acknowledged of the old one does not cover it.
        """
        ...

    def acknowledge_gaps(self, group: str, acknowledgement: Acknowledgement) -> None:
        """Note that a person has looked at all gaps of a group; of one acknowledged before, that stays."""
        ...

    def gaps(self, group: str) -> list[Gap]:
        """Return the gaps of a group, by partition and position."""
        ...
