"""The engine's loop: claim partitions, read them in order, commit effects and cursors together.

One step is one batch: entries of all partitions in hand, one transaction of the store. In it go dedupe,
profiles, deliveries and the cursor of every partition concerned, fenced by the epoch of its claim. A
process that is killed leaves nothing half done; one that was frozen past its lease finds its epoch
gone, rolls back and claims again.

What may go wrong, and what happens then:

- The journal or the store does not answer: nothing moves, tried again after `retry_s`.
- A cursor is refused (another engine has the partition, or it was reset): rollback, claim again.
- An entry cannot be decoded: it is skipped with reason `store.corrupt`, logged and counted.
- Applying an entry fails unforeseen: the batch is done again entry by entry, and the one that fails is
  skipped with reason `invariant`. When all of several fail, it is not the entries: the batch waits.
- A partition was trimmed beyond its cursor: it stops with an error, the others go on.

A skipped event stays in the journal and in the audit (`skipped`), with its reason in its trace.
"""

import threading
from collections.abc import Callable, Sequence

from heliograph.engine.effects import BatchEffect, apply_entries, skip_entry
from heliograph.engine.metrics import (
    BATCH_SECONDS,
    CONFLICTS,
    DELIVERIES,
    EVENTS,
    PARTITIONS,
    STALLED,
    UNREADABLE,
)
from heliograph.engine.routes import RouteBook
from heliograph.engine.settings import EngineSettings
from heliograph.errors import InvariantBroken, StoreConflict, StoreCorrupt, StoreError
from heliograph.model.catalog import Catalog
from heliograph.model.clock import Clock
from heliograph.storage.cursors import Claim
from heliograph.storage.journal import Entry, Journal
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.store import Store, Transaction
from heliograph.telemetry.logs import get_logger

log = get_logger("engine")
GROUP = "engine"
LoadCatalog = Callable[[], tuple[int, Catalog]]
"""Gives (revision, catalog), e.g. `storage.catalog.CatalogReader.current`."""
Work = Callable[[Transaction], BatchEffect]


