"""What a stage remembers: one bounded blob per key.

Written in the transaction of a batch, so it is fenced by the cursors that move in the same transaction:
an engine that lost a partition leaves no state behind.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

MOST_STATE_BYTES: Final = 65_536
"""A stage bounds what it keeps; a larger blob is a fault of ours."""


class State(msgspec.Struct, frozen=True, gc=False):
    """One blob and the layout it was written in."""

    version: int
    """Layout of the blob, from 1; a stage reads every layout it ever wrote."""
    value: bytes


class States(Protocol):
    """Blobs by (stage, key); the key is a first profile id or a session's."""

    def get_many(self, stage: str, keys: Iterable[str]) -> dict[str, State]:
        """Return the blobs that exist, by key; one query."""
        ...

    def put_many(self, stage: str, states: Mapping[str, State]) -> None:
        """Write whole blobs.

        Raises:
            InvariantBroken: one is larger than `MOST_STATE_BYTES`.
        """
        ...

    def drop(self, stage: str, keys: Iterable[str]) -> None:
        """Forget blobs."""
        ...
