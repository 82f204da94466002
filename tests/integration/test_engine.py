"""The engine on the SQLite journal and store: every event once, whatever happens around it."""

import threading

import pytest

from heliograph.engine.stages import route as routing
from heliograph.errors import (
    HeliographError,
    InvariantBroken,
    StoreConflict,
    StoreCorrupt,
    StoreUnavailable,
)
from heliograph.model.delivery import Delivered
from heliograph.model.ids import partition_of
from heliograph.operations.look.condition.audit import audit
from heliograph.operations.look.records.trace import trace
from heliograph.operations.views import TraceView
from heliograph.storage.events.journal import Record
from heliograph.storage.work.deliveries import DeliveryQuery, Finish
from heliograph.testing.clock import ManualClock
from heliograph.testing.hubs import TESTER, hub_of
from heliograph.testing.journal.fixtures import data_of


def drain(engine) -> int:
    total = 0
    while count := engine.step():
        total += count
    return total


def applied(hub, event_id: str):
    with hub.store.read() as reader:
        return reader.applied.get(event_id)


def totals(hub) -> dict[str, int]:
    with hub.store.read() as reader:
        return reader.applied.counts()


def destination(hub) -> None:
    hub.configure({"hook": {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}})


def test_a_batch_becomes_profiles_and_deliveries_and_moves_the_cursors(hub):
    destination(hub)
    events = [hub.event(f"customer-{i}", traits={"n": i}) for i in range(50)]
    hub.append(*events)
    assert drain(hub.engine()) == 50
    assert hub.counts("hook") == {"waiting": 50}
    with hub.store.read() as reader:
        positions = reader.cursors.positions("engine")
        assert reader.profiles.count() == 50
    assert positions == {p: hub.journal.bounds(p).last for p in range(hub.journal.partitions)}
    assert hub.engine(owner="another").step() == 0


def test_an_idle_engine_sees_what_is_appended_later_and_what_another_gives_up(hub):
    destination(hub)
    clock = hub.clock = ManualClock()
    first, second = hub.engine("first"), hub.engine("second")
    assert (first.step(), second.step()) == (0, 0)
    hub.append(hub.event("ann"))
    assert (second.step(), first.step()) == (0, 1)
    hub.append(hub.event("bob"))
    assert second.step() == 0
    with hub.store.transaction() as tx:
        tx.leases.release("engine", "first")
    clock.advance(s=5)  # the second one looks again for partitions that are free
    assert second.step() == 1


def test_an_event_that_was_sent_twice_counts_once(hub):
    destination(hub)
    events = [hub.event(event_id="m-1", message_id="m-1") for _ in range(3)]
    hub.append(events[0])
    hub.append(*events[1:])
    assert drain(hub.engine()) == 3
    assert totals(hub) == {"applied": 1, "skipped": 0, "duplicate": 2}
    assert hub.counts("hook") == {"waiting": 1}


def test_batches_are_bounded_and_take_turns_between_partitions(hub):
    destination(hub)
    hub.append(*[hub.event("one") for _ in range(30)], *[hub.event(f"c-{i}") for i in range(30)])
    engine = hub.engine(batch_events=7)
    sizes = []
    while size := engine.step():
        sizes.append(size)
    assert sum(sizes) == 60
    assert max(sizes) <= 7
    numbers = [d for d in hub.deliveries("hook") if d.key == hub.deliveries("hook")[0].key]
    assert [d.seq for d in numbers] == sorted(d.seq for d in numbers)


def test_an_entry_that_is_no_event_is_skipped_with_a_reason_and_holds_up_nobody(hub):
    destination(hub)
    good = hub.event("ann")
    bad = Record(key="ann", id="evt_bad", at=good.received_at, value=b'{"type":"track"')
    hub.journal.append([bad])
    hub.append(good)
    assert drain(hub.engine()) == 2
    assert totals(hub) == {"applied": 1, "skipped": 1, "duplicate": 0}
    note = applied(hub, "evt_bad")
    assert note.effect == "skipped"
    assert note.reason.startswith("store.corrupt: ")
    assert hub.counts("hook") == {"waiting": 1}


def test_an_event_that_breaks_our_own_code_is_skipped_and_its_neighbours_are_applied(
    hub, monkeypatch
):
    destination(hub)
    events = [hub.event(f"customer-{i}") for i in range(9)]
    real = routing.route

    def broken(event, routes, **rest):
        if event.event_id == events[4].event_id:
            raise ZeroDivisionError
        return real(event, routes, **rest)

    monkeypatch.setattr(routing, "route", broken)
    hub.append(*events)
    assert drain(hub.engine()) == 9
    assert totals(hub) == {"applied": 8, "skipped": 1, "duplicate": 0}
    assert applied(hub, events[4].event_id).reason == "invariant: ZeroDivisionError"
    assert hub.counts("hook") == {"waiting": 8}
    assert audit(data_of(hub.journal, hub.store)).balanced


