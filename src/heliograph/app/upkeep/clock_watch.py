"""Watches the machine's clocks: a step is said at once, and what waits moves with it.

Each role watches for itself. The worker writes down what it saw, at least once a minute and at each step,
so that a step while nothing ran is noticed at the next start; due times then move by as much as the clock
was set, and none is later than the longest wait there is. Retention asks `trusted_ms` for the time.
"""

import threading
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge

from heliograph.delivery.pace.ratelimit import PAUSE_MAX_S
from heliograph.delivery.settings import DeliverySettings
from heliograph.errors import StoreError
from heliograph.model.clock import Sightings
from heliograph.model.clock_steps import (
    ClockRecord,
    Look,
    Sighting,
    held_ms,
    look,
    trusted_now_ms,
)
from heliograph.operations.look.condition.clock import span
from heliograph.storage.store import Store, Transaction
from heliograph.telemetry.logs import get_logger
from heliograph.telemetry.metrics import Tally

log = get_logger("clock")

LOOK_S: Final = 2.0
"""Between two looks."""
SETTLE_MS: Final = 180_000
"""So long after a step a turn may end whose due time was reckoned before it."""
WRITE_MS: Final = 60_000
"""What was seen is written down so often, whatever it is."""
STEPS_NAME: Final = "heliograph_clock_steps_total"
STEPS_HELP: Final = "Steps of the wall clock that this process noticed."
DIRECTIONS: Final = ("forward", "back")
"""Every series begins at 0: of one that is born at 1, `increase()` never sees the first step."""
STEPS: Final = Counter(STEPS_NAME, STEPS_HELP, ["direction"])
for _direction in DIRECTIONS:
    STEPS.labels(_direction)
HELD: Final = Gauge(
    "heliograph_clock_held_seconds",
    "How far retention lags behind the wall clock because that jumped; 0 when it does not.",
)


def longest_wait_ms(settings: DeliverySettings) -> int:
    """Return how far in the future a due time can have been meant."""
    retry = settings.retry
    return round(1000 * max(retry.cap_s, PAUSE_MAX_S, settings.budget_wait_s)) + 60_000


def trusted_ms(store: Store, sightings: Sightings) -> int | None:
    """Return the time that retention may go by, or None while no worker has looked since the boot.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    with store.read() as reader:
        return trusted_now_ms(reader.clock.get(), sightings())


def step_tally() -> Tally:
    """Return the counter of steps for a process that only looks; every direction at 0."""
    steps = Tally(STEPS_NAME, STEPS_HELP, ["direction"])
    for direction in DIRECTIONS:
        steps.add((direction,), 0)
    return steps


class Witness:
    """Notices steps within one process and says them; writes nothing.

    Args:
        sightings: looks at the clocks.
        stepped: told the direction of each step, to count it.
    """

    def __init__(self, sightings: Sightings, stepped: Callable[[str], object]) -> None:
        self._sightings = sightings
        self._stepped = stepped
        self._record: ClockRecord | None = None

    def look(self) -> None:
        """Look once."""
        seen = look(self._record, self._sightings())
        self._record = seen.record
        if seen.step_ms:
            self._stepped(tell(seen.step_ms))


class ClockWatch:
    """The worker's: remembers across restarts, and moves due times with the clock.

    Args:
        store: for writing.
        sightings: looks at the clocks.
        longest_wait_ms: no due time is further away.
    """

    def __init__(self, store: Store, sightings: Sightings, *, longest_wait_ms: int) -> None:
        self._store = store
        self._sightings = sightings
        self._longest_ms = longest_wait_ms
        self._written: Sighting | None = None
        self._stepped: tuple[int, int] | None = None
        """The step whose last turns may still end, and the boot's time at which they have."""

    def look(self) -> None:
        """Look once; write when there is something to say or a minute has passed.

        Raises:
            StoreUnavailable: the store cannot be read or written; the next look finds the same.
        """
        now = self._sightings()
        if self._written is not None and not self._due(self._written, now):
            return
        with self._store.transaction() as tx:
            now = self._sightings()
            before = tx.clock.get()
            seen = look(before, now)
            moved = self._move(tx, seen, now)
            tx.clock.put(seen.record)
        self._written = now
        held = held_ms(seen.record, now)
        HELD.set(held / 1000)
        if seen.step_ms:
            STEPS.labels(tell(seen.step_ms, due_times_moved=moved)).inc()
        elif moved:
            log.warning("due times were later than any wait; clamped", deliveries=moved)
        if held and (seen.step_ms or before is None or not held_ms(before, before.seen)):
            log.warning(
                "retention waits: the clock jumped",
                by=span(held // 1000),
                accept="heliograph clock accept",
            )

    def _move(self, tx: Transaction, seen: Look, now: Sighting) -> int:
        """Move what waits; return how many due times were moved."""
        latest_ms = now.wall_ms + self._longest_ms
        if seen.step_ms:
            self._stepped = seen.step_ms, now.boot_ms + SETTLE_MS
            tx.deliveries.shift_first_attempts(seen.step_ms)
            # What was overdue before a step back lies in the future of the new time as well.
            after_ms = min(seen.expected_ms, now.wall_ms)
            tx.timers.shift(after_ms=after_ms, by_ms=seen.step_ms)
            return tx.deliveries.shift_due(
                after_ms=after_ms, by_ms=seen.step_ms, latest_ms=latest_ms
            )
        # A turn that was under way at the step writes a due time of before: too late to have been meant.
        by_ms = self._stepped[0] if self._stepped is not None else 0
        return tx.deliveries.shift_due(after_ms=latest_ms, by_ms=by_ms, latest_ms=latest_ms)

    def _due(self, before: Sighting, now: Sighting) -> bool:
        """Tell from memory alone whether this look has to be written down."""
        if self._stepped is not None:
            if now.boot_ms < self._stepped[1]:
                return True
            self._stepped = None
        return now.boot_ms - before.boot_ms >= WRITE_MS or bool(
            look(ClockRecord(seen=before, trusted_ms=before.wall_ms), now).step_ms
        )


def tell(step_ms: int, **more: object) -> str:
    """Say a step in the log; return its direction."""
    direction = "forward" if step_ms > 0 else "back"
    log.warning("the clock was set", direction=direction, by=span(abs(step_ms) / 1000), **more)
    return direction


def keep_watch(look_once: Callable[[], object], stop: threading.Event) -> None:
    """Look every `LOOK_S` seconds until `stop` is set. Never raises."""
    while not stop.is_set():
        try:
            look_once()
        except StoreError as error:
            log.warning("clock not written down", reason=str(error))
        except Exception:
            log.exception("clock watch failed")
        stop.wait(LOOK_S)
