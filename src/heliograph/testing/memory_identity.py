"""Who a journal and a store in memory are."""

from secrets import token_hex

import msgspec

from heliograph.storage.identity import StoreIdentity


class MemoryLineage:
    """See `storage.identity.Lineage`."""

    def __init__(self) -> None:
        self._identity = StoreIdentity(store=token_hex(8))

    def get(self) -> StoreIdentity:
        """Return who the store is."""
        return self._identity

    def bind(self, journal: str, incarnation: str) -> None:
        """Say what the cursors count in from now on."""
        self._identity = msgspec.structs.replace(
            self._identity, journal=journal, incarnation=incarnation
        )
