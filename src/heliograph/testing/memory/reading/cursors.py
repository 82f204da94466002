"""The cursors of the store in memory."""

from collections.abc import Iterable

import msgspec

from heliograph.storage.reading.cursors import Claim, Place


class _Place(msgspec.Struct):
    position: int = 0
    epoch: int = 0
    anchor: str | None = None
    rewound: int = 0


class MemoryCursors:
    """See `storage.reading.cursors.Cursors`."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], _Place] = {}

    def take(self, group: str, partitions: Iterable[int]) -> list[Claim]:
        """Return the places of partitions, with raised epochs."""
        claims: list[Claim] = []
        for partition in sorted(set(partitions)):
            place = self._places.setdefault((group, partition), _Place())
            place.epoch += 1
            claims.append(Claim(partition=partition, position=place.position, epoch=place.epoch))
        return claims

    def advance(
        self,
        group: str,
        partition: int,
        *,
        old: int,
        new: int,
        epoch: int,
        anchor: str | None = None,
    ) -> bool:
        """Move from `old` to `new` if `epoch` still holds."""
        place = self._places.get((group, partition))
        if place is None or (place.position, place.epoch) != (old, epoch):
            return False
        if anchor is not None or new != place.position:
            place.anchor = anchor
        place.position = new
        return True

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place and raise the epoch."""
        place = self._places.setdefault((group, partition), _Place())
        place.rewound += max(0, place.position - position)
        place.position, place.anchor = position, None
        place.epoch += 1

    def forget(self, group: str) -> None:
        """Remove the places of a group; for `MemoryReaders`."""
        self._places = {name: place for name, place in self._places.items() if name[0] != group}

    def places(self, group: str) -> dict[int, Place]:
        """Return partition -> place."""
        return {
            p: Place(position=place.position, anchor=place.anchor, rewound=place.rewound)
            for (g, p), place in sorted(self._places.items())
            if g == group
        }

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position."""
        return {p: place.position for (g, p), place in sorted(self._places.items()) if g == group}
