"""The engine's seams with a real stage: state, timer, outbox, relay; and events that must wait."""

import pytest

from heliograph.app.upkeep.clock_watch import ClockWatch
from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.stages.seen import SourceSeen, sources_of
from heliograph.engine.stages.standard import standard_stages
from heliograph.errors import StoreConflict, StoreUnavailable
from heliograph.model.identity import first_profile_id
from heliograph.model.ids import partition_of
from heliograph.operations.look.condition.audit import audit
from heliograph.testing.clock import ManualClock
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.running.nap_stage import NAP_ENDED, NapStage

NAP_MS = 60_000
GRACE_MS = 1_000


def napping(routes: RouteBook):
    """The hub's stages and one more."""
    return (*standard_stages(routes), NapStage(NAP_MS))


def drain(engine) -> int:
    total = 0
    while count := engine.step():
        total += count
    return total


def destination(hub) -> None:
    hub.configure({"hook": {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}})


def timed(hub, at: int, customer: str | None = "ann", **changes):
    return hub.event(customer, timestamp=at, received_at=at, **changes)


def totals(hub) -> dict[str, int]:
    with hub.store.read() as reader:
        return reader.applied.counts()


def naps(hub) -> list[int]:
    """The number of events that each derived event tells, in the order of the journal of `ann`."""
    entries = hub.journal.read(partition_of("ann"), 0, 1_000)
    events = [hub.decode(entry) for entry in entries]
    return [one.properties["events"] for one in events if one.event == NAP_ENDED]


@pytest.fixture
def clocked(hub):
    hub.clock = ManualClock()
    destination(hub)
    return hub


def test_a_timer_fires_once_when_its_time_and_the_grace_have_passed(clocked):
    hub, now = clocked, clocked.clock.now_ms()
    engine = hub.engine(stages=napping)
    hub.append(timed(hub, now), timed(hub, now + 10))
    assert drain(engine) == 2
    hub.clock.advance(ms=NAP_MS + 10 + GRACE_MS - 1)
    assert drain(engine) == 0
    hub.clock.advance(ms=1)
    assert drain(engine) == 2  # the timer, and the event that it made
    assert naps(hub) == [2]
    hub.clock.advance(s=3_600)
    assert drain(engine) == 0
    assert hub.counts("hook")["waiting"] + hub.counts("hook")["queued"] == 3
    assert audit(data_of(hub.journal, hub.store)).balanced


def test_an_event_moves_the_timer(clocked):
    hub, now = clocked, clocked.clock.now_ms()
    engine = hub.engine(stages=napping)
    hub.append(timed(hub, now))
    drain(engine)
    hub.clock.advance(ms=NAP_MS - 1)
    hub.append(timed(hub, hub.clock.now_ms()))
    drain(engine)
    hub.clock.advance(ms=NAP_MS)
    assert drain(engine) == 0
    hub.clock.advance(ms=GRACE_MS)
    assert drain(engine) == 2
    assert naps(hub) == [2]


def test_an_engine_that_is_behind_fires_no_timer_before_the_events_that_came_in_time(clocked):
    """Late by the wall, not by the events: the second event was received before the timer was due."""
    hub, now = clocked, clocked.clock.now_ms()
    engine = hub.engine(stages=napping, batch_events=1)
    hub.append(timed(hub, now))
    assert engine.step() == 1
    hub.append(timed(hub, now + 30_000), timed(hub, now + 200_000))
    hub.clock.advance(s=86_400)
    assert engine.step() == 1  # not the timer
    assert engine.step() == 2  # the moved timer, before the event received long after it
    drain(engine)
    assert naps(hub) == [2, 3]


def test_a_timer_is_found_again_by_the_next_engine(clocked):
    hub, now = clocked, clocked.clock.now_ms()
    hub.append(timed(hub, now))
    drain(hub.engine("same", stages=napping))
    hub.clock.advance(ms=NAP_MS + GRACE_MS)
    assert drain(hub.engine("same", stages=napping)) == 2
    assert naps(hub) == [1]


