"""The watch on the clocks: what it writes down, says, counts, and moves."""

import threading
from typing import Any

import pytest
from structlog.testing import capture_logs

from heliograph.app.upkeep.clock_watch import (
    STEPS,
    WRITE_MS,
    ClockWatch,
    Witness,
    keep_watch,
    longest_wait_ms,
    step_tally,
    trusted_ms,
)
from heliograph.delivery.settings import DeliverySettings, RetrySettings
from heliograph.errors import StoreUnavailable
from heliograph.model.clock_steps import Sighting
from heliograph.operations.look.condition.clock import clock_problems, state_of
from heliograph.testing.memory.store import MemoryStore
from heliograph.testing.samples import make_delivery

NOW = 1_800_000_000_000
HOUR = 3_600_000


class Machine:
    """Clocks that a test sets."""

    def __init__(self) -> None:
        self.wall_ms = NOW
        self.boot_ms = 5_000
        self.boot_id = "a"

    def __call__(self) -> Sighting:
        return Sighting(wall_ms=self.wall_ms, boot_id=self.boot_id, boot_ms=self.boot_ms)

    def passes(self, ms: int) -> None:
        self.wall_ms += ms
        self.boot_ms += ms


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def watch_of(store: MemoryStore, machine: Machine) -> ClockWatch:
    return ClockWatch(store, machine, longest_wait_ms=HOUR)


def steps(direction: str) -> float:
    return STEPS.labels(direction)._value.get()


def due_at(store: MemoryStore) -> int:
    with store.read() as reader:
        found = reader.deliveries.get("dlv_1")
    assert found is not None
    return found.due_at


def seen_at(store: MemoryStore) -> int:
    with store.read() as reader:
        record = reader.clock.get()
    assert record is not None
    return record.seen.wall_ms


def test_a_minute_is_written_down_once(store: MemoryStore, machine: Machine) -> None:
    watch = watch_of(store, machine)
    watch.look()
    machine.passes(WRITE_MS - 1)
    watch.look()
    assert seen_at(store) == NOW
    machine.passes(1)
    watch.look()
    assert seen_at(store) == NOW + WRITE_MS


def test_a_step_back_is_said_and_what_waits_moves_along(
    store: MemoryStore, machine: Machine
) -> None:
    watch, before = watch_of(store, machine), steps("back")
    watch.look()
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1)], now_ms=NOW + 60_000)
    machine.wall_ms -= 5 * HOUR
    with capture_logs() as said:
        watch.look()
    assert due_at(store) == NOW + 60_000 - 5 * HOUR
    (line,) = [one for one in said if one["event"] == "the clock was set"]
    assert (line["direction"], line["by"], line["due_times_moved"]) == ("back", "5 hours", 1)
    assert steps("back") == before + 1
    with store.read() as reader:
        (problem,) = clock_problems(reader.clock.get(), machine())
    assert "was set back by 5 hours" in problem
    machine.passes(1_000)
    with capture_logs() as said:
        watch.look()
    assert said == []  # once


@pytest.mark.parametrize("boot_id", ["a", "b"])
def test_a_step_back_while_nothing_ran_is_noticed_at_the_start(
    store: MemoryStore, machine: Machine, boot_id: str
) -> None:
    watch_of(store, machine).look()
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1)], now_ms=NOW + 10)
    machine.wall_ms -= 5 * HOUR
    machine.boot_id = boot_id
    machine.boot_ms += 60_000
    machine.wall_ms += 60_000
    watch_of(store, machine).look()
    # It was overdue when the process started, and is due at once.
    assert due_at(store) <= machine.wall_ms + 10


def test_a_turn_that_was_under_way_at_a_step_back_is_moved_too(
    store: MemoryStore, machine: Machine
) -> None:
    watch = watch_of(store, machine)
    watch.look()
    machine.wall_ms -= 5 * HOUR
    watch.look()
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1)], now_ms=NOW + 20_000)
    machine.passes(2_000)
    watch.look()
    assert due_at(store) == NOW + 20_000 - 5 * HOUR


def test_due_times_of_a_time_without_a_watch_are_clamped(
    store: MemoryStore, machine: Machine
) -> None:
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1)], now_ms=NOW + 500 * HOUR)
    watch_of(store, machine).look()
    assert due_at(store) == NOW + HOUR


def test_a_jump_forward_holds_retention_until_somebody_accepts_it(
    store: MemoryStore, machine: Machine
) -> None:
    watch = watch_of(store, machine)
    watch.look()
    machine.wall_ms += 900 * HOUR
    with capture_logs() as said:
        watch.look()
    assert [one["event"] for one in said] == [
        "the clock was set",
        "retention waits: the clock jumped",
    ]
    assert trusted_ms(store, machine) == NOW
    machine.passes(HOUR)
    assert trusted_ms(store, machine) == NOW + HOUR
    with store.read() as reader:
        record = reader.clock.get()
    problems = clock_problems(record, machine())
    assert any("heliograph clock accept" in each for each in problems)
    state = state_of(record, machine())
    assert (state.trusted, state.held_s) == (NOW + HOUR, 900 * 3_600)


def test_a_process_that_only_looks_says_a_step_too(machine: Machine) -> None:
    told: list[str] = []
    witness = Witness(machine, told.append)
    witness.look()
    machine.passes(10_000)
    witness.look()
    machine.wall_ms += 9_000
    witness.look()
    witness.look()
    assert told == ["forward"]


def test_both_directions_are_shown_at_0_before_a_step() -> None:
    """`increase()` of a series that is born at 1 is 0."""
    shown = [
        *step_tally().family().samples,
        *(one for family in STEPS.collect() for one in family.samples),
    ]
    for name in ("forward", "back"):
        found = [one for one in shown if one.labels == {"direction": name}]
        assert len([one for one in found if one.name == "heliograph_clock_steps_total"]) == 2
        assert found[0].value == 0


def test_a_store_that_cannot_be_written_ends_no_watch(store: MemoryStore, machine: Machine) -> None:
    store.fail_with = StoreUnavailable("store.unavailable", "disk full", where="store.db")
    watch, stop, looks = watch_of(store, machine), threading.Event(), 0

    def look_once() -> None:
        nonlocal looks
        looks += 1
        stop.set()
        watch.look()

    with capture_logs() as said:
        keep_watch(look_once, stop)
    assert looks == 1
    events: list[Any] = [one["event"] for one in said]
    assert events == ["clock not written down"]
    store.fail_with = None
    watch.look()
    assert trusted_ms(store, machine) == NOW


def test_the_longest_wait_is_that_of_the_schedule_or_of_a_header() -> None:
    assert longest_wait_ms(DeliverySettings()) == 3_660_000
    slow = DeliverySettings(retry=RetrySettings(cap_s=7_200))
    assert longest_wait_ms(slow) == 7_260_000