def test_a_fault_that_hits_every_event_stops_the_batch_instead_of_skipping_it(hub, monkeypatch):
    destination(hub)
    real = routing.route

    def broken(event, routes, **rest):
        raise ZeroDivisionError

    monkeypatch.setattr(routing, "route", broken)
    hub.append(hub.event("ann"), hub.event("bob"))
    engine = hub.engine()
    with pytest.raises(InvariantBroken):
        engine.step()
    assert totals(hub) == {"applied": 0, "skipped": 0, "duplicate": 0}
    monkeypatch.setattr(routing, "route", real)
    assert drain(engine) == 2


class FreezingJournal:
    """Gives what the journal gives; the first time that is something, `meanwhile` happens before."""

    def __init__(self, journal, meanwhile) -> None:
        self._journal = journal
        self._meanwhile = meanwhile

    def __getattr__(self, name: str):
        return getattr(self._journal, name)

    def read_many(self, after, limit: int):
        entries = self._journal.read_many(after, limit)
        if entries and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return entries


def test_an_engine_that_was_frozen_past_its_lease_changes_nothing(hub):
    """The first engine holds a batch in memory when its lease ends and the second applies the same."""
    destination(hub)
    hub.append(*[hub.event(f"customer-{i}") for i in range(10)])
    clock = hub.clock = ManualClock()

    def second_takes_over() -> None:
        second = hub.engine("second")
        assert second.step() == 0  # sees the first one alive
        clock.advance(s=3600)
        assert drain(second) == 10

    frozen = hub.engine("frozen", journal=FreezingJournal(hub.journal, second_takes_over))
    with pytest.raises(StoreConflict):
        frozen.step()
    assert totals(hub) == {"applied": 10, "skipped": 0, "duplicate": 0}
    assert hub.counts("hook") == {"waiting": 10}
    assert frozen.step() == 0


def test_a_cursor_that_is_reset_under_a_running_engine_repeats_no_effect(hub):
    destination(hub)
    hub.append(*[hub.event("ann") for _ in range(5)])
    engine = hub.engine()
    drain(engine)
    partition = hub.deliveries("hook")[0].partition
    with hub.store.transaction() as tx:
        tx.cursors.reset("engine", partition, 0)
    hub.append(hub.event("ann"))
    with pytest.raises(StoreConflict):
        engine.step()
    assert drain(engine) == 6
    assert totals(hub) == {"applied": 6, "skipped": 0, "duplicate": 5}
    assert hub.counts("hook") == {"waiting": 1, "queued": 5}


def test_events_trimmed_before_they_were_read_are_said_and_noted_and_stall_nothing(hub, capsys):
    destination(hub)
    gone = [hub.event("ann"), hub.event("ann")]
    hub.append(*gone, hub.event("ann"))
    partition = next(p for p in range(16) if hub.journal.bounds(p).last)
    hub.journal.trim(partition, 3)
    assert drain(hub.engine()) == 1
    assert applied(hub, gone[0].event_id) is None
    assert hub.counts("hook") == {"waiting": 1}
    with hub.store.read() as reader:
        [gap] = reader.readers.gaps("engine")
        assert reader.cursors.positions("engine")[partition] == 3
    assert (gap.partition, gap.first, gap.last) == (partition, 1, 2)
    assert "events missed" in capsys.readouterr().out


class CorruptJournal(FreezingJournal):
    """Cannot read one partition."""

    def __init__(self, journal, partition: int) -> None:
        super().__init__(journal, None)
        self.partition: int | None = partition

    def read(self, partition: int, after: int, limit: int):
        self.read_many({partition: after}, 0)
        return self._journal.read(partition, after, limit)

    def read_many(self, after, limit: int):
        if self.partition in after:
            raise StoreCorrupt("store.corrupt", "a page cannot be read")
        return super().read_many(after, limit)


def test_a_partition_that_cannot_be_read_stops_alone_and_is_tried_again(hub):
    destination(hub)
    hub.append(hub.event("ann"))
    broken = partition_of("ann")
    other = next(c for i in range(99) if partition_of(c := f"customer-{i}") != broken)
    hub.append(hub.event(other))
    clock = hub.clock = ManualClock()
    journal = CorruptJournal(hub.journal, broken)
    engine = hub.engine(journal=journal, stalled_retry_s=30)
    assert drain(engine) == 1
    assert hub.counts("hook") == {"waiting": 1}
    journal.partition = None
    assert engine.step() == 0
    clock.advance(s=31)
    assert drain(engine) == 1


def test_a_pipeline_that_no_longer_decodes_keeps_its_last_good_version(hub):
    destination(hub)
    hub.put("pipeline", "all", {"destinations": "hook"})
    hub.apply(hub.event())
    assert hub.counts("hook") == {"waiting": 1}


def test_a_workspace_without_its_secret_still_gets_its_deliveries(hub):
    destination(hub)
    hub.put("workspace", "workspace", {"id": "acme", "data_api_keys": ["${NOT_SET}"]})
    hub.apply(hub.event())
    assert hub.counts("hook") == {"waiting": 1}


