"""Members of groups and who holds them."""

import json
from collections.abc import Iterable, Mapping, Sequence

from heliograph.backends.sqlite.store.session import Session
from heliograph.storage.work.leases import Holder, Lease, Share, quota


class SqliteLeases:
    """See `storage.work.leases.Leases`."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        self._beat(group, owner, now_ms=now_ms, ttl_ms=ttl_ms)
        found: dict[str, tuple[str | None, int]] = {
            member: (holder, epoch)
            for member, holder, epoch in self._session.rows("leases_of", group)
        }
        wanted = set(members)
        mine = {name for name, (holder, _) in found.items() if holder == owner}
        self.release(group, owner, [name for name in mine if name not in wanted])
        kept = [name for name in members if name in mine]
        share = quota(
            owner, [row[0] for row in self._session.rows("owners_of", group)], len(members)
        )
        free = [name for name in members if found.get(name, (None, 0))[0] is None]
        taken = set(free[: max(share - len(kept), 0)])
        held: list[Lease] = []
        for member in members:
            epoch = found[member][1] if member in found else 0
            if member in taken or (anew and member in mine):
                epoch += 1
                self._session.run("give_lease", group, member, owner, epoch)
            elif member not in mine:
                continue
            held.append(Lease(member=member, epoch=epoch))
        return Share(quota=share, held=tuple(held), surplus=tuple(kept[share:]))

    def release(self, group: str, owner: str, members: Iterable[str] | None = None) -> None:
        """Give members back, or everything."""
        if members is None:
            self._session.run("leave", group, owner)
            self._session.run("release_all", group, owner)
            return
        names = list(members)
        if names:
            self._session.run("release_some", group, owner, json.dumps(names))

    def expel(self, group: str, owner: str, *, beat: int) -> bool:
        """Free everything of an owner that has not claimed since that beat."""
        gone = self._session.run("expel", group, owner, beat) > 0
        if gone:
            self.release(group, owner)
        return gone

    def holds(self, group: str, epochs: Mapping[str, int]) -> set[str]:
        """Return those members whose lease with this epoch still stands."""
        rows = self._session.rows("held_epochs", group, json.dumps(list(epochs)))
        return {member for member, epoch in rows if epochs[member] == epoch}

    def holders(self, group: str) -> list[Holder]:
        """Return the owners, sorted by name, with what they hold."""
        members: dict[str, list[str]] = {}
        for owner, member in self._session.rows("held_by", group):
            members.setdefault(owner, []).append(member)
        return [
            Holder(
                owner=owner,
                beat=beat,
                ttl_ms=ttl_ms,
                seen_at=seen_at,
                members=tuple(members.get(owner, ())),
            )
            for owner, beat, ttl_ms, seen_at in self._session.rows("lease_owners", group)
        ]

    def _beat(self, group: str, owner: str, *, now_ms: int, ttl_ms: int) -> None:
        self._session.run("beat", group, owner, ttl_ms, now_ms)
