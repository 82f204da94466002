"""What a process counts, cheap enough for the hottest path, shown as Prometheus text.

prometheus_client's own counters take a lock and a label look-up per call (about 1 µs); `Tally` and
`Latency` are plain numbers owned by ONE thread and read by the scrape, which may see a sum that is an
instant old but never a torn one. `Exposition` gathers them into a private registry, so that two
gateways in one process (tests) do not meet.

Names follow `heliograph_<part>_<noun>_<unit or total>`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

LATENCY_BOUNDS_S: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
SIZE_BOUNDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)


class Family(Protocol):
    """Something that can be shown as one metric family."""

    def family(self) -> Metric:
        """Return the family with its current values."""
        ...


class Tally:
    """A counter with labels; `add` costs one dictionary update."""

    def __init__(self, name: str, help_: str, labels: Sequence[str] = ()) -> None:
        self._name = name
        self._help = help_
        self._labels = tuple(labels)
        self._values: dict[tuple[str, ...], float] = {} if self._labels else {(): 0}

    def add(self, labels: tuple[str, ...] = (), by: float = 1) -> None:
        """Count `by` more; `labels` are values in the order of the label names."""
        values = self._values
        values[labels] = values.get(labels, 0) + by

    def value(self, labels: tuple[str, ...] = ()) -> float:
        """Return the current count; 0 when nothing was counted yet."""
        return self._values.get(labels, 0)

    def family(self) -> Metric:
        """Return the counter family."""
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for labels, value in list(self._values.items()):
            family.add_metric(labels, value)
        return family


class Gauge:
    """A value that is asked for when it is shown."""

    def __init__(self, name: str, help_: str, read: Callable[[], float]) -> None:
        self._name = name
        self._help = help_
        self._read = read

    def family(self) -> Metric:
        """Return the gauge family."""
        return GaugeMetricFamily(self._name, self._help, value=self._read())


class Histogram:
    """Counts of observations per upper bound, without labels."""

    def __init__(self, name: str, help_: str, bounds: Sequence[float] = LATENCY_BOUNDS_S) -> None:
        self._name = name
        self._help = help_
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Add one observation."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def observe_all(self, values: Iterable[float]) -> None:
        """Add several observations: one call per commit instead of one per request."""
        counts, bounds, total = self._counts, self._bounds, 0.0
        for value in values:
            counts[bisect_left(bounds, value)] += 1
            total += value
        self._sum += total

    def count(self) -> int:
        """Return how many observations there were."""
        return sum(self._counts)

    @property
    def total(self) -> float:
        """The sum of all observations."""
        return self._sum

    def family(self) -> Metric:
        """Return the histogram family with cumulative buckets."""
        return HistogramMetricFamily(
            self._name, self._help, buckets=self.buckets(), sum_value=self._sum
        )

    def buckets(self) -> list[tuple[str, float]]:
        """Return upper bound -> observations up to it, as the text format wants them."""
        buckets: list[tuple[str, float]] = []
        running = 0
        for bound, count in zip((*self._bounds, float("inf")), list(self._counts), strict=True):
            running += count
            buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), running))
        return buckets


class Spread:
    """A histogram for each value of one label; `observe` costs a look-up and two additions."""

    def __init__(self, name: str, help_: str, label: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._help = help_
        self._label = label
        self._bounds = tuple(bounds)
        self._of: dict[str, Histogram] = {}

    def of(self, value: str) -> Histogram:
        """Return the histogram of one value of the label."""
        found = self._of.get(value)
        if found is None:
            found = self._of[value] = Histogram(self._name, self._help, self._bounds)
        return found

    def family(self) -> Metric:
        """Return the family with the buckets of every value."""
        family = HistogramMetricFamily(self._name, self._help, labels=[self._label])
        for value, one in list(self._of.items()):
            family.add_metric([value], one.buckets(), one.total)
        return family


class Shown:
    """Shows families on a registry, by default the one of the process."""

    def __init__(self, *families: Family, registry: CollectorRegistry = REGISTRY) -> None:
        self._families = families
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Yield every family; called by prometheus_client."""
        return [family.family() for family in self._families]


class Exposition:
    """All families of a process and its memory, CPU and garbage collector, as one page."""

    def __init__(self) -> None:
        self._families: list[Family] = []
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def add(self, *families: Family) -> None:
        """Show these too."""
        self._families.extend(families)

    def collect(self) -> Iterable[Metric]:
        """Yield every family; called by prometheus_client."""
        return [family.family() for family in self._families]

    def describe(self) -> Iterable[Metric]:
        """Return nothing: names are known when they are collected."""
        return []

    def render(self) -> bytes:
        """Return the page in the Prometheus text format (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)