@pytest.mark.parametrize("by_h", [-5, 5], ids=["back", "forward"])
def test_a_clock_that_is_set_neither_freezes_a_timer_nor_fires_it_early(clocked, by_h: int):
    hub = clocked
    engine = hub.engine(stages=napping)
    watch = ClockWatch(hub.store, hub.clock.sighting, longest_wait_ms=86_400_000)
    watch.look()
    hub.append(timed(hub, hub.clock.now_ms()))
    drain(engine)
    hub.clock.advance(s=10)
    hub.clock.set_wall(hub.clock.now_ms() + by_h * 3_600_000)
    watch.look()
    drain(engine)
    assert naps(hub) == [], "fifty seconds are missing"
    hub.clock.advance(ms=NAP_MS + GRACE_MS - 10_000)
    assert drain(engine) == 2
    assert naps(hub) == [1]


def test_a_timer_of_a_partition_that_passed_to_another_engine_changes_nothing(clocked):
    hub, now = clocked, clocked.clock.now_ms()
    hub.append(timed(hub, now))
    old = hub.engine("same", stages=napping)
    drain(old)
    hub.clock.advance(ms=NAP_MS + GRACE_MS)
    new = hub.engine("same", stages=napping)
    with hub.store.transaction() as tx:
        tx.cursors.take("engine", [partition_of("ann")])
    with pytest.raises(StoreConflict):
        old.step()
    assert naps(hub) == []
    drain(new)
    assert naps(hub) == [1]


def test_a_timer_that_breaks_our_code_is_dropped_and_others_fire(clocked, monkeypatch):
    hub, now = clocked, clocked.clock.now_ms()
    hub.append(timed(hub, now), timed(hub, now, "bob"))
    engine = hub.engine(stages=napping)
    drain(engine)
    bob = first_profile_id("acme", "customer", "bob")
    real = NapStage.apply

    def broken(self, state, batch):
        if any(timer.key == bob for timer in batch.timers):
            raise ZeroDivisionError
        return real(self, state, batch)

    monkeypatch.setattr(NapStage, "apply", broken)
    hub.clock.advance(ms=NAP_MS + GRACE_MS)
    with pytest.raises(ZeroDivisionError):
        engine.step()
    drain(engine)
    assert naps(hub) == [1]
    with hub.store.read() as reader:
        assert reader.timers.next_due(range(16)) == {}


def test_a_derived_event_that_was_appended_twice_counts_once(clocked):
    """As after a kill between the append and the removal from the outbox."""
    hub, now = clocked, clocked.clock.now_ms()
    hub.append(timed(hub, now))
    engine = hub.engine(stages=napping)
    drain(engine)
    hub.clock.advance(ms=NAP_MS + GRACE_MS)
    drain(engine)
    [entry] = [
        e for e in hub.journal.read(partition_of("ann"), 0, 9) if hub.decode(e).event == NAP_ENDED
    ]
    with hub.store.transaction() as tx:
        tx.outbox.put(3, [entry.record])
    restarted = hub.engine("engine-1", stages=napping)
    restarted.step()  # relays what it finds
    assert drain(restarted) == 1
    assert totals(hub) == {"applied": 2, "skipped": 0, "duplicate": 1}
    report = audit(data_of(hub.journal, hub.store))
    assert report.balanced, report.differences
    assert report.journal.derived == 2


