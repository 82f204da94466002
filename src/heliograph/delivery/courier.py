"""The courier: keeps one lane per destination as configuration and states say, and looks for work.

Couriers of several processes share the destinations by leases (`storage.work.leases`, group `courier`): each
has lanes for those it holds, whose documents can be used; a lane's outlet is open while its destination is
active. Work that an engine of the same process makes is announced. For everything else the store is asked
every `poll_s` whether anybody changed it, which costs next to nothing, and then looked at, at most every
`catalog_poll_s` while changes keep coming. What the courier changes by itself:

- a destination whose document cannot be used becomes `misconfigured` with a reason that opens with
  `configuration: `, and active again when a later revision can be used;
- one that refused its credentials becomes active again when its document is changed after that;
- `paused` is a person's word and stays.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Mapping

import msgspec

from heliograph.delivery.lane.lane import Lane, LaneStats
from heliograph.delivery.metrics import (
    ALLOWED,
    CIRCUIT_OPEN,
    IN_FLIGHT_S,
    IN_HAND,
    PAUSED,
)
from heliograph.delivery.rows.fresh import Fresh, Handover
from heliograph.delivery.rows.group import GROUP
from heliograph.delivery.rows.ledger import Ledger
from heliograph.delivery.rows.shelf import Shelf
from heliograph.delivery.settings import DeliverySettings
from heliograph.delivery.target.outlet import make_outlet
from heliograph.delivery.target.states import wanted_changes
from heliograph.delivery.target.target import Lookup, Target, resolve_targets
from heliograph.delivery.turn.decision import Jitter
from heliograph.delivery.waiting import pause
from heliograph.errors import ConfigError, StoreError, StoreUnavailable
from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import Catalog
from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.store import Store
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.courier")
LoadCatalog = Callable[[], tuple[int, Catalog]]
"""Gives (revision, catalog), e.g. `storage.catalog.CatalogReader.current`."""


class _View(msgspec.Struct, frozen=True):
    """What one look at the store showed."""

    states: dict[str, DestinationStatus]
    due: dict[str, int]
    """Idle destinations that have something to send, and when the first of it is due."""


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
            What a predecessor of the same name held passes to this one at once.
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
        self._targets: dict[str, Target] = {}
        self._members: list[str] = []
        self._held: dict[str, int] = {}
        """Destination -> epoch, of what is to have a lane."""
        self._surplus: set[str] = set()
        self._keeper: LeaseKeeper | None = None
        self._ttl_ms = 0
        self._shelf = Shelf()
        self._fresh = Fresh()
        self._revision = -1
        self._changes: object = None
        self._looked_at = -math.inf
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ledger: Ledger | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then finish or give back what is in hand."""
        settings = self._settings
        self._loop = asyncio.get_running_loop()
        self._ledger = ledger = Ledger(
            settings,
            store=self._store,
            clock=self._clock,
            owner=self._owner,
            shelf=self._shelf,
            fresh=self._fresh,
        )
        writing = asyncio.create_task(ledger.run(), name="courier ledger")
        try:
            while not stop.is_set():
                try:
                    if self._should_look():
                        await self._look(ledger)
                except StoreError as error:
                    log.warning("store not read", reason=str(error))
                    await pause(settings.store_retry_s, stop)
                await pause(settings.poll_s, stop)
        finally:
            await self._stop_lanes()
            await self._leave(ledger)
            ledger.close()
            await asyncio.wait([writing], timeout=settings.shutdown_grace_s + 1)
            if not writing.done():
                log.error("results not written", results=ledger.unwritten)
                writing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writing
            ledger.shutdown()

    def announce(self, handover: Handover) -> None:
        """Take what was made and look for work soon; may be called in any thread."""
        loop = self._loop
        if loop is not None:
            self._fresh.put(handover, self._lanes.keys(), now_s=self._clock.monotonic_s())
            with contextlib.suppress(RuntimeError):  # the loop is closed: the courier has ended
                loop.call_soon_threadsafe(self._announced, handover)

    def at_hand(self) -> int:
        """Return how many deliveries that were announced are kept to be sent; in any thread."""
        return len(self._fresh)

    def _announced(self, handover: Handover) -> None:
        if self._ledger is not None:
            self._ledger.queue_at(handover.queued)
        for name in handover.counts:
            lane = self._lanes.get(name)
            if lane is not None:
                lane.nudge()

    def stats(self, waiting: dict[str, int] | None = None) -> dict[str, LaneStats]:
        """Return every lane by destination; `waiting` says how many deliveries each has to send."""
        known = waiting or {}
        return {
            name: lane.stats(waiting=known.get(name, 0))
            for name, lane in sorted(self._lanes.items())
        }

    def _should_look(self) -> bool:
        """Tell whether there may be something new, or it is time to show that this courier lives."""
        since_s = self._clock.monotonic_s() - self._looked_at
        if self._keeper is None or self._keeper.due() or since_s >= self._settings.sweep_s:
            return True
        if since_s < self._settings.catalog_poll_s:
            return False
        return any(lane.lost for lane in self._lanes.values()) or (
            self._store.changes() != self._changes
        )

    async def _look(self, ledger: Ledger) -> None:
        self._looked_at = self._clock.monotonic_s()
        self._changes = self._store.changes()
        revision, catalog = await ledger.work(self._load_catalog)
        if revision != self._revision:
            await self._configure(ledger, catalog)
            self._revision = revision
        await self._share(ledger)
        await self._start_lanes(ledger)
        self._show_lanes()
        idle = [name for name, lane in self._lanes.items() if lane.idle]
        refusals = {name: lane.refusals for name, lane in self._lanes.items()}
        view = await ledger.work(lambda: self._read(idle))
        if any(name not in view.states for name in self._broken):
            # A person resumed one that cannot be used: say again why nothing is sent.
            await self._write_states(ledger, self._broken)
        now_ms = self._clock.now_ms()
        for name, lane in self._lanes.items():
            lane.set_open(name not in view.states, refusals=refusals[name])
            due = view.due.get(name)
            if due is not None and due <= now_ms:
                lane.nudge()
            elif due is not None:
                lane.due_at(due)
            lane.start()

    def _read(self, idle: list[str]) -> _View:
        with self._store.read() as reader:
            due = {name: reader.deliveries.next_due(name) for name in idle}
            return _View(
                states=reader.destinations.get_all(),
                due={name: at for name, at in due.items() if at is not None},
            )

    async def _configure(self, ledger: Ledger, catalog: Catalog) -> None:
        """Change and stop lanes; write and take back the states that documents cause."""
        targets = resolve_targets(catalog, self._registry, self._shelf)
        await self._write_states(ledger, targets)
        self._broken = {n: t for n, t in targets.items() if isinstance(t, ConfigError)}
        self._targets = {n: t for n, t in targets.items() if isinstance(t, Target)}
        for name in [name for name in self._lanes if name not in self._targets]:
            self._retire(name)
        for name, lane in self._lanes.items():
            if self._targets[name].config != lane.outlet.target.config:
                # Somebody mended it, perhaps: what waits because nobody answered is tried at once.
                ledger.recovered(name)
            lane.outlet.change(self._targets[name])
        self._keep_for(self._targets.values())

    def _keep_for(self, targets: Iterable[Target]) -> None:
        """Hold leases that outlast any request: nothing is sent when one may end before its answer."""
        settings = self._settings
        longest_s = max((one.timeout_s(settings.request_timeout_s) for one in targets), default=1.0)
        # Renewed in a third: what is left then must still suffice.
        ttl_ms = round((longest_s + settings.budget_wait_s + settings.lease_margin_s) * 1500)
        if self._keeper is None:
            self._ttl_ms = ttl_ms
            self._keeper = LeaseKeeper(GROUP, self._owner, ttl_ms=ttl_ms, clock=self._clock)
        elif ttl_ms > self._ttl_ms:
            self._ttl_ms = ttl_ms
            self._keeper.last(ttl_ms)

    async def _share(self, ledger: Ledger) -> None:
        """Take the leases that are this courier's share, and end the lanes of what it has no more."""
        keeper = self._keeper
        assert keeper is not None
        lost = {name for name, lane in self._lanes.items() if lane.lost}
        if lost:
            # Another courier has had them, or somebody ended a delivery in flight: see what still stands.
            keeper.doubt()
        members = sorted(self._targets)
        if not keeper.due() and members == self._members:
            return
        draining = self._draining()
        drained = [name for name in sorted(self._surplus) if name not in draining]
        if drained:
            await self._settle(ledger)
        share = await ledger.lease(keeper, members, drained)
        self._members = members
        self._surplus = set(share.surplus)
        self._held = {
            lease.member: lease.epoch for lease in share.held if lease.member not in self._surplus
        }
        for name, lane in list(self._lanes.items()):
            if self._held.get(name) != lane.epoch or name in lost:
                self._retire(name)
        for lane in self._lanes.values():
            lane.outlet.safe_until_s = keeper.safe_until_s

    async def _start_lanes(self, ledger: Ledger) -> None:
        """Give what is held a lane, once nothing of a former one is under way and its results are written."""
        draining = self._draining()
        names = [name for name in self._held if name not in self._lanes and name not in draining]
        if not names:
            return
        assert self._keeper is not None
        await self._settle(ledger)
        self._fresh.clear()
        for name in names:
            epoch = self._held[name]
            outlet = make_outlet(self._targets[name], self._settings, self._clock)
            outlet.safe_until_s = self._keeper.safe_until_s
            self._lanes[name] = Lane(outlet, ledger=ledger, jitter=self._jitter, epoch=epoch)
            log.info("lane started", destination=name, epoch=epoch)

    def _draining(self) -> set[str]:
        return {task.get_name() for task in self._closing}

    async def _settle(self, ledger: Ledger) -> None:
        """Have all results written; not for ever, for a courier that is told to stop must see it.

        Raises:
            StoreUnavailable: they are not written yet.
        """
        try:
            await asyncio.wait_for(ledger.settled(), self._settings.shutdown_grace_s + 1)
        except TimeoutError:
            message = f"{ledger.unwritten} results are not written yet"
            raise StoreUnavailable("store.unavailable", message) from None

    async def _leave(self, ledger: Ledger) -> None:
        """Give the leases back when every result is written: another courier may go on at once."""
        if self._keeper is None:
            return
        try:
            await asyncio.wait_for(ledger.settled(), self._settings.shutdown_grace_s + 1)
            await ledger.leave(self._keeper)
        except (TimeoutError, StoreError) as error:
            log.warning("leases not given back", reason=str(error))

    async def _write_states(
        self, ledger: Ledger, targets: Mapping[str, Target | ConfigError]
    ) -> None:
        changes = await ledger.work(lambda: wanted_changes(self._store, targets, self._clock))
        for change in changes:
            log.warning(
                "destination state", destination=change.destination, state=change.state,
                reason=change.reason,
            )  # fmt: skip
        await ledger.set_states(changes)

    def _retire(self, name: str) -> None:
        lane = self._lanes.pop(name)
        self._fresh.clear()
        log.info("lane stopped", destination=name)
        task = asyncio.create_task(lane.stop(grace_s=self._settings.shutdown_grace_s), name=name)
        self._closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        self._looked_at = -math.inf  # another lane may wait for this end

    async def _stop_lanes(self) -> None:
        for name in list(self._lanes):
            self._retire(name)
        if self._closing:
            await asyncio.wait(self._closing)

    def _show_lanes(self) -> None:
        for name, stats in self.stats().items():
            budget = stats.budget
            allowed = budget.allowed_per_minute
            IN_HAND.labels(name).set(stats.in_hand)
            IN_FLIGHT_S.labels(name).set(stats.in_flight_s)
            ALLOWED.labels(name).set(math.inf if allowed is None else allowed)
            PAUSED.labels(name).set(budget.paused_for_s)
            CIRCUIT_OPEN.labels(name).set(stats.circuit != "closed")
