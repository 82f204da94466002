"""What the engine counts, in the default Prometheus registry of its process."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

EVENTS: Final = Counter(
    "heliograph_engine_events_total",
    "Events read from the journal and committed, by effect: applied, skipped, duplicate.",
    ["effect"],
)
UNREADABLE: Final = Counter(
    "heliograph_engine_unreadable_events_total",
    "Entries that could not be decoded or applied and were skipped with a reason.",
)
PARKED: Final = Counter(
    "heliograph_engine_parked_events_total",
    "Events put aside because their workspace has no configuration yet.",
)
MISSED: Final = Counter(
    "heliograph_engine_missed_events_total",
    "Events that were gone from the journal before the engine had read them.",
)
TIMERS: Final = Counter("heliograph_engine_timers_total", "Timers of stages that fired.")
DERIVED: Final = Counter(
    "heliograph_engine_derived_events_total", "Events that stages derived, appended to the journal."
)
DELIVERIES: Final = Counter(
    "heliograph_engine_deliveries_total", "Deliveries made from events.", ["destination"]
)
BATCH_SECONDS: Final = Histogram(
    "heliograph_engine_batch_duration_seconds",
    "Time of one transaction of the engine, reading included.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
CONFLICTS: Final = Counter(
    "heliograph_engine_conflicts_total",
    "Batches rolled back because the partition had passed to another engine or was reset.",
)
PARTITIONS: Final = Gauge("heliograph_engine_partitions", "Partitions this engine holds.")
STALLED: Final = Gauge(
    "heliograph_engine_stalled_partitions",
    "Partitions that cannot be read from their cursor on; a person has to look.",
)
