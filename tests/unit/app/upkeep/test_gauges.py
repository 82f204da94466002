"""What the gateway's metrics page says about lag, deliveries and destinations."""

from typing import Final

from heliograph.app.upkeep.gauges import HubGauges
from heliograph.errors import StoreUnavailable
from heliograph.model.clock_steps import Sighting, look
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.telemetry.metrics import Exposition
from heliograph.testing.clock import ManualClock
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore
from heliograph.testing.samples import make_delivery, make_record, make_request

HOUR_MS: Final = 3_600_000


class _Stage:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.journal = MemoryJournal()
        self.store = MemoryStore()
        self.worker = True
        data = data_of(self.journal, self.store)
        self.exposition = Exposition()
        gauges = HubGauges(
            data,
            clock=self.clock,
            sightings=self.sighting,
            worker_works=lambda: self.worker,
        )
        self.exposition.add(*gauges.families())

    def sighting(self) -> Sighting:
        """The wall clock is an hour ahead of what `clock` counts since the boot."""
        now_ms = self.clock.now_ms()
        return Sighting(wall_ms=now_ms + HOUR_MS, boot_id="boot", boot_ms=now_ms)

    def shown(self) -> dict[str, float]:
        self.clock.advance(s=2)
        lines = self.exposition.render().decode().splitlines()
        split = (line.rpartition(" ") for line in lines if line.startswith("heliograph_hub_"))
        return {name.removeprefix("heliograph_hub_"): float(value) for name, _, value in split}


def test_an_empty_hub_shows_its_parts_and_no_destination():
    assert _Stage().shown() == {
        "worker_up": 1,
        "store_up": 1,
        "stalled": 0,
        "clock_held_seconds": 0,
        "clock_step_seconds": 0,
        "clock_stepped_timestamp_seconds": 0,
        "lag_events": 0,
        "lag_seconds": 0,
    }


def test_what_the_engine_has_not_applied_is_its_lag():
    stage = _Stage()
    now_ms = stage.clock.now_ms()
    stage.journal.take(
        [make_request(n) for n in range(3)],
        [make_record(n, key="k", at=now_ms + 1000 * n) for n in range(3)],
    )
    stage.clock.advance(s=28)
    shown = stage.shown()
    assert (shown["lag_events"], shown["lag_seconds"]) == (3, 30)


def test_deliveries_are_shown_by_state_and_how_long_they_are_due():
    stage = _Stage()
    with stage.store.transaction() as tx:
        tx.configuration.put("w", "destination", "idle", {"type": "webhook"}, now_ms=0)
        now_ms = stage.clock.now_ms()
        tx.deliveries.enqueue([make_delivery(n, key="k") for n in range(3)], now_ms=now_ms)
    stage.clock.advance(s=28)
    shown = stage.shown()
    assert shown['deliveries{destination="w/crm",state="waiting"}'] == 1
    assert shown['deliveries{destination="w/crm",state="queued"}'] == 2
    assert shown['deliveries{destination="w/idle",state="dead"}'] == 0
    assert shown['overdue_seconds{destination="w/crm"}'] == 30
    assert shown['overdue_seconds{destination="w/idle"}'] == 0


def test_exactly_one_state_of_a_destination_is_shown_as_its_own():
    stage = _Stage()
    with stage.store.transaction() as tx:
        tx.destinations.set(
            DestinationStatus(destination="w/crm", state="misconfigured", reason="401", since=0)
        )
    shown = stage.shown()
    states = {
        state: shown[f'destination_state{{destination="w/crm",state="{state}"}}']
        for state in ("active", "paused", "misconfigured")
    }
    assert states == {"active": 0, "paused": 0, "misconfigured": 1}


def test_a_store_that_cannot_be_read_is_shown_as_such_and_nothing_else_guessed():
    stage = _Stage()
    stage.worker = False

    def unreadable() -> None:
        raise StoreUnavailable("store.unavailable", "the file is locked")

    stage.store.read = unreadable  # type: ignore[method-assign, assignment]
    assert stage.shown() == {"worker_up": 0, "store_up": 0}


def test_the_store_is_looked_at_once_for_a_page_and_again_a_second_later():
    stage = _Stage()
    looks = 0
    read = stage.store.read

    def counted():
        nonlocal looks
        looks += 1
        return read()

    stage.store.read = counted  # type: ignore[method-assign]
    stage.shown()
    first = looks
    stage.exposition.render()
    assert looks == first
    stage.shown()
    assert looks == 2 * first


def test_the_last_step_that_a_worker_wrote_down_is_shown_and_what_retention_waits_for():
    """The gateway serves them by default, and `changes()` of the time sees a step while nothing ran."""
    stage = _Stage()
    now = stage.sighting()
    before = Sighting(wall_ms=now.boot_ms, boot_id="boot", boot_ms=now.boot_ms)
    with stage.store.transaction() as tx:
        tx.clock.put(look(look(None, before).record, now).record)
    shown = stage.shown()
    assert shown["clock_step_seconds"] == 3600
    assert shown["clock_stepped_timestamp_seconds"] == now.wall_ms / 1000
    assert shown["clock_held_seconds"] == 3600


def test_a_journal_behind_its_store_is_shown_as_a_stall():
    stage = _Stage()
    now_ms = stage.clock.now_ms()
    stage.journal.take([make_request(1)], [make_record(1, key="k", at=now_ms)])
    with stage.store.transaction() as tx:
        [claim] = tx.cursors.take("engine", [0])
        assert tx.cursors.advance("engine", 0, old=0, new=99, epoch=claim.epoch)
    assert stage.shown()["stalled"] == 1
