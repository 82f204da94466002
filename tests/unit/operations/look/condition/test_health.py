"""What the gateway's `/readyz` says about the worker and the destinations."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from heliograph.app import wiring
from heliograph.app.settings import Settings, WorkerSettings
from heliograph.errors import HeliographError, InputError, StoreUnavailable
from heliograph.gateway.http.health import HealthProblem
from heliograph.model.clock_steps import look
from heliograph.model.delivery import DestinationState
from heliograph.operations.act.readers import forget_reader
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.health import AGE_WARNING_S, LAG_WARNING, worker_problems
from heliograph.operations.look.condition.readers import list_readers
from heliograph.operations.look.condition.status import read_status
from heliograph.operations.look.condition.worker import look_at_workers
from heliograph.storage.folder.run_files import RoleNote, write_note
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Gap
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.hubs import TESTER
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore
from heliograph.testing.samples import make_record


class _Hub:
    """A data folder with an empty hub; `worker` holds the role's lock and `renews` its leases."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=str(folder))
        self.clock = ManualClock()
        self.journal = MemoryJournal()
        self.store = MemoryStore()
        self.data = data_of(self.journal, self.store)

    @contextmanager
    def worker(self) -> Generator[None]:
        with wiring.holding(self.settings, "worker", self.clock):
            started_at = self.clock.now_ms()
            note = RoleNote(role="worker", pid=os.getpid(), started_at=started_at)
            write_note(self.settings.data_path, note)
            yield

    def renews(self, owner: str = "worker@here") -> None:
        with self.store.transaction() as tx:
            tx.leases.claim(
                "engine",
                owner,
                members=["0"],
                now_ms=self.clock.now_ms(),
                ttl_ms=self.settings.engine.lease_ttl_ms,
            )

    def problems(self) -> list[HealthProblem]:
        return worker_problems(self._hub())

    def works(self) -> bool:
        return all(one.works for one in look_at_workers(self._hub()))

    def _hub(self) -> Hub:
        hub = wiring.hub_of(self.settings, self.data, clock=self.clock)
        return msgspec.structs.replace(hub, sightings=self.clock.sighting)


@pytest.fixture
def hub(tmp_path: Path) -> _Hub:
    return _Hub(tmp_path)


def test_a_worker_that_does_not_run_is_a_warning(hub: _Hub):
    [problem] = hub.problems()
    assert (problem.check, problem.severity) == ("worker", "warning")
    assert "heliograph worker" in problem.message
    assert not hub.works()


def test_a_worker_that_keeps_up_is_listed_with_its_lag(hub: _Hub):
    with hub.worker():
        hub.renews()
        [problem] = hub.problems()
        assert (problem.check, problem.severity) == ("worker", "ok")
        assert problem.message == "No event waits to be applied."
        hub.journal.append([make_record(n, key="k", at=hub.clock.now_ms()) for n in range(3)])
        hub.clock.advance(s=4)
        [problem] = hub.problems()
        assert problem.severity == "ok"
        assert problem.message == "3 events wait to be applied, the oldest for 4 s."


def test_one_event_that_waits_too_long_is_a_warning(hub: _Hub):
    with hub.worker():
        hub.journal.append([make_record(1, key="k", at=hub.clock.now_ms())])
        hub.clock.advance(s=AGE_WARNING_S)
        hub.renews()
        assert [problem.severity for problem in hub.problems()] == ["ok"]
        hub.clock.advance(s=1)
        [problem] = hub.problems()
        assert problem.severity == "warning"
        assert "1 event waits to be applied, the oldest for 61 s" in problem.message


def test_age_is_that_of_what_was_not_applied(hub: _Hub):
    first, second = (make_record(n, key="k", at=hub.clock.now_ms() + n * 90_000) for n in (0, 1))
    [(partition, position), _] = hub.journal.append([first, second])
    with hub.worker():
        hub.clock.advance(s=95)
        hub.renews()
        with hub.store.transaction() as tx:
            [claim] = tx.cursors.take("engine", [partition])
            assert tx.cursors.advance("engine", partition, old=0, new=position, epoch=claim.epoch)
        [problem] = hub.problems()
    assert problem.severity == "ok"
    assert problem.message == "1 event waits to be applied, the oldest for 5 s."


def test_very_many_young_events_are_a_warning(hub: _Hub):
    at = hub.clock.now_ms()
    hub.journal.append([make_record(n, key="k", at=at) for n in range(LAG_WARNING + 1)])
    with hub.worker():
        hub.renews()
        [problem] = hub.problems()
    assert (problem.check, problem.severity) == ("worker", "warning")
    assert f"{LAG_WARNING + 1:,} events wait" in problem.message


HOUR_MS = 3_600_000


@pytest.mark.parametrize("by_ms", [5 * HOUR_MS, -5 * HOUR_MS], ids=["forward", "back"])
@pytest.mark.parametrize("seen", [False, True], ids=["not seen yet", "seen"])
def test_a_clock_that_is_set_neither_hides_a_frozen_worker_nor_makes_one(
    hub: _Hub, by_ms: int, *, seen: bool
):
    def watch() -> None:
        with hub.store.transaction() as tx:
            tx.clock.put(look(tx.clock.get(), hub.clock.sighting()).record)

    with hub.worker():
        watch()
        hub.renews()
        hub.clock.advance(s=2)
        hub.clock.set_wall(hub.clock.now_ms() + by_ms)
        if seen:
            watch()
        assert hub.works(), "it renewed two seconds ago"
        hub.clock.advance(s=10)
        hub.renews()
        assert hub.works()
        hub.clock.advance(s=2)
        assert hub.works()
        hub.clock.advance(s=20)
        assert not hub.works(), "it has been silent for 22 seconds"


