"""The cursors of the store in memory."""

import msgspec

from heliograph.storage.cursors import Claim


class _Place(msgspec.Struct):
    position: int = 0
    epoch: int = 1
    owner: str | None = None
    lease_until: int = 0


class MemoryCursors:
    """See `storage.cursors.Cursors`."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], _Place] = {}

    def claim(
        self, group: str, owner: str, *, partitions: int, now_ms: int, ttl_ms: int
    ) -> list[Claim]:
        """Take or renew what is free, expired, or already `owner`'s."""
        claims: list[Claim] = []
        for partition in range(partitions):
            place = self._places.setdefault((group, partition), _Place(owner=owner))
            if place.owner not in (None, owner) and place.lease_until > now_ms:
                continue
            if place.owner != owner:
                place.epoch += 1
            place.owner, place.lease_until = owner, now_ms + ttl_ms
            claims.append(Claim(partition=partition, position=place.position, epoch=place.epoch))
        return claims

    def advance(self, group: str, partition: int, *, old: int, new: int, epoch: int) -> bool:
        """Move from `old` to `new` if `epoch` still holds."""
        place = self._places.get((group, partition))
        if place is None or (place.position, place.epoch) != (old, epoch):
            return False
        place.position = new
        return True

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place and raise the epoch."""
        place = self._places.setdefault((group, partition), _Place(epoch=0))
        place.position = position
        place.epoch += 1

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position."""
        return {p: place.position for (g, p), place in sorted(self._places.items()) if g == group}

    def leased_until(self, group: str) -> int:
        """Return when the last lease of the group runs out; 0 when nothing is held."""
        held = [
            p.lease_until
            for (g, _), p in self._places.items()
            if g == group and p.owner is not None
        ]
        return max(held, default=0)

    def release(self, group: str, owner: str) -> None:
        """Give up what `owner` holds."""
        for (place_group, _), place in self._places.items():
            if place_group == group and place.owner == owner:
                place.owner, place.lease_until = None, 0
