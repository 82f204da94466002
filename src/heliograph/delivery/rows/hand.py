"""What a lane has in hand: a delivery with the person it is about, and what a turn of it came to."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from heliograph.destinations.base import Person
from heliograph.model.delivery import Delivery
from heliograph.model.event import Event
from heliograph.storage.work.deliveries import Finish
from heliograph.storage.work.destination_states import DestinationStatus

Mark = tuple[str, int]
"""Which result it is: (delivery id, epoch of the lease). A new lane may send what an old one sent too."""


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in hand, with the person as of the moment it was read."""

    delivery: Delivery
    person: Person
    event: Event | None = None
    """Decoded, when it was at hand."""


class Writer(Protocol):
    """Who handed in a result and learns what became of it; a lane is one."""

    @property
    def name(self) -> str:
        """`<workspace>/<name>` of its destination."""
        ...

    def nudge(self) -> None:
        """Look for work now."""
        ...

    def written(self, results: "Sequence[Result]", *, lost: Collection[Mark]) -> None:
        """Take note; `lost` has the marks of results whose lease had passed to another courier."""
        ...


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn hands in."""

    hand: Hand
    finish: Finish
    epoch: int
    """Of the lease on the destination under which it was sent."""
    writer: Writer
    status: DestinationStatus | None = None
    """State that the destination gets, unless it has one already."""

    @property
    def mark(self) -> Mark:
        """Which one it is."""
        return self.finish.delivery_id, self.epoch
