"""Events of workspaces that this store has never had a configuration of.

They are neither applied nor lost: the cursor passes them, their places are kept here, and they are applied
in their order, before anything newer of their workspace, as soon as the configuration is there. Retention
does not remove them from the journal.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec


class ParkedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parked event stands in the journal."""

    partition: int
    position: int
    workspace: str


class Parked(Protocol):
    """Places of parked events."""

    def put(self, places: Sequence[ParkedPlace]) -> None:
        """Park events; one that is parked stays."""
        ...

    def waiting(self, partitions: Collection[int]) -> dict[int, set[str]]:
        """Return partition -> workspaces that have events parked there; one query."""
        ...

    def page(self, partition: int, workspace: str, *, limit: int) -> list[int]:
        """Return the lowest positions of a workspace's events in a partition."""
        ...

    def take(self, partition: int, workspace: str, *, until: int) -> int:
        """Forget those up to position `until`: they are being applied. Returns how many."""
        ...

    def counts(self) -> dict[str, int]:
        """Return workspace -> number of parked events."""
        ...

    def firsts(self) -> dict[int, int]:
        """Return partition -> lowest position that is parked there."""
        ...
