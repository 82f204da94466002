"""Which states the courier writes by itself, and which it leaves alone."""

import pytest

from heliograph.delivery.rows.shelf import Shelf
from heliograph.delivery.target.states import wanted_changes
from heliograph.delivery.target.target import Target, resolve_targets
from heliograph.destinations import registry
from heliograph.errors import ConfigError
from heliograph.model.delivery import DestinationState
from heliograph.model.documents.catalog import build_catalog
from heliograph.operations.act.sending.deliveries import pause_destination, resume_destination
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory import MemoryStore

HOOK = "acme/hook"
GOOD = {"type": "webhook", "settings": {"url": "https://hooks.example.com/"}}
BAD = {"type": "webhook", "settings": {}}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def put(store: MemoryStore, clock: ManualClock, body: dict) -> None:
    with store.transaction() as tx:
        tx.configuration.put("acme", "destination", "hook", body, now_ms=clock.now_ms())


def set_state(store: MemoryStore, clock: ManualClock, state: DestinationState, reason: str) -> None:
    status = DestinationStatus(destination=HOOK, state=state, reason=reason, since=clock.now_ms())
    with store.transaction() as tx:
        tx.destinations.set(status)


def targets(store: MemoryStore):
    with store.read() as reader:
        return resolve_targets(build_catalog(reader.configuration.all(), {}), registry.get, Shelf())


def changes(store: MemoryStore, clock: ManualClock) -> list[tuple[str, str]]:
    found = wanted_changes(store, targets(store), clock)
    return [(change.state, change.reason) for change in found]


def test_a_destination_that_can_be_used_needs_no_state(store, clock):
    put(store, clock, GOOD)
    assert isinstance(targets(store)[HOOK], Target)
    assert changes(store, clock) == []


def test_one_that_cannot_says_why_and_only_once(store, clock):
    put(store, clock, BAD)
    [(state, reason)] = changes(store, clock)
    assert state == "misconfigured"
    assert reason.startswith("configuration: ")
    assert "url" in reason
    set_state(store, clock, state, reason)
    assert changes(store, clock) == []


def test_it_is_active_again_when_its_document_is_mended(store, clock):
    put(store, clock, GOOD)
    set_state(store, clock, "misconfigured", "configuration: something was wrong")
    assert [state for state, _ in changes(store, clock)] == ["active"]


def test_refused_credentials_stand_until_the_document_changes(store, clock):
    put(store, clock, GOOD)
    clock.advance(s=1)
    set_state(store, clock, "misconfigured", "HTTP 401")
    assert changes(store, clock) == []
    clock.advance(s=1)
    put(store, clock, {**GOOD, "concurrency": 2})
    assert [state for state, _ in changes(store, clock)] == ["active"]


@pytest.mark.parametrize("document", [GOOD, BAD])
def test_a_pause_is_a_persons_word(store, clock, document):
    pause_destination(store, HOOK, reason="holiday", clock=clock, by="ann")
    clock.advance(s=1)
    put(store, clock, document)
    assert changes(store, clock) == []


def test_disabled_destinations_have_no_target(store, clock):
    put(store, clock, {**GOOD, "enabled": False})
    assert targets(store) == {}


def test_a_destination_whose_own_code_fails_harms_no_other(store, clock):
    def lookup(name: str):
        if name == "webhook":
            return registry.get(name)
        raise ZeroDivisionError

    put(store, clock, GOOD)
    with store.transaction() as tx:
        tx.configuration.put("acme", "destination", "odd", {"type": "odd"}, now_ms=0)
    with store.read() as reader:
        found = resolve_targets(build_catalog(reader.configuration.all(), {}), lookup, Shelf())
    assert isinstance(found[HOOK], Target)
    assert isinstance(found["acme/odd"], ConfigError)


def test_operations_tell_what_they_changed(store, clock):
    paused = pause_destination(store, HOOK, reason="holiday", clock=clock, by="ann")
    again = pause_destination(store, HOOK, reason="holiday", clock=clock, by="bob")
    resumed = resume_destination(store, HOOK, clock=clock, by="bob")
    assert [(c.before, c.after, c.changed, c.by) for c in (paused, again, resumed)] == [
        ("active", "paused", True, "ann"),
        ("paused", "paused", False, "bob"),
        ("paused", "active", True, "bob"),
    ]
    assert resumed.before_reason == "holiday"
    with store.read() as reader:
        assert reader.destinations.get_all() == {}