class Engine:
    """Reads the journal on behalf of group `engine`. One thread uses it at a time.

    Args:
        settings: see `EngineSettings`.
        journal: where events come from.
        store: where their effects go.
        load_catalog: gives the current configuration.
        clock: wall clock for leases, monotonic for what is measured.
        owner: name of this engine in claims; no two that run at a time may share it.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        journal: Journal,
        store: Store,
        load_catalog: LoadCatalog,
        clock: Clock,
        owner: str,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._store = store
        self._load_catalog = load_catalog
        self._clock = clock
        self._owner = owner
        self._routes = RouteBook()
        self._keeper = LeaseKeeper(GROUP, owner, ttl_ms=settings.lease_ttl_ms, clock=clock)
        self._members = [str(partition) for partition in range(journal.partitions)]
        self._epochs: dict[int, int] = {}
        """Partition -> epoch of the lease with which its cursor was taken."""
        self._claims: dict[int, Claim] = {}
        self._stalled: dict[int, float] = {}
        self._turn = 0
        self._nothing_beyond: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Process batches until `stop` is set, then give the partitions back. Never raises."""
        settings = self._settings
        wait = settings.idle_min_s
        while not stop.is_set():
            try:
                if self.step() > 0:
                    wait = settings.idle_min_s
                    continue
            except StoreConflict as error:
                log.warning("batch rolled back", reason=str(error))
                wait = settings.idle_min_s
            except StoreError as error:
                log.warning("engine waits", reason=str(error))
                wait = settings.retry_s
            except Exception:
                log.exception("batch failed")
                wait = settings.retry_s
            stop.wait(wait)
            wait = min(max(wait, settings.idle_min_s) * 2, settings.idle_max_s)
        self._release()

    def step(self) -> int:
        """Process one batch and return its number of events; 0 when nothing is new.

        Raises:
            StoreUnavailable: nothing was done; call again later.
            StoreConflict: fenced off; the next step claims again.
            InvariantBroken: several entries failed for a reason of our own; nothing was done.
        """
        began = self._clock.monotonic_s()
        self._claim_in_time()
        entries = self._read()
        if not entries:
            return 0
        revision, catalog = self._load_catalog()
        self._routes.update(revision, catalog, self._store)
        try:
            self._commit(entries, lambda tx: self._apply(tx, entries))
        except StoreError:
            raise
        except Exception as error:
            log.exception("batch failed", events=len(entries))
            self._one_by_one(entries, error)
        BATCH_SECONDS.observe(self._clock.monotonic_s() - began)
        return len(entries)

    def _claim_in_time(self) -> None:
        if not self._keeper.due():
            return
        try:
            with self._store.transaction() as tx:
                share = self._keeper.claim(tx, self._members)
                # Between batches nothing is under way: what is beyond the share goes at once.
                tx.leases.release(GROUP, self._owner, share.surplus)
                epochs = {
                    int(lease.member): lease.epoch
                    for lease in share.held
                    if lease.member not in share.surplus
                }
                taken = tx.cursors.take(
                    GROUP, [p for p, epoch in epochs.items() if self._epochs.get(p) != epoch]
                )
        except BaseException:
            self._forget()
            raise
        if taken or epochs.keys() != self._claims.keys():
            self._nothing_beyond = None
            log.info("partitions held", partitions=len(epochs), owner=self._owner)
        self._epochs = epochs
        mine = {partition: self._claims.get(partition) for partition in epochs}
        self._claims = {p: claim for p, claim in mine.items() if claim is not None}
        self._claims |= {claim.partition: claim for claim in taken}
        PARTITIONS.set(len(self._claims))

    def _forget(self) -> None:
        """Trust nothing that was held: the next step claims again."""
        self._claims.clear()
        self._epochs.clear()
        self._keeper.lost()

    def _read(self) -> list[Entry]:
        """Return the next entries of the partitions in hand, in order within each partition.

        Every step begins with another partition, so that a full one cannot starve the rest. After a
        round that found nothing, one look at the journal's total replaces the rounds until it rises.
        """
        total = self._journal.counts().events
        if total == self._nothing_beyond and not self._stalled:
            return []
        room = self._settings.batch_events
        partitions = sorted(self._claims)
        start = self._turn % len(partitions) if partitions else 0
        self._turn += 1
        entries: list[Entry] = []
        for partition in partitions[start:] + partitions[:start]:
            if room <= 0:
                break
            if self._stalled.get(partition, 0.0) > self._clock.monotonic_s():
                continue
            try:
                found = self._journal.read(
                    partition, after=self._claims[partition].position, limit=room
                )
            except StoreCorrupt as error:
                self._stall(partition, error)
                continue
            if self._stalled.pop(partition, None) is not None:
                STALLED.set(len(self._stalled))
            entries += found
            room -= len(found)
        self._nothing_beyond = None if entries else total
        return entries

    def _stall(self, partition: int, error: StoreCorrupt) -> None:
        self._stalled[partition] = self._clock.monotonic_s() + self._settings.stalled_retry_s
        STALLED.set(len(self._stalled))
        log.error("partition stalled", partition=partition, reason=str(error))

    def _apply(self, tx: Transaction, entries: Sequence[Entry]) -> BatchEffect:
        return apply_entries(
            tx,
            entries,
            routes=self._routes,
            journal=self._journal,
            now_ms=self._clock.now_ms(),
        )

    def _commit(self, entries: Sequence[Entry], work: Work) -> None:
        """Do the work and move the cursors behind `entries` in one transaction, then count."""
        moves: dict[int, int] = {}
        for entry in entries:
            moves[entry.partition] = entry.position
        try:
            with self._store.transaction() as tx:
                effect = work(tx)
                for partition, position in moves.items():
                    self._advance(tx, self._claims[partition], position)
        except StoreConflict:
            CONFLICTS.inc()
            self._forget()
            raise
        for partition, position in moves.items():
            claim = self._claims[partition]
            self._claims[partition] = Claim(
                partition=partition, position=position, epoch=claim.epoch
            )
        self._count(effect)

    def _advance(self, tx: Transaction, claim: Claim, position: int) -> None:
        if not tx.cursors.advance(
            GROUP, claim.partition, old=claim.position, new=position, epoch=claim.epoch
        ):
            raise StoreConflict(
                "store.conflict",
                f"partition {claim.partition} has passed to another engine or was reset",
                found=f"position {claim.position}, epoch {claim.epoch} no longer hold",
            )

    def _one_by_one(self, entries: Sequence[Entry], cause: Exception) -> None:
        """Apply each entry of a failed batch alone; skip one that fails again.

        A first pass in a transaction that is rolled back finds out whether it is the entries at all.
        """
        failing = {(e.partition, e.position): error for e, error in self._probe(entries)}
        if len(failing) == len(entries) > 1:
            raise InvariantBroken(
                f"no event of {len(entries)} could be applied: {type(cause).__name__}"
            ) from cause
        for entry in entries:
            error = failing.get((entry.partition, entry.position))
            if error is None:
                self._commit([entry], lambda tx, one=entry: self._apply(tx, [one]))
                continue
            reason = f"invariant: {type(error).__name__}"
            log.error(
                "event skipped", partition=entry.partition, position=entry.position,
                event_id=entry.record.id, reason=reason,
            )  # fmt: skip
            self._commit([entry], lambda tx, one=entry, why=reason: skip_entry(tx, one, why))

    def _probe(self, entries: Sequence[Entry]) -> list[tuple[Entry, Exception]]:
        failing: list[tuple[Entry, Exception]] = []
        for entry in entries:
            try:
                with self._store.transaction() as tx:
                    self._apply(tx, [entry])
                    raise _RolledBack
            except _RolledBack:
                continue
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - the caller skips it with a reason, or raises
                failing.append((entry, error))
        return failing

    def _count(self, effect: BatchEffect) -> None:
        EVENTS.labels("applied").inc(effect.applied)
        EVENTS.labels("skipped").inc(effect.skipped)
        EVENTS.labels("duplicate").inc(effect.duplicates)
        UNREADABLE.inc(effect.unreadable)
        for destination, number in effect.deliveries.items():
            DELIVERIES.labels(destination).inc(number)

    def _release(self) -> None:
        try:
            with self._store.transaction() as tx:
                self._keeper.release(tx)
        except StoreError as error:
            log.warning("partitions not released", reason=str(error))
        self._forget()


class _RolledBack(Exception):
    """Leaves a transaction without writing."""
