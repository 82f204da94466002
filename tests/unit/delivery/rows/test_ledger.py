"""Results and leases share transactions; what cannot be written harms nothing else."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from heliograph.delivery.pace.shares import Rota
from heliograph.delivery.rows.finding import Found
from heliograph.delivery.rows.hand import Hand, Mark, Result
from heliograph.delivery.rows.ledger import Ledger
from heliograph.delivery.settings import DeliverySettings
from heliograph.errors import StoreUnavailable
from heliograph.model.delivery import DeliveryState, NewDelivery
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory import MemoryStore
from heliograph.testing.samples import make_attempt, make_delivery, make_finish, make_profile

HOOK = "acme/hook"
SETTINGS = DeliverySettings(group_wait_s=0.001, store_retry_s=0.001)


class WatchedStore:
    """The store in memory; counts transactions, fails the first `failures`, refuses poisoned attempts."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.read = store.read
        self.close = store.close
        self.changes = store.changes
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
                leases=tx.leases,
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


def done(number: int, writer: "Notes", *, reason: str = "", epoch: int | None = None) -> Result:
    attempt = msgspec.structs.replace(make_attempt(number, 1, at=1), reason=reason)
    finish = make_finish(f"dlv_{number}", "delivered", attempts=(attempt,))
    hand = writer.hands[number]
    return Result(
        hand=hand, finish=finish, epoch=writer.epoch if epoch is None else epoch, writer=writer
    )


class Notes:
    """Stands for a lane: keeps what it is told."""

    def __init__(self, epoch: int, hands: dict[int, Hand]) -> None:
        self.epoch = epoch
        self.hands = hands
        self.told: dict[str, bool] = {}
        self.name = HOOK
        self.nudged = 0

    def nudge(self) -> None:
        self.nudged += 1

    def written(self, results: Sequence[Result], *, lost: Collection[Mark]) -> None:
        for result in results:
            self.told[result.finish.delivery_id] = result.mark not in lost


async def look(ledger: Ledger, limit: int, skip: Collection[int] = ()) -> Found:
    return await ledger.look(HOOK, limit=limit, live=limit, others=limit, skip=skip, rota=Rota())


@asynccontextmanager
async def running(
    store: WatchedStore, settings: DeliverySettings = SETTINGS
) -> AsyncIterator[tuple[Ledger, Notes]]:
    """A ledger at work, and a lane that holds the lease and has all six deliveries in hand."""
    ledger = Ledger(settings, store=store, clock=ManualClock(), owner="me")
    task = asyncio.create_task(ledger.run())
    keeper = LeaseKeeper("courier", "me", ttl_ms=60_000, clock=ManualClock())
    failures, store.failures = store.failures, 0
    share = await ledger.lease(keeper, [HOOK], [])
    hands = (await look(ledger, 6)).hands
    store.failures = failures
    notes = Notes(share.held[0].epoch, {int(hand.delivery.delivery_id[4:]): hand for hand in hands})
    try:
        yield ledger, notes
    finally:
        ledger.close()
        await task
        ledger.shutdown()


def states(store: WatchedStore) -> dict[DeliveryState, int]:
    with store.read() as reader:
        return dict(reader.deliveries.counts().get(HOOK, {}))


async def test_many_results_are_one_transaction(store):
    async with running(store) as (ledger, lane):
        before = store.transactions
        for number in range(1, 7):
            ledger.hand_in(done(number, lane))
        await ledger.settled()
    assert lane.told == {f"dlv_{n}": True for n in range(1, 7)}
    assert store.transactions == before + 1
    assert states(store) == {"delivered": 6}


async def test_what_is_found_comes_with_its_person_and_nothing_twice(store):
    async with running(store) as (ledger, _):
        [hand] = (await look(ledger, 1, skip={1, 2, 4, 5, 6})).hands
        assert hand.delivery.delivery_id == "dlv_3"
        assert hand.person.profile_id == "p_3"
        assert (await look(ledger, 9, skip=range(1, 7))).hands == []


async def test_results_are_kept_until_the_store_is_back(store):
    async with running(store) as (ledger, lane):
        store.failures = 10
        ledger.hand_in(done(1, lane))
        await ledger.settled()
        assert lane.told == {"dlv_1": True}
    assert store.failures == 0
    assert states(store) == {"delivered": 1, "waiting": 5}


