"""What journal and store say about the whole hub, for the gateway's metrics page: lag, deliveries, clock.

Read when the page is asked for, at most once a second, in one view of the store: running totals and
index look-ups only, so a scrape costs the same whatever the hub has done. What a process counts about
itself is on its own page (the worker's: `[worker] metrics_port`).
"""

import threading
from collections.abc import Callable, Mapping
from typing import Final, get_args

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric

from heliograph.engine.settings import GROUP
from heliograph.errors import StoreError
from heliograph.model.clock import Clock, Sightings
from heliograph.model.delivery import DeliveryState, DestinationState
from heliograph.operations.look.condition.clock import state_of
from heliograph.operations.look.condition.lag import engine_lag
from heliograph.operations.views import ClockState
from heliograph.storage.data import Data
from heliograph.storage.lineage import examine
from heliograph.telemetry.metrics import Family, Gauge

REMEMBERED_S: Final = 1.0
STATES: Final[tuple[DestinationState, ...]] = get_args(DestinationState)


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One look; empty when the store could not be read."""

    readable: bool = False
    worker_works: bool = False
    lag_events: int = 0
    lag_s: float = 0.0
    deliveries: Mapping[str, Mapping[DeliveryState, int]] = {}
    states: Mapping[str, DestinationState] = {}
    """Every destination that is configured or has deliveries."""
    overdue_s: Mapping[str, float] = {}
    stalled: bool = False
    clock: ClockState | None = None


class HubGauges:
    """Looks at journal and store for the metrics page. Thread-safe.

    Args:
        data: opened for reading.
        clock: for due times and the age of the last look.
        sightings: looks at the machine's clocks, for what retention waits for.
        worker_works: whether a worker has the data folder and renews its leases; may raise `StoreError`.
    """

    def __init__(
        self,
        data: Data,
        *,
        clock: Clock,
        sightings: Sightings,
        worker_works: Callable[[], bool],
    ) -> None:
        self._data = data
        self._catalog = data.catalog_as_written()
        self._clock = clock
        self._sightings = sightings
        self._worker_works = worker_works
        self._lock = threading.Lock()
        self._snapshot = _Snapshot()
        self._looked_s = float("-inf")

    def families(self) -> list[Family]:
        """Return what is shown; while the store cannot be read only that is."""
        return [
            Gauge(
                "heliograph_hub_worker_up",
                "Whether a worker runs and renews its leases; 0 as well when the store cannot be read.",
                lambda: float(self._look().worker_works),
            ),
            Gauge(
                "heliograph_hub_store_up",
                "Whether journal and store can be read.",
                lambda: float(self._look().readable),
            ),
            _Shown(self._stalled),
            _Shown(self._held),
            _Shown(self._step),
            _Shown(self._stepped_at),
            _Shown(self._lag),
            _Shown(self._lag_age),
            _Shown(self._deliveries),
            _Shown(self._states),
            _Shown(self._overdue),
        ]

    def _stalled(self) -> Metric:
        look = self._look()
        return _one(
            "heliograph_hub_stalled",
            "1 while the worker applies nothing because journal and store do not belong together.",
            float(look.stalled) if look.readable else None,
        )

    def _held(self) -> Metric:
        clock = self._look().clock
        return _one(
            "heliograph_hub_clock_held_seconds",
            "How far retention lags behind the wall clock because that jumped; 0 when it does not.",
            clock and clock.held_s,
        )

    def _step(self) -> Metric:
        clock = self._look().clock
        return _one(
            "heliograph_hub_clock_step_seconds",
            "The last step of the wall clock, forward when positive, also while nothing ran; 0 for none.",
            clock and clock.step_s,
        )

    def _stepped_at(self) -> Metric:
        clock = self._look().clock
        return _one(
            "heliograph_hub_clock_stepped_timestamp_seconds",
            "What the wall clock showed after its last step, in Unix time; 0 when none was seen.",
            clock and (clock.stepped_at or 0) / 1000,
        )

    def _lag(self) -> Metric:
        look = self._look()
        return _one(
            "heliograph_hub_lag_events",
            "Events not applied yet.",
            look.lag_events if look.readable else None,
        )

    def _lag_age(self) -> Metric:
        look = self._look()
        return _one(
            "heliograph_hub_lag_seconds",
            "Age of the oldest event not applied yet; 0 when none is.",
            look.lag_s if look.readable else None,
        )

    def _deliveries(self) -> Metric:
        family = GaugeMetricFamily(
            "heliograph_hub_deliveries",
            "Deliveries by state; delivered ones count on when their rows are pruned.",
            labels=("destination", "state"),
        )
        look = self._look()
        for destination in look.states:
            counts = look.deliveries.get(destination, {})
            for state in get_args(DeliveryState):
                family.add_metric((destination, state), counts.get(state, 0))
        return family

    def _states(self) -> Metric:
        family = GaugeMetricFamily(
            "heliograph_hub_destination_state",
            "1 for the state a destination is in, 0 for the others.",
            labels=("destination", "state"),
        )
        for destination, state in self._look().states.items():
            for each in STATES:
                family.add_metric((destination, each), float(each == state))
        return family

    def _overdue(self) -> Metric:
        family = GaugeMetricFamily(
            "heliograph_hub_overdue_seconds",
            "How long the delivery that is due longest has been due; 0 when none is.",
            labels=("destination",),
        )
        for destination, seconds in self._look().overdue_s.items():
            family.add_metric((destination,), seconds)
        return family

    def _look(self) -> _Snapshot:
        with self._lock:
            now_s = self._clock.monotonic_s()
            if now_s - self._looked_s >= REMEMBERED_S:
                try:
                    self._snapshot = self._read()
                except StoreError:
                    self._snapshot = _Snapshot()
                self._looked_s = now_s
            return self._snapshot

    def _read(self) -> _Snapshot:
        _, catalog = self._catalog.current()
        configured = {
            f"{workspace}/{name}"
            for workspace, tenant in catalog.items()
            for name in tenant.destinations
        }
        with self._data.store.read() as reader:
            deliveries = reader.deliveries.counts()
            named = reader.destinations.get_all()
            names = sorted({*configured, *deliveries, *named})
            due = {name: reader.deliveries.next_due(name) for name in names}
            stalled = examine(self._data.journal, reader, group=GROUP) is not None
            record = reader.clock.get()
        lag = engine_lag(self._data)
        now_ms = self._clock.now_ms()
        return _Snapshot(
            readable=True,
            worker_works=self._worker_works(),
            stalled=stalled,
            clock=state_of(record, self._sightings()),
            lag_events=lag.events,
            lag_s=max(0, now_ms - lag.oldest_at) / 1000 if lag.oldest_at is not None else 0.0,
            deliveries=deliveries,
            states={name: named[name].state if name in named else "active" for name in names},
            overdue_s={
                name: max(0, now_ms - at) / 1000 if at is not None else 0.0
                for name, at in due.items()
            },
        )


def _one(name: str, help_: str, value: float | None) -> Metric:
    """Return a gauge of one series; of none while the value is not known."""
    family = GaugeMetricFamily(name, help_)
    if value is not None:
        family.add_metric((), value)
    return family


class _Shown:
    """A family that is built when it is shown."""

    def __init__(self, build: Callable[[], Metric]) -> None:
        self.family = build
