"""Committed places of named readers, fenced by an epoch."""

from sqlalchemy import func, insert, select, update

from heliograph.backends.sqlite.schema import cursors as table
from heliograph.backends.sqlite.session import Session
from heliograph.storage.cursors import Claim


class SqliteCursors:
    """See `storage.cursors.Cursors`; a group is a `reader` in the table."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(
        self, group: str, owner: str, *, partitions: int, now_ms: int, ttl_ms: int
    ) -> list[Claim]:
        """Take or renew what is free, expired, or already `owner`'s, in the order of partitions."""
        found = {
            row.partition: row
            for row in self._session.sa.execute(select(table).where(table.c.reader == group))
        }
        claims: list[Claim] = []
        for partition in range(partitions):
            row = found.get(partition)
            if row is None:
                position, epoch = 0, 1
                self._session.sa.execute(
                    insert(table).values(
                        reader=group,
                        partition=partition,
                        position=position,
                        epoch=epoch,
                        owner=owner,
                        lease_until=now_ms + ttl_ms,
                    )
                )
            elif row.owner in (None, owner) or row.lease_until <= now_ms:
                position = row.position
                epoch = row.epoch if row.owner == owner else row.epoch + 1
                self._session.sa.execute(
                    update(table)
                    .where(table.c.reader == group, table.c.partition == partition)
                    .values(owner=owner, epoch=epoch, lease_until=now_ms + ttl_ms)
                )
            else:
                continue
            claims.append(Claim(partition=partition, position=position, epoch=epoch))
        return claims

    def advance(self, group: str, partition: int, *, old: int, new: int, epoch: int) -> bool:
        """Move from `old` to `new` if `epoch` still holds."""
        return self._session.run("advance", new, group, partition, old, epoch) == 1

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place and raise the epoch; the row is made when there is none."""
        where = (table.c.reader == group, table.c.partition == partition)
        row = self._session.sa.execute(select(table.c.epoch).where(*where)).one_or_none()
        if row is None:
            self._session.sa.execute(
                insert(table).values(
                    reader=group,
                    partition=partition,
                    position=position,
                    epoch=1,
                    owner=None,
                    lease_until=0,
                )
            )
        else:
            self._session.sa.execute(
                update(table).where(*where).values(position=position, epoch=row.epoch + 1)
            )

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position."""
        rows = self._session.sa.execute(
            select(table.c.partition, table.c.position)
            .where(table.c.reader == group)
            .order_by(table.c.partition)
        )
        return {row.partition: row.position for row in rows}

    def leased_until(self, group: str) -> int:
        """Return when the last lease of the group runs out; 0 when nothing is held."""
        last = select(func.max(table.c.lease_until)).where(
            table.c.reader == group, table.c.owner.is_not(None)
        )
        return self._session.sa.execute(last).scalar_one() or 0

    def release(self, group: str, owner: str) -> None:
        """Give up what `owner` holds."""
        self._session.sa.execute(
            update(table)
            .where(table.c.reader == group, table.c.owner == owner)
            .values(owner=None, lease_until=0)
        )
