"""Retention removes what is too old and nothing else, and the audit balances as before."""

import threading
from typing import Any, cast

import pytest

from heliograph.app.settings import RetentionSettings
from heliograph.app.upkeep.housekeeping import (
    DAY_MS,
    STEP_EVENTS,
    JournalHousekeeping,
    LeasedHousekeeping,
    StoreHousekeeping,
    keep_house,
)
from heliograph.engine.loop.loop import Engine
from heliograph.engine.settings import EngineSettings
from heliograph.errors import StoreUnavailable
from heliograph.model.event import Event, encode_event
from heliograph.operations.look.condition.audit import audit
from heliograph.storage.events.journal import Record
from heliograph.storage.events.requests import RequestQuery
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.clock import ManualClock
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory import MemoryJournal, MemoryStore
from heliograph.testing.samples import make_delivery, make_finish, make_request

WEEK = RetentionSettings(keep_requests_days=7, keep_events_days=7, keep_delivered_days=7)


class Hub:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.journal = MemoryJournal()
        self.store = MemoryStore()
        self.received = 0
        with self.store.transaction() as tx:
            tx.configuration.put("w", "workspace", "workspace", {"id": "w"}, now_ms=0)

    def receive(self, number: int) -> None:
        """Append that many requests with an event each, a second apart."""
        for _ in range(number):
            self.received += 1
            n, now = self.received, self.clock.now_ms()
            event = Event(
                type="track",
                event_id=f"evt_{n}",
                workspace="w",
                source_id="crm",
                request_id=f"req_{n:026d}",
                item_index=0,
                timestamp=now,
                received_at=now,
                customer_id=f"c{n % 50}",
                traits={"n": n},
            )
            request = make_request(n)
            request = type(request)(
                **{f: getattr(request, f) for f in request.__struct_fields__ if f != "received_at"},
                received_at=now,
            )
            record = Record(key=event.key, id=event.event_id, at=now, value=encode_event(event))
            self.journal.take([request], [record])
            self.clock.advance(s=1)

    def apply(self) -> None:
        engine = Engine(
            EngineSettings(),
            journal=self.journal,
            store=self.store,
            load_catalog=lambda: (1, {}),
            clock=self.clock,
            owner="engine",
        )
        while engine.step():
            pass

    def trim(self, settings: RetentionSettings = WEEK) -> dict[str, int]:
        return self._all(
            JournalHousekeeping(
                settings, data=data_of(self.journal, self.store), now_ms=self.clock.now_ms
            )
        )

    def prune(self, settings: RetentionSettings = WEEK) -> dict[str, int]:
        return self._all(
            StoreHousekeeping(
                settings, data=data_of(self.journal, self.store), now_ms=self.clock.now_ms
            )
        )

    @staticmethod
    def _all(housekeeping: JournalHousekeeping | StoreHousekeeping) -> dict[str, int]:
        total: dict[str, int] = {}
        while step := housekeeping.step():
            for what, number in step.items():
                total[what] = total.get(what, 0) + number
        return total

    def kept_events(self) -> int:
        bounds = [self.journal.bounds(p) for p in range(self.journal.partitions)]
        return sum(b.last - b.first + 1 for b in bounds)


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_what_is_older_than_its_days_goes_and_the_rest_stays(hub: Hub) -> None:
    hub.receive(300)
    hub.clock.advance(s=6 * 86_400)
    hub.receive(100)
    hub.apply()
    assert hub.trim() == {}
    hub.clock.advance(s=86_400 + 1)
    assert hub.trim() == {"requests": 300, "events": 300}
    assert len(hub.journal.requests.find(RequestQuery(limit=1_000))) == 100
    assert hub.kept_events() == 100
    assert hub.trim() == {}


def test_an_event_that_is_not_applied_yet_is_kept_however_old_it_is(hub: Hub) -> None:
    hub.receive(40)
    hub.apply()
    hub.receive(60)
    hub.clock.advance(s=30 * 86_400)
    assert hub.trim() == {"requests": 100, "events": 40}
    assert hub.kept_events() == 60
    hub.apply()
    assert hub.trim() == {"events": 60}


def test_the_audit_balances_and_profiles_stay_after_everything_was_trimmed(hub: Hub) -> None:
    hub.receive(200)
    hub.apply()
    before = audit(data_of(hub.journal, hub.store))
    with hub.store.read() as reader:
        profiles = reader.profiles.find(workspace=None, after=None, limit=1_000)
    hub.clock.advance(s=30 * 86_400)
    hub.trim()
    assert hub.prune() == {"effects": 200}
    after = audit(data_of(hub.journal, hub.store))
    assert after.balanced, after.differences
    assert (after.engine, after.journal) == (before.engine, before.journal)
    with hub.store.read() as reader:
        assert reader.profiles.find(workspace=None, after=None, limit=1_000) == profiles
        assert reader.applied.get("evt_1") is None
    hub.receive(10)
    hub.apply()
    assert audit(data_of(hub.journal, hub.store)).balanced


