"""Who a journal and a store in memory are."""

from secrets import token_hex
from typing import Any

import msgspec

from heliograph.storage.identity import StoreIdentity


class MemoryLineage:
    """See `storage.identity.Lineage`."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._identity = StoreIdentity(store=token_hex(8))

    def get(self) -> StoreIdentity:
        """Return who the store is."""
        return self._identity

    def bind(self, journal: str, incarnation: str) -> None:
        """Say what the cursors count in from now on."""
        self._identity = msgspec.structs.replace(
            self._identity, journal=journal, incarnation=incarnation
        )

    def forget_effects(self, group: str) -> None:
        """Begin with new repositories for all that was made of events."""
        state = self._state
        for name in ("parked", "states", "timers", "outbox", "applied"):
            setattr(state, name, type(getattr(state, name))())
        state.profiles.forget_effects()
        state.readers.forget_places(group)
