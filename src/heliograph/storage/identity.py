"""Who a journal and a store are, so that each knows the other again; see `storage.lineage`."""

from typing import Protocol

import msgspec


class JournalIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a journal is."""

    journal: str
    """For life; copies of it have the same."""
    incarnation: str
    store: str | None
    """The store that reads it; None until the first one was made."""


class StoreIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a store is, and what its cursors were counted in."""

    store: str
    """For life; copies of it have the same."""
    journal: str | None = None
    incarnation: str | None = None
    """None, both: it has not read any journal yet."""


class Lineage(Protocol):
    """The repository of the store's identity."""

    def get(self) -> StoreIdentity:
        """Return who this store is."""
        ...

    def bind(self, journal: str, incarnation: str) -> None:
        """Say that from now on the cursors count in this incarnation of this journal."""
        ...

    def forget_effects(self, group: str) -> None:
        """Forget what a group of readers made of events, so that it can be made anew.

        That is what was applied, profiles and merges by events, states and timers of stages, derived and
        parked events, places and gaps. Deliveries, configuration, and merges and un-merges by a person stay.
        """
        ...