def test_deliveries_wait_for_a_destination_that_does_not_exist_yet(hub):
    hub.configure({})
    hub.put("pipeline", "all", {"destinations": [{"name": "later", "blueprint": None}]})
    hub.apply(hub.event())
    assert hub.counts("later") == {"waiting": 1}


def test_held_deliveries_wait_again_when_their_person_is_identified(hub):
    destination(hub)
    hub.apply(hub.event(None, anonymous_id="anon-1"))
    with hub.store.transaction() as tx:
        [waiting] = tx.deliveries.find(DeliveryQuery(destination="acme/hook"))
        held = Finish(
            delivery_id=waiting.delivery_id,
            outcome=Delivered(),
            state="held",
            due_at=0,
            steps_done=0,
            retries=0,
            reason="anonymous",
        )
        tx.deliveries.finish([held], now_ms=hub.clock.now_ms())
    hub.apply(hub.event("ann", anonymous_id="anon-1"))
    assert [one.state for one in hub.deliveries("hook")] == ["waiting", "queued"]


def test_the_loop_outlives_a_store_that_is_away_and_gives_its_partitions_back(hub, monkeypatch):
    destination(hub)
    hub.append(*[hub.event(f"customer-{i}") for i in range(20)])
    failures = 5
    real = hub.store.transaction
    stop = threading.Event()

    def transaction():
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreUnavailable("store.unavailable", "the disk is full")
        return real()

    monkeypatch.setattr(hub.store, "transaction", transaction)
    engine = hub.engine(retry_s=0.001, announce=lambda made: stop.set())
    engine.run(stop)
    assert totals(hub)["applied"] == 20
    with hub.store.transaction() as tx:
        assert tx.leases.holders("engine") == []


def test_the_audit_balances_at_every_moment_of_running_traffic(hub):
    destination(hub)
    stop = threading.Event()
    engine = hub.engine(batch_events=20)
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    reports = []
    try:
        for round_ in range(60):
            hub.append(*[hub.event(f"customer-{round_}-{i}") for i in range(25)])
            reports.append(audit(data_of(hub.journal, hub.store)))
    finally:
        stop.set()
        thread.join()
    assert [r.differences for r in reports if not r.balanced] == []
    assert any(report.engine.lag > 0 for report in reports)
    drain(hub.engine("last"))
    last = audit(data_of(hub.journal, hub.store))
    assert last.balanced
    assert (last.engine.applied, last.engine.lag, last.deliveries.deliveries) == (1500, 0, 1500)


def test_the_audit_names_what_is_missing(hub):
    """A lost effect, planted by moving a cursor without applying anything, is found."""
    destination(hub)
    hub.append(*[hub.event("ann") for _ in range(4)])
    with hub.store.transaction() as tx:
        for claim in tx.cursors.take("engine", range(16)):
            last = hub.journal.bounds(claim.partition).last
            tx.cursors.advance(
                "engine", claim.partition, old=claim.position, new=last, epoch=claim.epoch
            )
    report = audit(data_of(hub.journal, hub.store))
    assert not report.balanced
    assert report.differences[0] == "4 acknowledged events were read and not applied"
    assert (
        "events 4 != applied 0 + skipped 0 + duplicates 0 + lag 0 (difference 4)"
        in report.differences
    )


def traced(hub, id_: str) -> TraceView:
    return trace(TESTER, hub_of(data_of(hub.journal, hub.store)), id_)


def test_one_trace_from_every_id_of_an_event(hub):
    destination(hub)
    event = hub.event("ann", message_id="m-77", event_id="m-77", traits={"name": "Ann"})
    pending = hub.event("bob")
    hub.apply(event)
    hub.append(pending)
    [delivery] = hub.deliveries("hook")
    lives = [traced(hub, id_) for id_ in (event.request_id, "m-77", delivery.delivery_id)]
    for life in lives:
        assert life.request is not None
        assert life.request.request_id == event.request_id
        [only] = life.events
        assert (only.state, only.event) == ("applied", event)
        assert only.person is not None
        assert only.person.traits == {"name": "Ann"}
        assert [one.delivery_id for one in only.deliveries or ()] == [delivery.delivery_id]
    for id_ in (pending.request_id, pending.event_id):
        [waiting] = traced(hub, id_).events
        assert (waiting.state, waiting.event, waiting.deliveries) == ("pending", pending, [])
    with pytest.raises(HeliographError, match="there is no request, event or person"):
        traced(hub, "req_nothing")


def test_a_trace_shows_which_place_of_a_repeated_event_counts(hub):
    destination(hub)
    first = hub.event("ann", event_id="m-1")
    again = hub.event("ann", event_id="m-1")
    hub.apply(first, again)
    [one] = traced(hub, first.request_id).events
    [two] = traced(hub, again.request_id).events
    assert (one.state, two.state) == ("applied", "duplicate")
