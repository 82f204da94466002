"""The store as the lanes see it: asynchronous, written by one thread, many turns in one transaction.

What lanes ask for within a few milliseconds (results to write, deliveries to lease) becomes one
transaction, so a durable commit is paid once for up to hundreds of deliveries. In it, in this order:
results, states of destinations, leases given back, what may go to a destination that answers again, new
leases. A result is kept in memory until it is written, however long the store is away: a request that a
destination took is not sent again because a disk was full. While results wait, their lanes claim nothing
new.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from heliograph.delivery.circuit import NOBODY_THERE
from heliograph.delivery.people import people_of
from heliograph.delivery.settings import DeliverySettings
from heliograph.delivery.shelf import Shelf
from heliograph.destinations.base import Person
from heliograph.errors import StoreError
from heliograph.model.clock import Clock
from heliograph.model.delivery import Delivery
from heliograph.storage.deliveries import DeliveryQuery, Finish
from heliograph.storage.destination_states import DestinationStatus
from heliograph.storage.store import Store, Transaction
from heliograph.telemetry.logs import get_logger

T = TypeVar("T")
log = get_logger("delivery.ledger")


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in hand, with the person it is about as of the moment of the lease."""

    delivery: Delivery
    person: Person
    until_ms: int
    """End of the lease, wall clock."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn hands in."""

    finish: Finish
    status: DestinationStatus | None = None
    """State that the destination gets, unless it has one already."""