def test_a_worker_whose_leases_ran_out_does_not_respond(hub: _Hub):
    with hub.worker():
        hub.clock.advance(s=60)
        hub.renews()
        hub.clock.advance(s=10)
        assert hub.works()
        hub.clock.advance(s=5)
        assert not hub.works()
        [problem] = hub.problems()
        assert (problem.check, problem.severity) == ("worker", "warning")
        assert f"(process {os.getpid()}) does not respond" in problem.message
        assert "ran out 5 s ago" in problem.message
        hub.renews()
        assert hub.works()
        assert [each.severity for each in hub.problems()] == ["ok"]


def test_a_worker_that_has_just_started_has_a_lease_time_to_take_the_first(hub: _Hub):
    hub.renews()
    hub.clock.advance(s=3600)
    with hub.worker():
        assert hub.works()
        hub.clock.advance(s=11)
        assert not hub.works()


def test_refused_credentials_are_a_warning_and_a_pause_is_none(hub: _Hub):
    with hub.store.transaction() as tx:
        states: dict[str, DestinationState] = {"w/moengage": "misconfigured", "w/heap": "paused"}
        for name, state in states.items():
            tx.destinations.set(
                DestinationStatus(destination=name, state=state, reason="HTTP 401", since=0)
            )
    with hub.worker():
        [_, problem] = hub.problems()
    assert (problem.check, problem.severity) == ("destination", "warning")
    assert problem.message.startswith("w/moengage ")
    assert "HTTP 401" in problem.message


def test_a_store_that_cannot_be_read_is_a_warning(hub: _Hub, monkeypatch: pytest.MonkeyPatch):
    def unreadable(_: MemoryStore) -> None:
        raise StoreUnavailable("store.unavailable", "the file is locked")

    monkeypatch.setattr(MemoryStore, "read", unreadable)
    with hub.worker():
        [problem] = hub.problems()
    assert (problem.check, problem.severity) == ("store", "warning")
    assert "the file is locked" in problem.message


def test_each_of_several_workers_is_looked_at_by_its_own_leases(hub: _Hub):
    hub.settings = Settings(data_dir=hub.settings.data_dir, worker=WorkerSettings(count=2))
    with hub.worker():
        hub.renews()
        [problem] = hub.problems()
        assert problem.severity == "warning"
        assert "worker-2 does not run" in problem.message
        with wiring.holding(hub.settings, "worker-2", hub.clock):
            note = RoleNote(role="worker-2", pid=os.getpid(), started_at=hub.clock.now_ms())
            write_note(hub.settings.data_path, note)
            hub.renews("worker-2@here")
            assert [problem.severity for problem in hub.problems()] == ["ok"]
            assert hub.works()
            hub.clock.advance(s=9)
            hub.renews()
            hub.clock.advance(s=2)
            [problem] = hub.problems()
            assert f"The worker-2 (process {os.getpid()}) does not respond" in problem.message
            roles = read_status(TESTER, hub._hub()).roles
            assert [role for role, note in roles.items() if note] == ["worker", "worker-2"]


def test_events_that_wait_for_a_configuration_and_missed_ones_are_named(hub: _Hub):
    with hub.worker():
        hub.renews()
        with hub.store.transaction() as tx:
            tx.parked.put([ParkedPlace(partition=0, position=1, workspace="acme")])
            tx.readers.seen("engine", now_ms=0)
            tx.readers.note_gap(Gap(group="engine", partition=2, first=3, last=9, found_at=0))
        first, parked, missed = hub.problems()
        assert first.severity == "ok"
        assert (parked.check, parked.severity) == ("readers", "warning")
        assert parked.message.startswith("1 event of workspace acme wait")
        assert "heliograph apply DIR" in parked.message
        assert "7 events were gone from the journal before `engine` had read them" in missed.message
        assert "workspace acme" in read_status(TESTER, hub._hub()).problems[0]


def test_a_group_that_is_gone_and_holds_back_retention_is_named_and_can_be_forgotten(hub: _Hub):
    hub.journal.append([make_record(n, key="k", at=hub.clock.now_ms()) for n in range(5)])
    [partition] = [p for p in range(16) if hub.journal.bounds(p).last]
    with hub.worker():
        with hub.store.transaction() as tx:
            for group in ("engine", "history"):
                tx.readers.seen(group, now_ms=hub.clock.now_ms())
            [claim] = tx.cursors.take("engine", [partition])
            tx.cursors.advance("engine", partition, old=0, new=5, epoch=claim.epoch)
        hub.renews()
        assert len(hub.problems()) == 1
        hub.clock.advance(s=3 * 86_400)
        hub.renews()
        [_, gone] = hub.problems()
        assert "`history` was not seen for 3 days, and the journal keeps 5 events" in gone.message
        assert "heliograph readers forget history" in gone.message
        views = {view.name: view for view in list_readers(TESTER, hub._hub())}
        assert (views["history"].behind, views["history"].holds_back) == (5, 5)
        assert (views["engine"].behind, views["engine"].holds_back) == (0, 0)
        with pytest.raises(InputError, match="nothing is applied"):
            forget_reader(TESTER, hub._hub(), "engine")
        with pytest.raises(HeliographError, match="reader group"):
            forget_reader(TESTER, hub._hub(), "nobody")
        assert forget_reader(TESTER, hub._hub(), "history").holds_back == 5
        assert len(hub.problems()) == 1