async def test_one_result_that_cannot_be_written_costs_its_attempts_only(store):
    async with running(store) as (ledger, lane):
        for result in (done(1, lane), done(2, lane, reason="poison"), done(3, lane)):
            ledger.hand_in(result)
        await ledger.settled()
    assert lane.told == {"dlv_1": True, "dlv_2": True, "dlv_3": True}
    assert states(store) == {"delivered": 3, "waiting": 3}
    with store.read() as reader:
        written = [len(reader.deliveries.attempts(f"dlv_{n}")) for n in (1, 2, 3)]
    assert written == [1, 0, 1]


async def test_nothing_is_found_for_a_destination_that_stopped_in_the_same_moment(store):
    stop = DestinationStatus(destination=HOOK, state="misconfigured", reason="HTTP 401", since=0)
    async with running(store) as (ledger, lane):
        refused = done(1, lane)
        ledger.hand_in(
            msgspec.structs.replace(
                refused,
                status=stop,
                finish=msgspec.structs.replace(refused.finish, state="waiting"),
            )
        )
        await ledger.settled()
        assert (await look(ledger, 5)).hands == []
    with store.read() as reader:
        assert reader.destinations.get_all() == {HOOK: stop}


async def test_the_first_reason_of_a_stopped_destination_stays(store):
    first = DestinationStatus(destination=HOOK, state="paused", reason="by Ann", since=0)
    later = DestinationStatus(destination=HOOK, state="misconfigured", reason="HTTP 401", since=1)
    async with running(store) as (ledger, lane):
        await ledger.set_states([first])
        ledger.hand_in(msgspec.structs.replace(done(1, lane), status=later))
        await ledger.settled()
    with store.read() as reader:
        assert reader.destinations.get_all() == {HOOK: first}


async def test_a_result_under_a_lease_that_has_passed_on_is_an_attempt_and_nothing_else(store):
    async with running(store) as (ledger, lane):
        with store.transaction() as tx:
            [holder] = tx.leases.holders("courier")
            assert tx.leases.expel("courier", "me", beat=holder.beat)
            tx.leases.claim("courier", "other", members=[HOOK], now_ms=0, ttl_ms=9)
        ledger.hand_in(done(1, lane))
        await ledger.settled()
        assert lane.told == {"dlv_1": False}
    assert states(store) == {"waiting": 6}
    with store.read() as reader:
        assert len(reader.deliveries.attempts("dlv_1")) == 1


async def test_a_late_result_of_an_old_lane_costs_the_new_one_nothing(store):
    """Both sent the same delivery, and both results go into one transaction."""
    async with running(store, DeliverySettings(group_wait_s=60, order_wait_s=60)) as (ledger, old):
        with store.transaction() as tx:
            again = tx.leases.claim("courier", "me", members=[HOOK], now_ms=0, ttl_ms=9, anew=True)
        new = Notes(again.held[0].epoch, old.hands)
        assert new.epoch > old.epoch
        before = store.transactions
        ledger.hand_in(done(1, old))
        ledger.hand_in(done(1, new))
        ledger.hand_in(done(2, new))
        await ledger.settled()
        assert store.transactions == before + 1
    assert (old.told, new.told) == ({"dlv_1": False}, {"dlv_1": True, "dlv_2": True})
    assert states(store) == {"delivered": 2, "waiting": 4}


async def test_a_hold_that_the_person_outgrew_meanwhile_becomes_another_try(store):
    """Identified between the look and the end of the turn: it would never be lifted again."""
    async with running(store) as (ledger, lane):
        with store.transaction() as tx:
            tx.profiles.put_many([make_profile(1, phone="1")])
        for number in (1, 2):
            held = make_finish(f"dlv_{number}", "held")
            ledger.hand_in(msgspec.structs.replace(done(number, lane), finish=held))
        await ledger.settled()
    assert states(store) == {"waiting": 5, "held": 1}


class Busy(Notes):
    """Hands in another result as soon as one is written."""

    ledger: Ledger

    def written(self, results: Sequence[Result], *, lost: Collection[Mark]) -> None:
        super().written(results, lost=lost)
        if len(self.told) < 6:
            self.ledger.hand_in(done(len(self.told) + 1, self))


async def test_what_comes_later_is_not_waited_for(store):
    """A busy courier would never come to renew its leases."""
    async with running(store, DeliverySettings(group_wait_s=60, order_wait_s=60)) as (ledger, lane):
        busy = Busy(lane.epoch, lane.hands)
        busy.ledger = ledger
        ledger.hand_in(done(1, busy))
        await ledger.settled()
        assert (busy.told, ledger.unwritten) == ({"dlv_1": True}, 1)


