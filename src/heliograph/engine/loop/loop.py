"""The engine's loop: claim partitions, read them in order, commit effects and cursors together.

One step is one batch: entries of all partitions in hand, one transaction of the store. In it go dedupe,
profiles, deliveries and the cursor of every partition concerned, fenced by the epoch with which it was
taken. A process that is killed leaves nothing half done; one that was frozen past its lease finds its
epoch gone, rolls back and claims again.

Before the batch come, each in a transaction of its own: timers whose time has come, and events that were
parked until their workspace got a configuration. Derived events are relayed to the journal after it.

What may go wrong, and what happens then:

- The journal or the store does not answer: nothing moves, tried again after `retry_s`.
- A cursor is refused (another engine has the partition, or it was reset): rollback, claim again.
- The journal is not the one that was read so far, or lost a part of it (`storage.lineage`): nothing is read.
- An entry cannot be decoded: it is skipped with reason `store.corrupt`, logged and counted.
- Applying an entry fails unforeseen: the batch is done again entry by entry, and the one that fails is
  skipped with reason `invariant`. When all of several fail, it is not the entries: the batch waits.
- The next events of a partition were trimmed: that is said and noted as a gap, which the audit shows, and
  reading goes on with the first that is there.
- A partition cannot be read for another reason: it stops with an error, the others go on.
- The workspace of an event has no configuration: the event is parked (`storage.reading.parked`).

A skipped event stays in the journal and in the audit (`skipped`), with its reason in its trace.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from heliograph.delivery.rows.fresh import Handover
from heliograph.engine.applying.apply import BatchEffect, apply_batch, count, skip_entry
from heliograph.engine.applying.read_ahead import ReadAhead, Unread
from heliograph.engine.batch import Batch
from heliograph.engine.loop.clockwork import Clockwork
from heliograph.engine.loop.holdings import Holdings, Moves
from heliograph.engine.loop.pacing import Pace
from heliograph.engine.loop.pages import Pages
from heliograph.engine.loop.parking import Parking
from heliograph.engine.loop.relay import Relay
from heliograph.engine.loop.stall_log import StallLog
from heliograph.engine.metrics import BATCH_SECONDS, CONFLICTS, MISSED
from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.settings import GROUP, EngineSettings
from heliograph.engine.stages.standard import AnyStage, standard_stages
from heliograph.errors import InvariantBroken, StoreConflict, StoreError
from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import Catalog
from heliograph.storage.events.journal import Entry, Journal
from heliograph.storage.reading.cursors import Place
from heliograph.storage.reading.readers import Gap
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Store, Transaction
from heliograph.telemetry.logs import get_logger

log = get_logger("engine")
LoadCatalog = Callable[[], tuple[int, Catalog]]
"""Gives (revision, catalog), e.g. `storage.catalog.CatalogReader.current`."""
MakeStages = Callable[[RouteBook], Sequence[AnyStage]]
Announce = Callable[[Handover], object]
"""Given what deliveries were made, after they were committed, in the engine's thread."""
Work = Callable[[Transaction], BatchEffect]