def test_effects_are_forgotten_only_of_events_that_the_journal_has_trimmed(hub: Hub) -> None:
    hub.receive(STEP_EVENTS * 2)
    hub.apply()
    hub.clock.advance(s=30 * 86_400)
    assert hub.prune() == {}
    JournalHousekeeping(
        WEEK, data=data_of(hub.journal, hub.store), now_ms=hub.clock.now_ms
    )._trim_events(hub.clock.now_ms())
    trimmed = sum(hub.journal.bounds(p).first - 1 for p in range(hub.journal.partitions))
    assert 0 < trimmed < hub.received
    assert hub.prune() == {"effects": trimmed}


def test_delivered_deliveries_go_and_open_and_dead_ones_stay(hub: Hub) -> None:
    now = hub.clock.now_ms()
    with hub.store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(n) for n in range(3)], now_ms=now)
        seqs = tx.deliveries.due("w/crm", priority=0, limit=2, now_ms=now)
        ids = [delivery.delivery_id for delivery in tx.deliveries.load(seqs)]
        tx.deliveries.finish([make_finish(ids[0], "delivered")], now_ms=now)
        tx.deliveries.finish([make_finish(ids[1], "dead")], now_ms=now)
    assert hub.prune() == {}
    hub.clock.advance(s=7 * 86_400 + 1)
    assert hub.prune() == {"deliveries": 1}
    with hub.store.read() as reader:
        states = {d.state for d in reader.deliveries.find(DeliveryQuery())}
        assert reader.deliveries.counts() == reader.deliveries.recount()
    assert states == {"dead", "waiting"}


def test_zero_days_keep_for_ever(hub: Hub) -> None:
    hub.receive(5)
    hub.apply()
    hub.clock.advance(ms=10_000 * DAY_MS)
    for_ever = RetentionSettings(keep_requests_days=0, keep_delivered_days=0)
    assert hub.trim(for_ever) == {}
    assert hub.prune(for_ever) == {}


def test_rounds_go_on_after_the_store_did_not_answer(hub: Hub) -> None:
    """A round that fails is left, and the next one does what it did not."""
    stop = threading.Event()
    answers = [StoreUnavailable("store.unavailable", "locked"), {"events": 2}, {"events": 1}, {}]
    told: list[tuple[str, int]] = []

    class Flaky:
        def step(self) -> dict[str, int]:
            answer = answers.pop(0)
            if not answers:
                stop.set()
            if isinstance(answer, Exception):
                raise answer
            return answer

    keep_house(
        Flaky(),
        every_s=0.001,
        clock=hub.clock,
        stop=stop,
        removed=lambda what, number: told.append((what, number)),
    )
    assert told == [("events", 2), ("events", 1)]


class Removes:
    """Housekeeping that has something to remove whenever it is asked."""

    def step(self) -> dict[str, int]:
        return {"rows": 1}


def leased(hub: Hub, owner: str) -> LeasedHousekeeping:
    return LeasedHousekeeping(Removes(), store=hub.store, owner=owner, every_s=60, clock=hub.clock)


def test_one_of_several_workers_keeps_house_whatever_its_number(hub: Hub) -> None:
    second, third = leased(hub, "worker-2@host"), leased(hub, "worker-3@host")
    for _ in range(20):
        assert [bool(one.step()) for one in (second, third)] == [True, False]
        hub.clock.advance(s=60)


def test_another_worker_keeps_house_when_the_one_that_did_is_silent(hub: Hub) -> None:
    first, second = leased(hub, "worker@host"), leased(hub, "worker-2@host")
    assert first.step()
    assert not second.step()  # `first` is not heard of again
    rounds = 0
    while not second.step():
        rounds += 1
        hub.clock.advance(s=60)
        assert rounds < 10
    assert rounds >= 3, "its silence is borne for three rounds"


def test_a_worker_that_stops_hands_the_house_over_at_once(hub: Hub) -> None:
    first, second = leased(hub, "worker@host"), leased(hub, "worker-2@host")
    assert first.step()
    assert not second.step()
    first.release()
    hub.clock.advance(s=60)
    assert second.step()


def test_no_house_is_kept_while_the_store_is_away(hub: Hub) -> None:
    class Away:
        def transaction(self) -> Any:
            raise StoreUnavailable("store.unavailable", "locked")

    keeps = LeasedHousekeeping(
        Removes(), store=cast(Store, Away()), owner="worker@host", every_s=60, clock=hub.clock
    )
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            keeps.step()
    keeps.release()
