"""The store as the lanes see it: asynchronous, used by one thread, many turns in one transaction.

Results wait for company (`group_wait_s`), so that a durable commit is paid once for up to hundreds of
deliveries; shorter (`order_wait_s`) while deliveries queue behind others of their key, for those cannot be
sent before the result is written, unless more is due anyway than their lane takes in hand, and not at all
once it has nothing else under way. In the transaction go, in this order: the fence (does the lease on the
destination stand?), results, states of destinations, what may go to a destination that answers again.

A result is kept in memory until it is written, however long the store is away: a request that a
destination took is not sent again because a disk was full. Looking for work only reads, in the same
thread: so it sees every result that was written before it.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from heliograph.delivery.pace.shares import CLASSES, LIVE, Rota
from heliograph.delivery.rows.finding import Found, find
from heliograph.delivery.rows.fresh import Fresh
from heliograph.delivery.rows.group import GROUP, Group, write_group
from heliograph.delivery.rows.hand import Result, Writer
from heliograph.delivery.rows.shelf import Shelf
from heliograph.delivery.settings import DeliverySettings
from heliograph.errors import StoreError
from heliograph.model.clock import Clock
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.store import Store
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.storage.work.leases import Share
from heliograph.telemetry.logs import get_logger

T = TypeVar("T")
log = get_logger("delivery.ledger")


class Ledger:
    """Asynchronous, batching access to the store. Use from one event loop; `run` must be running."""

    def __init__(
        self,
        settings: DeliverySettings,
        *,
        store: Store,
        clock: Clock,
        owner: str,
        shelf: Shelf | None = None,
        fresh: Fresh | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._owner = owner
        self._shelf = shelf or Shelf()
        self._fresh = Fresh() if fresh is None else fresh
        self._results: list[Result] = []
        self._recovered: dict[str, None] = {}
        self._queued: frozenset[str] | None = None
        """As of the last transaction; None before the first: any of them may have some."""
        self._queued_since: frozenset[str] = frozenset()
        """Said by an engine of this process since the one that is being written began."""
        self._pressing: asyncio.TimerHandle | None = None
        """There while a result waits that others queue behind."""
        self._wake: asyncio.Future[None] | None = None
        self._urgent = False
        self._closing = False
        self._writing = False
        self._rounds = 0
        """How often all that was there was written."""
        self._settling: list[asyncio.Future[None]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="courier-store")

    async def look(
        self,
        destination: str,
        *,
        limit: int,
        live: int,
        others: int,
        skip: Collection[int],
        rota: Rota,
    ) -> Found:
        """Return up to `limit` due deliveries that are not in hand; none when it is not active.

        Args:
            destination: `<workspace>/<name>`.
            limit: how many.
            live: how many live ones of them at most.
            others: how many replays at most, and how many of campaigns.
            rota: of the destination.
            skip: seqs of what is in hand, results that are not written yet included.

        Raises:
            StoreError: the store cannot be read now.
        """
        most = {which: live if which == LIVE else others for which in CLASSES}

        def read() -> Found:
            with self._store.read() as reader:
                return find(
                    reader,
                    destination,
                    limit=limit,
                    most=most,
                    skip=skip,
                    rota=rota,
                    clock=self._clock,
                    fresh=self._fresh,
                    shelf=self._shelf,
                )

        return await self.work(read)

    def hand_in(self, result: Result, *, more: bool = False) -> None:
        """Write a result soon; its writer is told.

        Args:
            result: what a turn came to.
            more: more of its destination is due than is in hand. What queues behind this result would go
                behind that, so writing it sooner would bring nothing forward.
        """
        self._results.append(result)
        if result.status is not None or len(self._results) >= self._settings.group_max:
            self._urgent = True
        elif not more:
            self.press(result.hand.delivery.destination)
        self._notify()

    def press(self, destination: str) -> None:
        """Write results before long if any wait and some may queue behind them: nothing else is due there."""
        if self._results and self._pressing is None and self._queues(destination):
            loop = asyncio.get_running_loop()
            self._pressing = loop.call_later(self._settings.order_wait_s, self._hurry)

    def queue_at(self, destinations: frozenset[str]) -> None:
        """Note where deliveries queue behind others of their key, as of a commit just now."""
        self._queued_since |= destinations
        if self._queued is not None:
            self._queued |= destinations

    def rests(self, destination: str) -> None:
        """Note that nothing of a destination is under way any more: no more results will come of it."""
        if self._results and self._queues(destination):
            self._hurry()

    def recovered(self, destination: str) -> None:
        """Make due soon what waits for a retry because the destination did not answer: now it does."""
        self._recovered[destination] = None
        self._urgent = True
        self._notify()

    async def set_states(self, states: Sequence[DestinationStatus]) -> None:
        """Write states of destinations, whatever they were before.

        Raises:
            StoreError: nothing was written.
        """

        def write() -> None:
            with self._store.transaction() as tx:
                for state in states:
                    tx.destinations.set(state)

        if states:
            await self.work(write)

    async def lease(
        self, keeper: LeaseKeeper, members: Sequence[str], give_back: Sequence[str]
    ) -> Share:
        """Renew the leases on destinations, take a fair share of them, give back what is not wanted.

        Raises:
            StoreError: nothing was changed, what is held stays: results that wait for the store are written
                under the epoch under which they were sent.
        """

        def write() -> Share:
            with keeper.attempt(), self._store.transaction() as tx:
                if give_back:
                    tx.leases.release(GROUP, self._owner, give_back)
                return keeper.claim(tx, members)

        return await self.work(write)

    async def leave(self, keeper: LeaseKeeper) -> None:
        """Give all leases back.

        Raises:
            StoreError: they run out by themselves.
        """

        def write() -> None:
            with self._store.transaction() as tx:
                keeper.release(tx)

        await self.work(write)

    async def work(self, what: Callable[[], T]) -> T:
        """Run `what` in the ledger's thread, after what was begun there before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, what)

    async def run(self) -> None:
        """Write what comes in until `close`."""
        loop = asyncio.get_running_loop()
        while not self._closing or self._results or self._recovered:
            if not (self._results or self._recovered):
                await self._notified(loop, None)
                continue
            if not self._urgent and not self._closing:
                await self._notified(loop, self._settings.group_wait_s, urgent=True)
            self._writing = True
            try:
                self._rounds += await self._write_group()
            finally:
                self._writing = False
                for waiter in self._settling:
                    if not waiter.done():
                        waiter.set_result(None)
                self._settling.clear()

    async def settled(self) -> None:
        """Return when everything that was handed in by now is written."""
        self._urgent = True
        self._notify()
        # What comes later is not waited for: on a busy courier there is always more.
        enough = self._rounds + self._writing + bool(self._results or self._recovered)
        while self._rounds < enough and (self._results or self._recovered or self._writing):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settling.append(waiter)
            await waiter

    def close(self) -> None:
        """Let `run` end when all results are written."""
        self._closing = True
        self._urgent = True
        self._notify()

    def shutdown(self) -> None:
        """Stop the thread; after `run` has ended or was cancelled."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    @property
    def unwritten(self) -> int:
        """How many results are still in memory only."""
        return len(self._results)

    # ---- waiting

    def _queues(self, destination: str) -> bool:
        return self._queued is None or destination in self._queued

    def _hurry(self) -> None:
        self._urgent = True
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _notified(
        self, loop: asyncio.AbstractEventLoop, seconds: float | None, *, urgent: bool = False
    ) -> None:
        """Wait for a notice, or so long; with `urgent` only for an urgent one."""
        over = False

        def end() -> None:
            nonlocal over
            over = True
            self._notify()

        timer = None if seconds is None else loop.call_later(seconds, end)
        try:
            while True:
                self._wake = loop.create_future()
                await self._wake
                if over or self._urgent or not urgent:
                    return
        finally:
            self._wake = None
            if timer is not None:
                timer.cancel()

    # ---- writing

    async def _write_group(self) -> bool:
        """Write all there is; return whether it was done, so that nothing of it waits any more."""
        group = Group(self._results, list(self._recovered))
        self._results, self._recovered, self._urgent = [], {}, False
        self._queued_since = frozenset()
        if self._pressing is not None:
            self._pressing.cancel()
            self._pressing = None
        try:
            written = await self.work(lambda: write_group(self._store, self._clock, group))
        except StoreError as error:
            self._results = group.results + self._results
            self._recovered = dict.fromkeys(group.recovered) | self._recovered
            log.warning("store not written", reason=str(error), results_kept=len(self._results))
            await asyncio.sleep(self._settings.store_retry_s)
            return False
        except Exception as error:
            log.exception("group not written", results=len(group.results), error=str(error))
            return all([await self._write_alone(result) for result in group.results])
        self._queued = written.queued | self._queued_since
        by_writer: dict[Writer, list[Result]] = {}
        for result in group.results:
            by_writer.setdefault(result.writer, []).append(result)
        for writer, results in by_writer.items():
            writer.written(results, lost=written.lost)
            if writer.name in written.queued:
                writer.nudge()  # the next of their keys may go
        return True

    async def _write_alone(self, result: Result) -> bool:
        """Write one result of a group that failed, if need be without its attempts; False: it waits again."""
        bare = msgspec.structs.replace(
            result, finish=msgspec.structs.replace(result.finish, attempts=())
        )
        for form in (result, bare):
            try:
                written = await self.work(
                    lambda one=form: write_group(self._store, self._clock, Group([one], []))
                )
            except StoreError:
                self._results.append(form)
                return False
            except Exception:
                log.exception("result not written", delivery_id=result.finish.delivery_id)
            else:
                result.writer.written([result], lost=written.lost)
                return True
        result.writer.written([result], lost={result.mark})
        return True
