"""Members of groups and who holds them. Asked for every few seconds, so by SQLAlchemy throughout."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from heliograph.backends.sqlite.schema_reading import lease_owners, leases
from heliograph.backends.sqlite.session import Session
from heliograph.storage.leases import Holder, Lease, Share, quota


class SqliteLeases:
    """See `storage.leases.Leases`."""

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
        found = {
            row.member: row
            for row in self._session.sa.execute(select(leases).where(leases.c.lease_group == group))
        }
        wanted = set(members)
        mine = [name for name, row in found.items() if row.owner == owner]
        self.release(group, owner, [name for name in mine if name not in wanted])
        kept = [name for name in members if name in mine]
        share = quota(owner, self._owners(group), len(members))
        free = [name for name in members if name not in found or found[name].owner is None]
        taken = set(free[: max(share - len(kept), 0)])
        held: list[Lease] = []
        for member in members:
            row = found.get(member)
            if member in taken or (anew and row is not None and row.owner == owner):
                epoch = 1 if row is None else row.epoch + 1
                self._give(group, member, owner, epoch)
            elif row is not None and row.owner == owner:
                epoch = row.epoch
            else:
                continue
            held.append(Lease(member=member, epoch=epoch))
        return Share(quota=share, held=tuple(held), surplus=tuple(kept[share:]))

    def release(self, group: str, owner: str, members: Iterable[str] | None = None) -> None:
        """Give members back, or everything."""
        where = [leases.c.lease_group == group, leases.c.owner == owner]
        if members is None:
            self._session.sa.execute(
                delete(lease_owners).where(
                    lease_owners.c.lease_group == group, lease_owners.c.owner == owner
                )
            )
        else:
            names = list(members)
            if not names:
                return
            where.append(leases.c.member.in_(names))
        self._session.sa.execute(update(leases).where(*where).values(owner=None))

    def expel(self, group: str, owner: str, *, beat: int) -> bool:
        """Free everything of an owner that has not claimed since that beat."""
        gone = self._session.sa.execute(
            delete(lease_owners).where(
                lease_owners.c.lease_group == group,
                lease_owners.c.owner == owner,
                lease_owners.c.beat == beat,
            )
        )
        if gone.rowcount:
            self.release(group, owner)
        return bool(gone.rowcount)

    def holds(self, group: str, epochs: Mapping[str, int]) -> set[str]:
        """Return those members whose lease with this epoch still stands."""
        rows = self._session.rows("held_epochs", group, json.dumps(list(epochs)))
        return {member for member, epoch in rows if epochs[member] == epoch}

    def holders(self, group: str) -> list[Holder]:
        """Return the owners, sorted by name, with what they hold."""
        members: dict[str, list[str]] = {}
        for row in self._session.sa.execute(
            select(leases.c.owner, leases.c.member)
            .where(leases.c.lease_group == group, leases.c.owner.is_not(None))
            .order_by(leases.c.member)
        ):
            members.setdefault(row.owner, []).append(row.member)
        return [
            Holder(
                owner=row.owner,
                beat=row.beat,
                ttl_ms=row.ttl_ms,
                seen_at=row.seen_at,
                members=tuple(members.get(row.owner, ())),
            )
            for row in self._session.sa.execute(
                select(lease_owners)
                .where(lease_owners.c.lease_group == group)
                .order_by(lease_owners.c.owner)
            )
        ]

    def _beat(self, group: str, owner: str, *, now_ms: int, ttl_ms: int) -> None:
        row = insert(lease_owners).values(
            lease_group=group, owner=owner, beat=1, ttl_ms=ttl_ms, seen_at=now_ms
        )
        self._session.sa.execute(
            row.on_conflict_do_update(
                index_elements=["lease_group", "owner"],
                set_={
                    "beat": lease_owners.c.beat + 1,
                    "ttl_ms": row.excluded.ttl_ms,
                    "seen_at": row.excluded.seen_at,
                },
            )
        )

    def _owners(self, group: str) -> list[str]:
        return list(
            self._session.sa.execute(
                select(lease_owners.c.owner).where(lease_owners.c.lease_group == group)
            ).scalars()
        )

    def _give(self, group: str, member: str, owner: str, epoch: int) -> None:
        row = insert(leases).values(lease_group=group, member=member, owner=owner, epoch=epoch)
        self._session.sa.execute(
            row.on_conflict_do_update(
                index_elements=["lease_group", "member"],
                set_={"owner": row.excluded.owner, "epoch": row.excluded.epoch},
            )
        )
