"""Leases: which of several processes does which part of a work, in fair shares.

A group of members (partitions of a reader, destinations of the courier) is shared among its live owners.
An owner shows that it lives by claiming again, which raises its `beat`. Nobody's life is judged by a wall
clock: who sees a beat that has not moved for the owner's `ttl_ms`, by a monotonic clock of its own, expels
that owner. So a clock that is set neither steals a lease nor freezes one. `lease_keeper` does that for
whoever holds leases.

Shares differ by one member at most: with M members and N owners, those first by name have one more. Who
holds more than its share is told so (`Share.surplus`) and gives that back as soon as it has nothing under
way there; who holds less takes what is free.

The epoch of a member rises with every change of hands. What is written on behalf of a lease is fenced by
it: see `holds`, and `Cursors.take`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A member in hand, with the epoch that fences it."""

    member: str
    epoch: int


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner holds after a claim."""

    quota: int
    """The fair share: how many it should hold."""
    held: tuple[Lease, ...]
    """In the order of the members asked for; what is surplus is among them until it is released."""
    surplus: tuple[str, ...] = ()
    """Members held beyond the fair share: `release` them when nothing is under way there."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A live owner of a group, as others see it."""

    owner: str
    beat: int
    """Rises with every claim of the owner."""
    ttl_ms: int
    """How long its silence is borne."""
    seen_at: int
    """Wall clock of its last claim, UTC epoch milliseconds; for people to read, not to judge by."""
    members: tuple[str, ...]
    """What it holds, sorted."""


class Leases(Protocol):
    """Members of named groups and who holds them."""

    def claim(
        self,
        group: str,
        owner: str,
        *,
        members: Sequence[str],
        now_ms: int,
        ttl_ms: int,
        anew: bool = False,
    ) -> Share:
        """Show that `owner` lives, keep what it holds, and take free members up to its fair share.

        What it holds outside `members` is released. With `anew`, what stands under its name already was
        held by a predecessor: it is kept with a new epoch.
        """
        ...

    def release(self, group: str, owner: str, members: Iterable[str] | None = None) -> None:
        """Give members back; None: all of them, and the owner is no longer counted among the living."""
        ...

    def expel(self, group: str, owner: str, *, beat: int) -> bool:
        """Free everything of an owner unless it has claimed since that beat; return whether it was done."""
        ...

    def holds(self, group: str, epochs: Mapping[str, int]) -> set[str]:
        """Return those members whose lease with this epoch still stands; the fence in a transaction."""
        ...

    def holders(self, group: str) -> list[Holder]:
        """Return the owners that were neither released nor expelled, sorted by name."""
        ...


def quota(owner: str, owners: Iterable[str], members: int) -> int:
    """Return how many of a number of members are an owner's fair share.

    Args:
        owner: one of `owners`.
        owners: all that live.
        members: how many there are to share.
    """
    ranked = sorted(set(owners))
    each, left = divmod(members, len(ranked))
    return each + (ranked.index(owner) < left)