async def test_closing_writes_what_is_left(store):
    async with running(store, DeliverySettings(group_wait_s=60, order_wait_s=60)) as (ledger, lane):
        ledger.hand_in(done(1, lane))
        assert ledger.unwritten == 1
    assert states(store) == {"delivered": 1, "waiting": 5}


async def test_results_are_written_when_the_wait_is_over_and_nothing_else_comes(store):
    async with running(store, DeliverySettings(group_wait_s=0.01, order_wait_s=0.01)) as (
        ledger,
        lane,
    ):
        ledger.hand_in(done(1, lane))
        async with asyncio.timeout(30):
            while not lane.told:  # noqa: ASYNC110 - a lane that is told tells nobody
                await asyncio.sleep(0.001)
    assert states(store) == {"delivered": 1, "waiting": 5}


def behind(store: WatchedStore) -> None:
    """Let a seventh delivery queue behind the second."""
    with store.transaction() as tx:
        tx.deliveries.enqueue(
            [make_delivery(7, destination=HOOK, profile_id="p_2", key="key-2")], now_ms=0
        )


async def test_what_others_queue_behind_is_written_at_once_when_nothing_else_is_under_way(store):
    settings = DeliverySettings(group_wait_s=60, order_wait_s=60)
    behind(store)
    async with running(store, settings) as (ledger, lane):
        ledger.hand_in(done(1, lane))
        ledger.rests(HOOK)
        await ledger.settled()
        assert lane.nudged == 1  # something was queued, and may go now
        ledger.hand_in(done(2, lane))
        ledger.rests(HOOK)
        async with asyncio.timeout(30):
            while "dlv_2" not in lane.told:  # noqa: ASYNC110 - a lane that is told tells nobody
                await asyncio.sleep(0.001)
    assert states(store) == {"delivered": 2, "waiting": 5}


async def test_what_nobody_waits_for_keeps_waiting_for_company(store):
    settings = DeliverySettings(group_wait_s=60, order_wait_s=0)
    async with running(store, settings) as (ledger, lane):
        ledger.hand_in(done(1, lane))
        await ledger.settled()
        before = store.transactions
        ledger.hand_in(done(2, lane))
        ledger.rests(HOOK)
        await ledger.work(lambda: None)
        assert (ledger.unwritten, store.transactions, lane.nudged) == (1, before, 0)


async def test_what_others_queue_behind_waits_for_company_while_more_is_due_than_is_in_hand(store):
    """What it frees would go behind that anyway."""
    settings = DeliverySettings(group_wait_s=60, order_wait_s=0)
    behind(store)
    async with running(store, settings) as (ledger, lane):
        ledger.hand_in(done(1, lane))
        await ledger.settled()
        assert lane.nudged == 1  # something is queued
        before = store.transactions
        ledger.hand_in(done(2, lane), more=True)
        for _ in range(3):
            await ledger.work(lambda: None)
        assert (ledger.unwritten, store.transactions) == (1, before)
        ledger.hand_in(done(3, lane))
        async with asyncio.timeout(30):
            while "dlv_3" not in lane.told:  # noqa: ASYNC110 - a lane that is told tells nobody
                await asyncio.sleep(0.001)
    assert states(store) == {"delivered": 3, "waiting": 4}


async def test_what_an_engine_says_to_be_queued_presses_results_until_a_later_look_says_otherwise(
    store,
):
    settings = DeliverySettings(group_wait_s=60, order_wait_s=0)
    async with running(store, settings) as (ledger, lane):
        ledger.hand_in(done(1, lane))
        await ledger.settled()  # nothing is queued
        ledger.hand_in(done(2, lane))
        ledger.press(HOOK)
        await ledger.work(lambda: None)
        assert ledger.unwritten == 1
        ledger.queue_at(frozenset({HOOK}))
        ledger.press(HOOK)
        async with asyncio.timeout(30):
            while "dlv_2" not in lane.told:  # noqa: ASYNC110 - a lane that is told tells nobody
                await asyncio.sleep(0.001)
        ledger.hand_in(done(3, lane))
        ledger.press(HOOK)
        await ledger.work(lambda: None)
        assert ledger.unwritten == 1
    assert states(store) == {"delivered": 3, "waiting": 3}
