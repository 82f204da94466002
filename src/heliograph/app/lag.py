"""How far the worker is behind the journal, per partition and in all."""

import msgspec

from heliograph.app.run_files import running
from heliograph.app.settings import Settings
from heliograph.app.wiring import Data
from heliograph.gateway.health import HealthProblem

LAG_WARNING: int = 100_000
"""Events waiting for the engine beyond which `/readyz` warns."""


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the journal that the engine has not applied yet."""

    events: int
    """At most this many; trimmed and unused positions count."""
    partitions: dict[int, int]
    """Partition -> events, for those that are behind."""


def engine_lag(data: Data, group: str = "engine") -> Lag:
    """Return how far the named reader is behind.

    Raises:
        StoreUnavailable: journal or store cannot be read.
    """
    with data.store.read() as reader:
        positions = reader.cursors.positions(group)
    behind: dict[int, int] = {}
    for partition in range(data.journal.partitions):
        bounds = data.journal.bounds(partition)
        position = max(positions.get(partition, 0), bounds.first - 1)
        if bounds.last > position:
            behind[partition] = bounds.last - position
    return Lag(events=sum(behind.values()), partitions=behind)


def worker_problems(settings: Settings, data: Data) -> list[HealthProblem]:
    """Return what the gateway's `/readyz` should say about the worker: warnings, never failures.

    A gateway without a worker still takes and keeps everything, so it must stay in service.
    """
    if running(settings.data_path, "worker") is None:
        return [
            HealthProblem(
                check="worker",
                message="The worker does not run: requests are kept, but nothing is applied or "
                "delivered. Start it with `heliograph worker`.",
                severity="warning",
            )
        ]
    lag = engine_lag(data)
    if lag.events > LAG_WARNING:
        return [
            HealthProblem(
                check="worker",
                message=f"The worker is {lag.events:,} events behind.",
                severity="warning",
            )
        ]
    return []
