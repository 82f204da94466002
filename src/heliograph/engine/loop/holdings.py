"""The partitions an engine holds: leases in a fair share, and the cursors that were taken with them."""

from collections.abc import Mapping

from heliograph.engine.metrics import PARTITIONS
from heliograph.errors import StoreConflict
from heliograph.model.clock import Clock
from heliograph.storage.events.journal import Journal
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.lineage import require_lineage
from heliograph.storage.reading.cursors import Claim, Place
from heliograph.storage.store import Store, Transaction
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.holdings")
Moves = Mapping[int, Place]
"""Partition -> where its cursor moves to."""


class Holdings:
    """Partitions in hand. One thread uses it at a time.

    Args:
        group: of the readers.
        owner: name of this one; no two that run at a time may share it.
        journal: what is read; nothing is in hand while it is not the one that was read so far.
        ttl_ms: how long its silence is borne.
        clock: of this process.
    """

    def __init__(
        self, group: str, owner: str, *, journal: Journal, ttl_ms: int, clock: Clock
    ) -> None:
        self._group = group
        self._owner = owner
        self._clock = clock
        self._journal = journal
        self._members = [str(partition) for partition in range(journal.partitions)]
        self._keeper = LeaseKeeper(group, owner, ttl_ms=ttl_ms, clock=clock)
        self._epochs: dict[int, int] = {}
        """Partition -> epoch of the lease with which its cursor was taken."""
        self._claims: dict[int, Claim] = {}

    @property
    def partitions(self) -> list[int]:
        """Those in hand, sorted."""
        return sorted(self._claims)

    def position(self, partition: int) -> int:
        """Return the committed position of a partition in hand."""
        return self._claims[partition].position

    def place(self, partition: int) -> Place:
        """Return where a partition in hand stands, as a move that moves nothing."""
        return Place(position=self.position(partition))

    @property
    def renew_in_s(self) -> float:
        """In how many seconds the leases are to be renewed."""
        return self._keeper.due_in_s

    def renew(self, store: Store) -> list[int]:
        """Renew if it is time, take what is free and due to this owner; return what was taken anew.

        Raises:
            StoreUnavailable: nothing is held any more.
            StoreCorrupt: `journal.…`, the journal is not the one that the cursors were counted in. The leases
                stay, so that the owner is seen to be there.
        """
        if not self._keeper.due():
            return []
        try:
            with store.transaction() as tx:
                share = self._keeper.claim(tx, self._members)
                # Between batches nothing is under way: what is beyond the share goes at once.
                tx.leases.release(self._group, self._owner, share.surplus)
                tx.readers.seen(self._group, now_ms=self._clock.now_ms())
                epochs = {
                    int(lease.member): lease.epoch
                    for lease in share.held
                    if lease.member not in share.surplus
                }
                taken = tx.cursors.take(
                    self._group, [p for p, epoch in epochs.items() if self._epochs.get(p) != epoch]
                )
        except BaseException:
            self.forget()
            raise
        try:
            require_lineage(self._journal, store, group=self._group)
        except BaseException:
            self._claims.clear()
            self._epochs.clear()
            PARTITIONS.set(0)
            raise
        if taken or len(epochs) != len(self._epochs):
            log.info("partitions held", partitions=len(epochs), owner=self._owner)
        self._epochs = epochs
        kept = {p: claim for p, claim in self._claims.items() if p in epochs}
        self._claims = kept | {claim.partition: claim for claim in taken}
        PARTITIONS.set(len(self._claims))
        return [claim.partition for claim in taken]

    def advance(self, tx: Transaction, moves: Moves) -> None:
        """Move cursors within a transaction; a move to where it stands only proves the right to write.

        Raises:
            StoreConflict: a partition has passed to another engine or was reset; roll back.
        """
        for partition, place in moves.items():
            claim = self._claims[partition]
            if not tx.cursors.advance(
                self._group,
                partition,
                old=claim.position,
                new=place.position,
                epoch=claim.epoch,
                anchor=place.anchor,
            ):
                raise StoreConflict(
                    "store.conflict",
                    f"partition {partition} has passed to another engine or was reset",
                    found=f"position {claim.position}, epoch {claim.epoch} no longer hold",
                )

    def moved(self, moves: Moves) -> None:
        """Note that moves were committed."""
        for partition, place in moves.items():
            epoch = self._claims[partition].epoch
            self._claims[partition] = Claim(
                partition=partition, position=place.position, epoch=epoch
            )

    def forget(self) -> None:
        """Trust nothing that was held: the next `renew` claims again."""
        self._claims.clear()
        self._epochs.clear()
        self._keeper.lost()

    def release(self, store: Store) -> None:
        """Give everything back.

        Raises:
            StoreUnavailable: others wait until the silence is too long.
        """
        try:
            with store.transaction() as tx:
                self._keeper.release(tx)
        finally:
            self.forget()
