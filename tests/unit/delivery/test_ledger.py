"""Results and leases share transactions; what cannot be written harms nothing else."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from heliograph.delivery.ledger import Ledger, Result
from heliograph.delivery.settings import DeliverySettings
from heliograph.errors import StoreUnavailable
from heliograph.model.delivery import DeliveryState, NewDelivery
from heliograph.storage.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory import MemoryStore
from heliograph.testing.samples import make_attempt, make_delivery, make_finish

HOOK = "acme/hook"
SETTINGS = DeliverySettings(group_wait_s=0.001, store_retry_s=0.001)


class WatchedStore:
    """The store in memory; counts transactions, fails the first `failures`, refuses poisoned attempts."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.read = store.read
        self.close = store.close
        self.transactions = 0
        self.failures = 0

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self.transactions += 1
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("store.unavailable", "the disk is full")
        with self._store.transaction() as tx:
            yield SimpleNamespace(
                deliveries=FussyDeliveries(tx.deliveries),
                destinations=tx.destinations,
                profiles=tx.profiles,
            )


class FussyDeliveries:
    """Refuses attempts that are poisoned, as a database does with text that it cannot encode."""

    def __init__(self, deliveries) -> None:
        self._deliveries = deliveries

    def __getattr__(self, name: str):
        return getattr(self._deliveries, name)

    def finish(self, turns, *, now_ms):
        if any(a.reason == "poison" for turn in turns for a in turn.attempts):
            raise UnicodeEncodeError("utf-8", "", 0, 1, "surrogates")
        return self._deliveries.finish(turns, now_ms=now_ms)


@pytest.fixture
def store() -> WatchedStore:
    memory = MemoryStore()
    with memory.transaction() as tx:
        tx.deliveries.enqueue([new(n) for n in range(1, 7)], now_ms=0)
    return WatchedStore(memory)


def new(number: int) -> NewDelivery:
    return make_delivery(number, destination=HOOK, profile_id=f"p_{number}")


def done(number: int, *, reason: str = "") -> Result:
    attempt = msgspec.structs.replace(make_attempt(number, 1, at=1), reason=reason)
    finish = make_finish(f"dlv_{number}", "delivered", owner="me", attempts=(attempt,))
    return Result(finish=finish)


@asynccontextmanager
async def running(store: WatchedStore, settings: DeliverySettings = SETTINGS):
    ledger = Ledger(settings, store=store, clock=ManualClock(), owner="me")
    task = asyncio.create_task(ledger.run())
    try:
        yield ledger
    finally:
        ledger.close()
        await task
        ledger.shutdown()


def states(store: WatchedStore) -> dict[DeliveryState, int]:
    with store.read() as reader:
        return dict(reader.deliveries.counts().get(HOOK, {}))


async def test_many_results_are_one_transaction(store):
    async with running(store) as ledger:
        await ledger.claim(HOOK, limit=6, lease_ms=60_000)
        before = store.transactions
        kept = await asyncio.gather(*[ledger.finish(done(n)) for n in range(1, 7)])
    assert kept == [True] * 6
    assert store.transactions == before + 1
    assert states(store) == {"delivered": 6}


async def test_leases_come_with_the_person_and_their_end(store):
    clock = ManualClock()
    async with running(store) as ledger:
        [leased] = await ledger.claim(HOOK, limit=1, lease_ms=5_000)
    assert leased.delivery.delivery_id == "dlv_1"
    assert leased.person.profile_id == "p_1"
    assert leased.until_ms == clock.now_ms() + 5_000


async def test_results_are_kept_until_the_store_is_back(store):
    async with running(store) as ledger:
        await ledger.claim(HOOK, limit=6, lease_ms=60_000)
        store.failures = 10
        assert await ledger.finish(done(1))
    assert store.failures == 0
    assert states(store) == {"delivered": 1, "leased": 5}


async def test_a_claim_fails_at_once_when_the_store_is_away(store):
    store.failures = 1
    async with running(store) as ledger:
        with pytest.raises(StoreUnavailable):
            await ledger.claim(HOOK, limit=1, lease_ms=1)
        assert await ledger.claim(HOOK, limit=1, lease_ms=1)


async def test_one_result_that_cannot_be_written_costs_its_attempts_only(store):
    async with running(store) as ledger:
        await ledger.claim(HOOK, limit=6, lease_ms=60_000)
        kept = await asyncio.gather(
            ledger.finish(done(1)), ledger.finish(done(2, reason="poison")), ledger.finish(done(3))
        )
    assert kept == [True, True, True]
    assert states(store) == {"delivered": 3, "leased": 3}
    with store.read() as reader:
        written = [len(reader.deliveries.attempts(f"dlv_{n}")) for n in (1, 2, 3)]
    assert written == [1, 0, 1]


async def test_nothing_is_leased_from_a_destination_that_stopped_in_the_same_moment(store):
    stop = DestinationStatus(destination=HOOK, state="misconfigured", reason="HTTP 401", since=0)
    async with running(store) as ledger:
        await ledger.claim(HOOK, limit=1, lease_ms=60_000)
        refused = msgspec.structs.replace(done(1), status=stop)
        refused = msgspec.structs.replace(
            refused, finish=msgspec.structs.replace(refused.finish, state="waiting")
        )
        _, leased = await asyncio.gather(
            ledger.finish(refused), ledger.claim(HOOK, limit=5, lease_ms=60_000)
        )
    assert leased == []
    with store.read() as reader:
        assert reader.destinations.get_all() == {HOOK: stop}


async def test_the_first_reason_of_a_stopped_destination_stays(store):
    first = DestinationStatus(destination=HOOK, state="paused", reason="by Ann", since=0)
    later = DestinationStatus(destination=HOOK, state="misconfigured", reason="HTTP 401", since=1)
    async with running(store) as ledger:
        await ledger.claim(HOOK, limit=1, lease_ms=60_000)
        await ledger.set_states([first])
        await ledger.finish(msgspec.structs.replace(done(1), status=later))
    with store.read() as reader:
        assert reader.destinations.get_all() == {HOOK: first}


async def test_a_lost_lease_is_told(store):
    async with running(store) as ledger:
        assert await ledger.finish(done(1)) is False


async def test_closing_writes_what_is_left(store):
    async with running(store, DeliverySettings(group_wait_s=60)) as ledger:
        await ledger.claim(HOOK, limit=2, lease_ms=60_000)
        last = asyncio.create_task(ledger.finish(done(1)))
        ledger.release(["dlv_2"])
        async with asyncio.timeout(30):
            while ledger.unwritten != 1:  # noqa: ASYNC110 - a ledger tells nobody that it waits
                await asyncio.sleep(0)
        ledger.close()
        assert await last
    assert states(store) == {"delivered": 1, "waiting": 5}
