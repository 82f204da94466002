"""Retention: what became too old is removed in small steps, beside the work and never ahead of it.

| what | who removes it | never |
|---|---|---|
| raw requests | the gateway, which owns the journal | younger than `keep_requests_days` |
| events | the gateway | younger than `keep_events_days`, not read by all registered groups, or parked |
| effects of events | the worker, which owns the store | before the journal has trimmed the event |
| delivered deliveries and attempts | the worker | younger than `keep_delivered_days` |

Of several workers one at a time keeps house, whoever holds the lease on it; when it is gone another one does.

A step is one short transaction; after it the thread rests as long as it took, so that those who wait for
the same file go first. Totals count what was removed, so the audit balances as before.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from heliograph.app.settings import RetentionSettings
from heliograph.errors import StoreError
from heliograph.model.clock import Clock
from heliograph.storage.data import Data
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.reading.applied import PRUNED
from heliograph.storage.retention import read_by_all
from heliograph.storage.store import Store
from heliograph.telemetry.logs import get_logger

log = get_logger("housekeeping")

DAY_MS: Final = 86_400_000
STEP_REQUESTS: Final = 200
STEP_EVENTS: Final = 500
STEP_ROWS: Final = 500
STEP_DELIVERIES: Final = 200
REST_S: Final = 0.01
"""Least rest between two steps."""

TrustedTime = Callable[[], int | None]
"""The time to go by, which never jumps (model/clock_steps.py); None: not known yet, nothing is removed."""
Removed = dict[str, int]
"""What -> how many: `requests`, `events`, `effects`, `deliveries`."""


class Housekeeping(Protocol):
    """Something that removes what is too old, a step at a time."""

    def step(self) -> Removed:
        """Do one short step; empty when nothing is left to remove now."""
        ...


class JournalHousekeeping:
    """Trims raw requests and events."""

    def __init__(self, settings: RetentionSettings, *, data: Data, now_ms: TrustedTime) -> None:
        self._settings = settings
        self._data = data
        self._journal = data.journal
        self._store = data.store
        self._now_ms = now_ms

    def step(self) -> Removed:
        """Remove some requests, else some events of one partition.

        Raises:
            StoreUnavailable: journal or store cannot be used now; nothing was removed.
        """
        settings, now_ms = self._settings, self._now_ms()
        if now_ms is None:
            return {}
        if settings.keep_requests_days:
            before_ms = _before(now_ms, settings.keep_requests_days)
            removed = self._data.requests.trim(before_ms, limit=STEP_REQUESTS)
            if removed:
                return {"requests": removed}
        if settings.keep_events_days:
            removed = self._trim_events(_before(now_ms, settings.keep_events_days))
            if removed:
                return {"events": removed}
        return {}

    def _trim_events(self, before_ms: int) -> int:
        with self._store.read() as reader:
            read = read_by_all(reader, self._journal.partitions)
        for partition, bounds in enumerate(self._journal.heads()):
            old = self._journal.position_at(partition, before_ms)
            last = min(old, read[partition])
            first = bounds.first
            if last >= first:
                goal = min(last + 1, first + STEP_EVENTS)
                self._journal.trim(partition, goal)
                return goal - first
        return 0


class StoreHousekeeping:
    """Prunes deliveries that are done, and what is known of events that the journal has trimmed."""

    def __init__(self, settings: RetentionSettings, *, data: Data, now_ms: TrustedTime) -> None:
        self._settings = settings
        self._journal = data.journal
        self._store = data.store
        self._now_ms = now_ms
        self._after: int | None = 0
        self._firsts: dict[int, int] = {}

    def step(self) -> Removed:
        """Remove some deliveries, else look at some effects.

        Raises:
            StoreUnavailable: journal or store cannot be used now; nothing was removed.
        """
        settings, now_ms = self._settings, self._now_ms()
        if now_ms is None:
            return {}
        if settings.keep_delivered_days:
            before_ms = _before(now_ms, settings.keep_delivered_days)
            with self._store.transaction() as tx:
                removed = tx.deliveries.prune(before_ms, limit=STEP_DELIVERIES)
            if removed:
                return {"deliveries": removed}
        if settings.keep_events_days:
            return self._prune_effects(_before(now_ms, settings.keep_events_days))
        return {}

    def _prune_effects(self, before_ms: int) -> Removed:
        """Look at one page; the next one is another step, until a round is through."""
        if not self._after:
            firsts = {p: bounds.first for p, bounds in enumerate(self._journal.heads())}
            if firsts == self._firsts or max(firsts.values()) == 1:
                return {}  # nothing was trimmed since the last round
            self._firsts = firsts
        with self._store.transaction() as tx:
            removed, after = tx.applied.prune_trimmed(
                self._firsts, before_ms=before_ms, after=self._after or 0, limit=STEP_ROWS
            )
            if removed and tx.cursors.positions(PRUNED).get(0, 0) < before_ms:
                tx.cursors.reset(PRUNED, 0, before_ms)
        self._after = after
        return {"effects": removed} if removed or after else {}


class LeasedHousekeeping:
    """Housekeeping that one of several processes does, and another one when that is gone.

    The lease only saves work: a step is a transaction that two may do without harm. So it is long, and
    renewed no more often than rounds are.

    Args:
        housekeeping: what is done while the lease is held.
        store: of the leases.
        owner: name of this process among the workers.
        every_s: seconds between two rounds; another process takes over after three silent ones.
        clock: of this process.
    """

    GROUP: Final = "housekeeping"
    _ROUNDS: Final = 3

    def __init__(
        self, housekeeping: Housekeeping, *, store: Store, owner: str, every_s: float, clock: Clock
    ) -> None:
        self._housekeeping = housekeeping
        self._store = store
        self._owner = owner
        ttl_ms = round(self._ROUNDS * every_s * 1000)
        self._keeper = LeaseKeeper(self.GROUP, owner, ttl_ms=ttl_ms, clock=clock)
        self._mine = False

    def step(self) -> Removed:
        """Do one short step if it is for this process to do; empty when not, or when nothing is left.

        Raises:
            StoreUnavailable: journal or store cannot be used now; nothing was removed.
        """
        if self._keeper.due():
            self._mine = False
            try:
                with self._store.transaction() as tx:
                    share = self._keeper.claim(tx, ["store"])
                    tx.leases.release(self.GROUP, self._owner, share.surplus)
            except BaseException:
                self._keeper.lost()
                raise
            self._mine = len(share.held) > len(share.surplus)
        return self._housekeeping.step() if self._mine else {}

    def release(self) -> None:
        """Let another process go on at once; without a store its silence says the same, later."""
        self._mine = False
        with suppress(StoreError), self._store.transaction() as tx:
            self._keeper.release(tx)


def keep_house(
    housekeeping: Housekeeping,
    *,
    every_s: float,
    clock: Clock,
    stop: threading.Event,
    removed: Callable[[str, int], None],
) -> None:
    """Remove what is too old now and every `every_s` seconds, until `stop` is set. Never raises.

    Args:
        housekeeping: does the steps.
        every_s: seconds between two rounds.
        clock: measures how long a step took.
        stop: ends it, within a step.
        removed: told what each step removed, for the metrics.
    """
    while not stop.is_set():
        total: Removed = {}
        try:
            while not stop.is_set():
                began = clock.monotonic_s()
                step = housekeeping.step()
                if not step:
                    break
                for what, number in step.items():
                    total[what] = total.get(what, 0) + number
                    removed(what, number)
                stop.wait(max(REST_S, clock.monotonic_s() - began))
        except StoreError as error:
            log.warning("housekeeping_waits", reason=str(error))
        except Exception:
            log.exception("housekeeping_failed")
        if any(total.values()):
            log.info("retention_ended", **total)
        stop.wait(every_s)


def _before(now_ms: int, days: float) -> int:
    return now_ms - round(days * DAY_MS)
