"""What the gateway's `/readyz` says about the worker and the destinations."""

from pathlib import Path

import pytest

from heliograph.app import wiring
from heliograph.app.health import worker_problems
from heliograph.app.settings import Settings
from heliograph.app.wiring import Data
from heliograph.errors import StoreUnavailable
from heliograph.model.delivery import DestinationState
from heliograph.storage.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory_journal import MemoryJournal
from heliograph.testing.memory_store import MemoryStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


def test_a_worker_that_does_not_run_is_a_warning(settings: Settings):
    [problem] = worker_problems(settings, Data(journal=MemoryJournal(), store=MemoryStore()))
    assert (problem.check, problem.severity) == ("worker", "warning")
    assert "heliograph worker" in problem.message


def test_refused_credentials_are_a_warning_and_a_pause_is_none(settings: Settings):
    store = MemoryStore()
    with store.transaction() as tx:
        states: dict[str, DestinationState] = {"w/moengage": "misconfigured", "w/heap": "paused"}
        for name, state in states.items():
            tx.destinations.set(
                DestinationStatus(destination=name, state=state, reason="HTTP 401", since=0)
            )
    with wiring.holding(settings, "worker", ManualClock()):
        [problem] = worker_problems(settings, Data(journal=MemoryJournal(), store=store))
    assert (problem.check, problem.severity) == ("destination", "warning")
    assert problem.message.startswith("w/moengage ")
    assert "HTTP 401" in problem.message


def test_a_store_that_cannot_be_read_is_a_warning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    def unreadable(_: MemoryStore) -> None:
        raise StoreUnavailable("store.unavailable", "the file is locked")

    monkeypatch.setattr(MemoryStore, "read", unreadable)
    with wiring.holding(settings, "worker", ManualClock()):
        [problem] = worker_problems(settings, Data(journal=MemoryJournal(), store=MemoryStore()))
    assert (problem.check, problem.severity) == ("store", "warning")
    assert "the file is locked" in problem.message