def test_a_journal_that_cannot_be_written_keeps_derived_events_and_stops_no_reading(
    clocked, monkeypatch
):
    hub, now = clocked, clocked.clock.now_ms()
    engine = hub.engine(stages=napping)
    hub.append(timed(hub, now))
    drain(engine)
    hub.clock.advance(ms=NAP_MS + GRACE_MS)
    hub.append(timed(hub, hub.clock.now_ms(), "bob"))

    def full(records):
        raise StoreUnavailable("store.unavailable", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(hub.journal, "append", full)
        assert drain(engine) == 2
        assert naps(hub) == []
    with hub.store.read() as reader:
        assert reader.outbox.count() == 1
    drain(engine)
    assert naps(hub) == [1]


def test_sources_are_seen_first_and_last_for_all_identifiers_of_a_person(hub):
    destination(hub)
    hub.append(
        timed(hub, 5_000, None, anonymous_id="cookie", source_id="web"),
        timed(hub, 9_000, "ann", source_id="crm"),
        timed(hub, 2_000, "ann", source_id="crm"),
        timed(hub, 7_000, "ann", anonymous_id="cookie", source_id="web"),
        timed(hub, 8_000, "bob", source_id="crm"),
    )
    drain(hub.engine())
    ann = first_profile_id("acme", "customer", "ann")
    with hub.store.read() as reader:
        members = [ann, *reader.profiles.members_of(ann)]
        assert sources_of(reader, members) == [
            SourceSeen(source_id="crm", first_seen=2_000, last_seen=9_000),
            SourceSeen(source_id="web", first_seen=5_000, last_seen=7_000),
        ]


def test_events_of_a_workspace_without_configuration_wait_and_are_then_applied_in_order(hub):
    """Others in the same partition go on; nothing is applied without its deliveries."""
    hub.append(*[hub.event("ann") for _ in range(3)])
    hub.append(hub.event("ann", workspace="other"))
    engine = hub.engine(batch_events=2)
    with hub.store.transaction() as tx:
        body = {"id": "other", "data_api_keys": ["k"]}
        tx.configuration.put("other", "workspace", "workspace", body, now_ms=0)
    assert drain(engine) == 4
    assert totals(hub) == {"applied": 1, "skipped": 0, "duplicate": 0}
    with hub.store.read() as reader:
        assert reader.parked.counts() == {"acme": 3}
    destination(hub)
    hub.append(*[hub.event("ann") for _ in range(2)])
    drain(engine)
    assert totals(hub) == {"applied": 6, "skipped": 0, "duplicate": 0}
    numbers = [hub.number(one) for one in hub.deliveries("hook")]
    assert numbers == [1, 2, 3, 5, 6]
    with hub.store.read() as reader:
        assert reader.parked.counts() == {}


def test_parked_events_are_found_again_by_the_next_engine(hub):
    hub.append(hub.event("ann"), hub.event("bob"))
    assert drain(hub.engine("same")) == 2
    destination(hub)
    assert drain(hub.engine("same")) == 2
    assert hub.counts("hook") == {"waiting": 2}


def test_a_parked_event_that_breaks_our_code_is_skipped_and_its_neighbours_are_applied(
    hub, monkeypatch
):
    from heliograph.engine.stages import route as routing

    events = [hub.event(f"c-{n}") for n in range(5)]
    hub.append(*events)
    drain(hub.engine("same"))
    destination(hub)
    real = routing.route

    def broken(event, routes, **rest):
        if event.event_id == events[2].event_id:
            raise ZeroDivisionError
        return real(event, routes, **rest)

    monkeypatch.setattr(routing, "route", broken)
    drain(hub.engine("same"))
    assert totals(hub) == {"applied": 4, "skipped": 1, "duplicate": 0}
    assert hub.counts("hook") == {"waiting": 4}


def test_events_of_a_workspace_that_was_removed_are_applied_and_make_no_deliveries(hub):
    destination(hub)
    with hub.store.transaction() as tx:
        for document in tx.configuration.all():
            tx.configuration.delete(document.workspace, document.kind, document.name, now_ms=1)
    hub.append(hub.event("ann"))
    drain(hub.engine())
    assert totals(hub) == {"applied": 1, "skipped": 0, "duplicate": 0}
    assert hub.counts("hook") == {}
    with hub.store.read() as reader:
        assert reader.parked.counts() == {}


def test_two_engines_share_the_partitions_and_each_event_takes_effect_once(clocked):
    hub = clocked
    one, two = hub.engine("one"), hub.engine("two")
    one.step()
    for _ in range(4):  # the second one asks, the first one gives half away
        two.step()
        hub.clock.advance(s=4)
        one.step()
    hub.append(*[hub.event(f"customer-{n}") for n in range(200)])
    done = [one.step(), two.step()]
    assert sum(done) == 200
    assert min(done) > 30
    with hub.store.read() as reader:
        assert [len(holder.members) for holder in reader.leases.holders("engine")] == [8, 8]
    assert totals(hub) == {"applied": 200, "skipped": 0, "duplicate": 0}