class _Ask(msgspec.Struct, frozen=True):
    destination: str
    limit: int
    lease_ms: int


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
    ) -> None:
        self._shelf = shelf or Shelf()
        self._settings = settings
        self._store = store
        self._clock = clock
        self._owner = owner
        self._results: list[tuple[Result, asyncio.Future[bool]]] = []
        self._asks: list[tuple[_Ask, asyncio.Future[list[Leased]]]] = []
        self._releases: list[str] = []
        self._recovered: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        # Set when what has gathered is to be written now.
        self._closing = False
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="courier-write")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="courier-read")

    async def claim(self, destination: str, *, limit: int, lease_ms: int) -> list[Leased]:
        """Lease up to `limit` due deliveries; none when the destination is not active.

        Raises:
            StoreError: nothing was leased.
        """
        future: asyncio.Future[list[Leased]] = asyncio.get_running_loop().create_future()
        self._asks.append((_Ask(destination, limit, lease_ms), future))
        self._wake.set()
        self._full.set()
        return await future

    async def finish(self, result: Result) -> bool:
        """Write a result; return False when the lease had been lost and only attempts were written."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._results.append((result, future))
        self._wake.set()
        if len(self._results) >= self._settings.group_max:
            self._full.set()
        return await future

    def release(self, delivery_ids: Sequence[str]) -> None:
        """Give leases back soon; what was not given back when the process ends runs out by itself."""
        if delivery_ids:
            self._releases.extend(delivery_ids)
            self._wake.set()

    def recovered(self, destination: str) -> None:
        """Make due soon what waits for a retry because the destination did not answer: now it does."""
        self._recovered[destination] = None
        self._wake.set()

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
            await asyncio.get_running_loop().run_in_executor(self._writer, write)

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work`, which reads the store, in the reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    async def take_back(self) -> None:
        """Give back what this courier's name holds from an earlier life, so that it need not run out.

        For use before the first claim. Does nothing where every process has a name of its own.

        Raises:
            StoreError: nothing was changed.
        """
        query = DeliveryQuery(states=("leased",), limit=10_000)

        def write() -> None:
            with self._store.read() as reader:
                held = [one.delivery_id for one in reader.deliveries.find(query)]
            if held:
                with self._store.transaction() as tx:
                    tx.deliveries.release(held, owner=self._owner, now_ms=self._clock.now_ms())

        await asyncio.get_running_loop().run_in_executor(self._writer, write)

    async def run(self) -> None:
        """Write what comes in until `close`."""
        while not self._closing or self._results or self._releases or self._recovered:
            await self._wake.wait()
            self._wake.clear()
            await self._gather()
            await self._write_group()
        for _, future in self._asks:
            future.cancel()

    def close(self) -> None:
        """Let `run` end when all results are written."""
        self._closing = True
        self._wake.set()
        self._full.set()

    def shutdown(self) -> None:
        """Stop the threads; after `run` has ended or was cancelled."""
        self._writer.shutdown(wait=True, cancel_futures=True)
        self._reader.shutdown(wait=True, cancel_futures=True)

    @property
    def unwritten(self) -> int:
        """How many results are still in memory only."""
        return len(self._results)

    async def _gather(self) -> None:
        """Let results wait for company; a lane that asks for work takes them along at once."""
        if self._closing or self._asks or len(self._results) >= self._settings.group_max:
            return
        self._full.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), self._settings.group_wait_s)

    async def _write_group(self) -> None:
        results, self._results = self._results, []
        asks, self._asks = self._asks, []
        releases, self._releases = self._releases, []
        recovered, self._recovered = self._recovered, {}
        if not (results or asks or releases or recovered):
            return
        loop = asyncio.get_running_loop()
        try:
            lost, leased = await loop.run_in_executor(
                self._writer,
                self._write,
                [result for result, _ in results],
                releases,
                [ask for ask, _ in asks],
                list(recovered),
            )
        except StoreError as error:
            self._results = results + self._results
            self._releases = releases + self._releases
            self._recovered = recovered | self._recovered
            _fail(asks, error)
            log.warning("store not written", reason=str(error), results_kept=len(self._results))
            await asyncio.sleep(self._settings.store_retry_s)
            self._wake.set()
        except Exception as error:
            log.exception("group not written", results=len(results))
            _fail(asks, error)
            self._releases = releases + self._releases
            self._recovered = recovered | self._recovered
            for result, future in results:
                await self._write_alone(result, future)
        else:
            for result, future in results:
                _settle(future, result.finish.delivery_id not in lost)
            for (_, future), mine in zip(asks, leased, strict=True):
                _settle(future, mine)

    async def _write_alone(self, result: Result, future: asyncio.Future[bool]) -> None:
        """Write one result of a group that failed, if need be without its attempts."""
        bare = msgspec.structs.replace(
            result, finish=msgspec.structs.replace(result.finish, attempts=())
        )
        for form in (result, bare):
            try:
                lost, _ = await asyncio.get_running_loop().run_in_executor(
                    self._writer, self._write, [form]
                )
            except StoreError:
                self._results.append((form, future))
                self._wake.set()
                return
            except Exception:
                log.exception("result not written", delivery_id=result.finish.delivery_id)
            else:
                _settle(future, result.finish.delivery_id not in lost)
                return
        _settle(future, False)

    def _write(
        self,
        results: Sequence[Result],
        releases: Sequence[str] = (),
        asks: Sequence[_Ask] = (),
        recovered: Sequence[str] = (),
    ) -> tuple[set[str], list[list[Leased]]]:
        """Do it all in one transaction; runs in the writing thread."""
        now_ms = self._clock.now_ms()
        with self._store.transaction() as tx:
            lost: set[str] = set()
            if results:
                turns = [result.finish for result in results]
                lost = tx.deliveries.finish(turns, now_ms=now_ms)
            stopped = set(tx.destinations.get_all())
            for result in results:
                if result.status is not None and result.status.destination not in stopped:
                    tx.destinations.set(result.status)
                    stopped.add(result.status.destination)
            if releases:
                tx.deliveries.release(releases, owner=self._owner, now_ms=now_ms)
            for destination in recovered:
                tx.deliveries.hasten(destination, statuses=NOBODY_THERE, now_ms=now_ms)
            leased = [
                [] if ask.destination in stopped else self._lease(tx, ask, now_ms) for ask in asks
            ]
        return lost, leased

    def _lease(self, tx: Transaction, ask: _Ask, now_ms: int) -> list[Leased]:
        deliveries = tx.deliveries.claim(
            ask.destination,
            owner=self._owner,
            limit=ask.limit,
            now_ms=now_ms,
            lease_ms=ask.lease_ms,
        )
        self._shelf.fill(tx, deliveries)
        people = people_of(tx, [one.profile_id for one in deliveries])
        return [
            Leased(delivery=one, person=people[one.profile_id], until_ms=now_ms + ask.lease_ms)
            for one in deliveries
        ]


def _settle(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _fail(asks: Sequence[tuple[_Ask, asyncio.Future[list[Leased]]]], error: Exception) -> None:
    for _, future in asks:
        if not future.done():
            future.set_exception(error)
