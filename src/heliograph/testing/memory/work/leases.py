"""The leases of the store in memory."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from heliograph.storage.work.leases import Holder, Lease, Share, quota


class _Member(msgspec.Struct):
    owner: str | None = None
    epoch: int = 0


class _Owner(msgspec.Struct):
    beat: int = 0
    ttl_ms: int = 0
    seen_at: int = 0


class MemoryLeases:
    """See `storage.work.leases.Leases`."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], _Member] = {}
        self._owners: dict[tuple[str, str], _Owner] = {}

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
        """Show that `owner` lives, keep what it holds, take what is free up to its share."""
        living = self._owners.setdefault((group, owner), _Owner())
        living.beat, living.ttl_ms, living.seen_at = living.beat + 1, ttl_ms, now_ms
        self.release(group, owner, set(self._held(group, owner)) - set(members))
        before = self._held(group, owner)
        share = quota(owner, (o for g, o in self._owners if g == group), len(members))
        held: list[Lease] = []
        number = len(before)
        for name in members:
            member = self._members.setdefault((group, name), _Member())
            if member.owner is None and number < share:
                member.owner, number = owner, number + 1
                member.epoch += 1
            elif member.owner == owner and anew:
                member.epoch += 1
            if member.owner == owner:
                held.append(Lease(member=name, epoch=member.epoch))
        mine = [name for name in members if name in before]
        return Share(quota=share, held=tuple(held), surplus=tuple(mine[share:]))

    def release(self, group: str, owner: str, members: Iterable[str] | None = None) -> None:
        """Give members back, or everything."""
        names = self._held(group, owner) if members is None else members
        if members is None:
            self._owners.pop((group, owner), None)
        for name in names:
            member = self._members.get((group, name))
            if member is not None and member.owner == owner:
                member.owner = None

    def expel(self, group: str, owner: str, *, beat: int) -> bool:
        """Free everything of an owner that has not claimed since that beat."""
        living = self._owners.get((group, owner))
        if living is None or living.beat != beat:
            return False
        self.release(group, owner)
        return True

    def holds(self, group: str, epochs: Mapping[str, int]) -> set[str]:
        """Return those members whose lease with this epoch still stands."""
        return {
            name
            for name, epoch in epochs.items()
            if (found := self._members.get((group, name))) is not None
            and found.owner is not None
            and found.epoch == epoch
        }

    def holders(self, group: str) -> list[Holder]:
        """Return the owners, sorted by name, with what they hold."""
        return [
            Holder(
                owner=owner,
                beat=living.beat,
                ttl_ms=living.ttl_ms,
                seen_at=living.seen_at,
                members=tuple(self._held(group, owner)),
            )
            for (of, owner), living in sorted(self._owners.items())
            if of == group
        ]

    def _held(self, group: str, owner: str) -> list[str]:
        return sorted(
            name for (g, name), m in self._members.items() if g == group and m.owner == owner
        )