class Engine:
    """Reads the journal on behalf of group `engine`. One thread uses it at a time.

    Args:
        settings: see `EngineSettings`.
        journal: where events come from, and where derived ones go.
        store: where their effects go.
        load_catalog: gives the current configuration.
        clock: monotonic for leases and for what is measured, wall clock for what is stored.
        owner: name of this engine in leases; no two that run at a time may share it.
        stages: makes the stages, in their order.
        announce: given what deliveries were made.
        at_hand: tells how much of it was not sent yet.
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
        stages: MakeStages = standard_stages,
        announce: Announce | None = None,
        at_hand: Callable[[], int] | None = None,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._store = store
        self._load_catalog = load_catalog
        self._clock = clock
        self._announce = announce
        self._pace = Pace(settings, at_hand)
        self._routes = RouteBook()
        self._stages = stages(self._routes)
        self._holdings = Holdings(
            GROUP, owner, journal=journal, ttl_ms=settings.lease_ttl_ms, clock=clock
        )
        self._ahead = ReadAhead(journal)
        self._relay = Relay(journal, store)
        self._parking = Parking(self._routes)
        self._clockwork = Clockwork(settings.timer_grace_ms, limit=settings.batch_events)
        self.stall_log = StallLog(clock)
        self._pages = Pages(journal, self.stall_log, again_s=settings.stalled_retry_s)

    def run(self, stop: threading.Event) -> None:
        """Process batches until `stop` is set, then give the partitions back. Never raises.

        `journal.wake()` after `stop.set()` ends a wait at once.
        """
        while not stop.is_set():
            began = self._clock.monotonic_s()
            try:
                done = self.step()
                self.stall_log.waited()
                if done == 0:
                    self._journal.wait(self._readable(), timeout_s=self._patience())
                else:
                    self._pace.rest(done, self._clock.monotonic_s() - began, stop)
                continue
            except StoreConflict as error:
                log.warning("batch rolled back", reason=str(error))
                continue
            except StoreError as error:
                self.stall_log.held_up(error)
            except Exception:
                log.exception("batch failed")
            stop.wait(self._settings.retry_s)
        with suppress(StoreError):  # the leases run out by themselves
            self._holdings.release(self._store)

    def step(self) -> int:
        """Process one batch; return how many events and timers were; 0 when nothing is to be done.

        Raises:
            StoreUnavailable: nothing was done; call again later.
            StoreConflict: fenced off; the next step claims again.
            InvariantBroken: several entries failed for a reason of our own; nothing was done.
        """
        began = self._clock.monotonic_s()
        taken = self._holdings.renew(self._store)
        now_ms = self._clock.now_ms()
        if taken or self._clockwork.stepped(now_ms=now_ms, monotonic_s=began):
            self._take_over()
        entries, read_up = self._read()
        done = self._fire(entries, read_up, now_ms)
        if entries or self._parking.waits:
            revision, catalog = self._load_catalog()
            self._routes.update(revision, catalog, self._store)
            done += self._unpark()
        if entries:
            self._process(entries)
        self._relay.relay(self._holdings.partitions)
        done += len(entries)
        if done:
            BATCH_SECONDS.observe(self._clock.monotonic_s() - began)
        return done

    def _take_over(self) -> None:
        """Load what is kept in memory of the partitions in hand."""
        partitions = self._holdings.partitions
        with self._store.read() as reader:
            self._clockwork.load(reader, partitions)
            self._parking.load(reader, partitions)
        self._relay.look()
        self.stall_log.goes_on()

    def _readable(self) -> dict[int, int]:
        """Return partition -> position of what is worth waiting for."""
        holdings = self._holdings
        return {
            p: holdings.position(p)
            for p in holdings.partitions
            if p not in self.stall_log.partitions
        }

    def _patience(self) -> float:
        waits = [self._settings.idle_s, self._holdings.renew_in_s]
        due_ms = self._clockwork.next_ms()
        if due_ms is not None:
            waits.append((due_ms - self._clock.now_ms()) / 1000)
        return max(0.0, min(waits))

    def _read(self) -> tuple[list[Entry], set[int]]:
        """Return the next entries of the partitions in hand, in order within each partition.

        Returns:
            (entries, partitions in which there was nothing new).
        """
        heads = self._journal.heads()
        after: dict[int, int] = {}
        read_up: set[int] = set()
        for partition in self._holdings.partitions:
            if heads[partition].last <= self._holdings.position(partition):
                read_up.add(partition)
            elif self.stall_log.rests(partition):
                continue
            elif heads[partition].first > self._holdings.position(partition) + 1:
                self._miss(partition, heads[partition].first)
            after[partition] = self._holdings.position(partition)
        if len(read_up) == len(after):
            return [], read_up
        return self._pages.read(after, self._settings.batch_events), read_up

    def _miss(self, partition: int, first: int) -> None:
        """Go on behind events that are gone from the journal, and never without a word."""
        gap = Gap(
            group=GROUP,
            partition=partition,
            first=self._holdings.position(partition) + 1,
            last=first - 1,
            found_at=self._clock.now_ms(),
        )

        def note(tx: Transaction) -> BatchEffect:
            tx.readers.note_gap(gap)
            return BatchEffect()

        self._commit({partition: Place(position=gap.last)}, note)
        number = gap.last - gap.first + 1
        MISSED.inc(number)
        log.error(
            "events missed: trimmed from the journal before they were read",
            partition=partition, first=gap.first, last=gap.last, events=number,
        )  # fmt: skip

    def _fire(self, entries: Sequence[Entry], read_up: set[int], now_ms: int) -> int:
        """Fire the timers whose time has come in the partitions that were read."""
        due = self._clockwork.due(entries, read_up, now_ms=now_ms)
        if not due:
            return 0
        moves = {partition: self._holdings.place(partition) for partition in due}
        with self._store.read() as reader:
            timers = self._clockwork.timers(reader, due)
        for group in self._clockwork.groups(timers):
            batch = Batch(now_ms=now_ms, timers=group)
            try:
                self._commit(moves, lambda tx, one=batch: self._apply(tx, one))
            except StoreError:
                raise
            except Exception:
                if len(group) > 1:
                    self._clockwork.one_by_one()
                    raise
                log.exception("timer skipped", kind=group[0].kind, key=group[0].key)
                self._commit(moves, lambda tx, one=group: _remove(tx, one))
        with self._store.read() as reader:
            self._clockwork.load(reader, due)
        return len(timers)

    def _unpark(self) -> int:
        """Apply a page of what was parked and may go now; return how many entries that were."""
        page = self._parking.page(
            self._store, self._holdings.partitions, self._settings.batch_events
        )
        if page is None:
            return 0
        entries = self._journal.entries([(page.partition, at) for at in page.positions])
        if entries:
            self._process(list(entries.values()), parked=page.workspace)
        gone = [at for at in page.positions if (page.partition, at) not in entries]
        if gone:  # a hand in the journal: retention keeps what is parked
            moves = {page.partition: self._holdings.place(page.partition)}
            now_ms = self._clock.now_ms()
            self._commit(moves, lambda tx: self._parking.miss(tx, page, gone, now_ms))
            MISSED.inc(len(gone))
        self._parking.left(page)
        return len(page.positions)

    def _process(self, entries: Sequence[Entry], *, parked: str | None = None) -> None:
        """Apply entries; with `parked`, those of this workspace that had been parked."""
        try:
            self._apply_entries(entries, parked)
        except StoreError:
            raise
        except Exception as error:
            log.exception("batch failed", events=len(entries))
            self._one_by_one(entries, error, parked)

    def _apply_entries(self, entries: Sequence[Entry], parked: str | None) -> None:
        parks = self._parking.parks if parked is None else None
        batch = Batch(entries, now_ms=self._clock.now_ms(), parks=parks)
        self._commit(
            self._moves(entries, parked),
            lambda tx: self._parking.taken(tx, entries, parked, self._apply(tx, batch)),
        )
        self._parking.put(batch.parked)

    def _moves(self, entries: Sequence[Entry], parked: str | None) -> Moves:
        if parked is None:
            return {e.partition: Place(position=e.position, anchor=e.record.id) for e in entries}
        return {entry.partition: self._holdings.place(entry.partition) for entry in entries}

    def _apply(self, tx: Transaction, batch: Batch) -> BatchEffect:
        wants = self._announce is not None
        return apply_batch(tx, batch, self._stages, ahead=self._ahead, hand_over=wants)

    def _commit(self, moves: Moves, work: Work) -> None:
        """Do the work and move the cursors in one transaction, then count."""
        try:
            effect = self._in_transaction(work, moves)
        except StoreConflict:
            CONFLICTS.inc()
            self._holdings.forget()
            raise
        self._holdings.moved(moves)
        count(effect)
        self._clockwork.set(effect.timers)
        if effect.derived:
            self._relay.look()
        if effect.handover is not None and self._announce is not None:
            self._announce(effect.handover)

    def _in_transaction(self, work: Work, moves: Moves) -> BatchEffect:
        while True:
            try:
                with self._store.transaction() as tx:
                    effect = work(tx)
                    self._holdings.advance(tx, moves)
            except Unread as unread:
                self._ahead.fetch(unread.places)
                continue
            self._ahead.forget()
            return effect

    def _one_by_one(self, entries: Sequence[Entry], cause: Exception, parked: str | None) -> None:
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
                self._apply_entries([entry], parked)
                continue
            reason = f"invariant: {type(error).__name__}"
            log.error(
                "event skipped", partition=entry.partition, position=entry.position,
                event_id=entry.record.id, reason=reason,
            )  # fmt: skip
            self._commit(
                self._moves([entry], parked),
                lambda tx, one=entry, why=reason: self._parking.taken(
                    tx, [one], parked, skip_entry(tx, one, why)
                ),
            )

    def _probe(self, entries: Sequence[Entry]) -> list[tuple[Entry, Exception]]:
        failing: list[tuple[Entry, Exception]] = []
        for entry in entries:
            batch = Batch([entry], now_ms=self._clock.now_ms())

            def undone(tx: Transaction, batch: Batch = batch) -> BatchEffect:
                self._apply(tx, batch)
                raise _RolledBack

            try:
                self._in_transaction(undone, {})
            except _RolledBack:
                continue
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - the caller skips it with a reason, or raises
                failing.append((entry, error))
        return failing


def _remove(tx: Transaction, timers: Sequence[Timer]) -> BatchEffect:
    tx.timers.remove(timers)
    return BatchEffect()


class _RolledBack(Exception):
    """Leaves a transaction without writing."""
