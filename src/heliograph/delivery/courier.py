"""The courier: keeps one lane per destination as configuration and states say, and looks for work.

A destination has a lane while its document can be used; its outlet is open while its state is active.
A look every `poll_s` reads, in one view of the store, states and what is due; so a resumed destination
goes on, and a new delivery is found, within that time. What the courier changes by itself:

- a destination whose document cannot be used becomes `misconfigured` with a reason that opens with
  `configuration: `, and active again when a later revision can be used;
- one that refused its credentials becomes active again when its document is changed after that;
- `paused` is a person's word and stays.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping

import msgspec

from heliograph.delivery.decision import Jitter
from heliograph.delivery.lane import Lane, LaneStats
from heliograph.delivery.ledger import Ledger
from heliograph.delivery.metrics import ALLOWED, CIRCUIT_OPEN, PAUSED
from heliograph.delivery.outlet import make_outlet
from heliograph.delivery.settings import DeliverySettings
from heliograph.delivery.shelf import Shelf
from heliograph.delivery.states import wanted_changes
from heliograph.delivery.target import Lookup, Target, resolve_targets
from heliograph.delivery.waiting import pause
from heliograph.errors import ConfigError, StoreError
from heliograph.model.catalog import Catalog
from heliograph.model.clock import Clock
from heliograph.storage.destination_states import DestinationStatus
from heliograph.storage.store import Store
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.courier")
LoadCatalog = Callable[[], tuple[int, Catalog]]
"""Gives (revision, catalog), e.g. `storage.catalog.CatalogReader.current`."""


class _View(msgspec.Struct, frozen=True):
    """What one look at the store showed."""

    states: dict[str, DestinationStatus]
    due: set[str]
    """Idle destinations with something due."""


class Courier:
    """Sends what is due to every destination until it is stopped.

    Args:
        settings: see `DeliverySettings`.
        store: where deliveries are; may be shared with an engine of the same process.
        load_catalog: gives the current configuration.
        registry: from a type's name to the destination, e.g. `destinations.registry.get`.
        clock: wall and monotonic time.
        random: source of the jitter, e.g. `random.Random()`.
        owner: name of this courier in leases; no two that run at a time may share it.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        *,
        store: Store,
        load_catalog: LoadCatalog,
        registry: Lookup,
        clock: Clock,
        random: Jitter,
        owner: str,
    ) -> None:
        self._settings = settings
        self._store = store
        self._load_catalog = load_catalog
        self._registry = registry
        self._clock = clock
        self._jitter = random
        self._owner = owner
        self._lanes: dict[str, Lane] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._broken: dict[str, ConfigError] = {}
        self._began = False
        self._shelf = Shelf()
        self._revision = -1
        self._catalog_at = -math.inf

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then finish or give back what is in hand."""
        settings = self._settings
        ledger = Ledger(
            settings, store=self._store, clock=self._clock, owner=self._owner, shelf=self._shelf
        )
        writing = asyncio.create_task(ledger.run(), name="courier ledger")
        try:
            while not stop.is_set():
                try:
                    if not self._began:
                        await ledger.take_back()
                        self._began = True
                    await self._look(ledger)
                except StoreError as error:
                    log.warning("store not read", reason=str(error))
                    await pause(settings.store_retry_s, stop)
                await pause(settings.poll_s, stop)
        finally:
            await self._stop_lanes()
            ledger.close()
            await asyncio.wait([writing], timeout=settings.shutdown_grace_s + 1)
            if not writing.done():
                log.error("results not written", results=ledger.unwritten)
                writing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writing
            ledger.shutdown()

    def stats(self, waiting: dict[str, int] | None = None) -> dict[str, LaneStats]:
        """Return every lane by destination; `waiting` says how many deliveries each has to send."""
        known = waiting or {}
        return {
            name: lane.stats(waiting=known.get(name, 0))
            for name, lane in sorted(self._lanes.items())
        }

    async def _look(self, ledger: Ledger) -> None:
        now = self._clock.monotonic_s()
        if now - self._catalog_at >= self._settings.catalog_poll_s:
            revision, catalog = await ledger.read(self._load_catalog)
            if revision != self._revision:
                await self._configure(ledger, catalog)
                self._revision = revision
            self._catalog_at = now
            self._show_lanes()
        idle = [name for name, lane in self._lanes.items() if lane.idle]
        refusals = {name: lane.refusals for name, lane in self._lanes.items()}
        view = await ledger.read(lambda: self._read(idle))
        if any(name not in view.states for name in self._broken):
            # A person resumed one that cannot be used: say again why nothing is sent.
            await self._write_states(ledger, self._broken)
        for name, lane in self._lanes.items():
            lane.set_open(name not in view.states, refusals=refusals[name])
            if name in view.due:
                lane.nudge()
            lane.start()

    def _read(self, idle: list[str]) -> _View:
        now_ms = self._clock.now_ms()
        with self._store.read() as reader:
            due = {name: reader.deliveries.next_due(name) for name in idle}
            return _View(
                states=reader.destinations.get_all(),
                due={name for name, at in due.items() if at is not None and at <= now_ms},
            )

    async def _configure(self, ledger: Ledger, catalog: Catalog) -> None:
        """Start, change and stop lanes; write and take back the states that documents cause."""
        targets = resolve_targets(catalog, self._registry, self._shelf)
        await self._write_states(ledger, targets)
        self._broken = {n: t for n, t in targets.items() if isinstance(t, ConfigError)}
        for name in [n for n in self._lanes if not isinstance(targets.get(n), Target)]:
            self._retire(self._lanes.pop(name))
            log.info("lane stopped", destination=name)
        for name, target in targets.items():
            if not isinstance(target, Target):
                continue
            lane = self._lanes.get(name)
            if lane is None:
                outlet = make_outlet(target, self._settings, self._clock)
                self._lanes[name] = Lane(
                    outlet, ledger=ledger, jitter=self._jitter, owner=self._owner
                )
                log.info("lane started", destination=name)
            else:
                lane.outlet.change(target)

    async def _write_states(
        self, ledger: Ledger, targets: Mapping[str, Target | ConfigError]
    ) -> None:
        changes = await ledger.read(lambda: wanted_changes(self._store, targets, self._clock))
        for change in changes:
            log.warning(
                "destination state", destination=change.destination, state=change.state,
                reason=change.reason,
            )  # fmt: skip
        await ledger.set_states(changes)

    def _retire(self, lane: Lane) -> None:
        task = asyncio.create_task(lane.stop(grace_s=self._settings.shutdown_grace_s))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _stop_lanes(self) -> None:
        for lane in self._lanes.values():
            self._retire(lane)
        self._lanes.clear()
        if self._closing:
            await asyncio.wait(self._closing)

    def _show_lanes(self) -> None:
        for name, stats in self.stats().items():
            budget = stats.budget
            allowed = budget.allowed_per_minute
            ALLOWED.labels(name).set(math.inf if allowed is None else allowed)
            PAUSED.labels(name).set(budget.paused_for_s)
            CIRCUIT_OPEN.labels(name).set(stats.circuit != "closed")
