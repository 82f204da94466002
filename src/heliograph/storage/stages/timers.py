"""Timers of stages: something is to be done for a key when its time has come.

A timer belongs to a partition and is set, fired and removed in transactions that move (or hold) the cursor
of that partition, so an engine that lost it changes no timer. Firing removes the timer in the transaction
of its effects: it fires once in effect, whenever a process is killed.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import msgspec


class Timer(msgspec.Struct, frozen=True, kw_only=True):
    """One timer; (partition, kind, key, id) name it."""

    partition: int
    kind: str
    """Whose it is: a stage fires its own kinds."""
    key: str
    """What it is about, e.g. a first profile id."""
    id: str = ""
    """Tells several of one kind and key apart."""
    due_at: int
    """Event time, UTC epoch milliseconds; moves when the machine's clock is set, see `Timers.shift`."""


class Timers(Protocol):
    """Timers by name."""

    def set(self, timers: Sequence[Timer]) -> None:
        """Set timers; one that exists gets the new time."""
        ...

    def remove(self, timers: Iterable[Timer]) -> None:
        """Remove timers by name, whatever their time; those that do not exist are left out."""
        ...

    def due(self, partition: int, *, until: int, limit: int) -> list[Timer]:
        """Return timers of a partition due at `until` or before, the earliest first."""
        ...

    def shift(self, *, after_ms: int, by_ms: int) -> int:
        """Move timers due later than `after_ms` by `by_ms`, no further back than 0; return how many.

        For a wall clock that was set. It moves no cursor; engines notice such a step by themselves and read
        their timers again.
        """
        ...

    def next_due(self, partitions: Collection[int]) -> dict[int, int]:
        """Return partition -> earliest time, of those that have timers; one query."""
        ...
