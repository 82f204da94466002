"""What the gateway's `/readyz` should say about the rest of the hub."""

from collections.abc import Iterator
from typing import Final

from heliograph.engine.settings import GROUP
from heliograph.errors import StoreError
from heliograph.gateway.http.health import HealthProblem
from heliograph.model.clock import Clock
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.lag import Lag, engine_lag
from heliograph.operations.look.condition.readers import gone_readers, unread_events
from heliograph.operations.look.condition.worker import WorkerState, look_at_workers
from heliograph.storage.data import Data
from heliograph.storage.lineage import examine

LAG_WARNING: Final = 100_000
"""Events waiting for the engine beyond which `/readyz` warns."""
AGE_WARNING_S: Final = 60
"""Age of the oldest of them beyond which it warns, however few there are."""


def worker_problems(hub: Hub) -> list[HealthProblem]:
    """Return what the gateway's `/readyz` should say about the worker: `ok` or warnings, never failures.

    A gateway without a worker still takes and keeps everything, so it must stay in service; and so it must
    when a destination refuses its credentials. The first is about the worker and its lag, always.
    """
    try:
        return [
            *_workers(hub),
            *_lineage(hub.data),
            *_readers(hub),
            *_destinations(hub.data),
        ]
    except StoreError as error:
        return [_warning("store", f"Nothing can be said about the worker: {error}")]


def _workers(hub: Hub) -> list[HealthProblem]:
    """Return what is wrong with workers, or that all is well; there is always something."""
    workers = look_at_workers(hub)
    lag = engine_lag(hub.data)
    age_s = _age_s(lag, hub.clock)
    waiting = _waiting(lag, age_s)
    if not any(worker.runs for worker in workers):
        return [
            _warning(
                "worker",
                "The worker does not run: requests are kept, but nothing is applied or delivered. "
                f"Start it with `heliograph worker`. {waiting}",
            )
        ]
    found = [_worker(worker, waiting) for worker in workers if not worker.works]
    if found:
        return found
    if lag.events > LAG_WARNING or age_s > AGE_WARNING_S:
        return [_warning("worker", f"The worker is behind. {waiting}")]
    return [HealthProblem(check="worker", message=waiting, severity="ok")]


def _worker(worker: WorkerState, waiting: str) -> HealthProblem:
    if not worker.runs:
        return _warning(
            "worker",
            f"The {worker.role} does not run; others do its share. Start it with `heliograph up`, or "
            f"lower `worker.count`. {waiting}",
        )
    return _warning(
        "worker",
        f"{worker.silence()} Requests are kept. Read its log; a process that was stopped goes on "
        f"with `kill -CONT`, and a restart loses nothing. {waiting}",
    )


def _lineage(data: Data) -> Iterator[HealthProblem]:
    with data.store.read() as reader:
        mismatch = examine(data.journal, reader, group=GROUP)
    if mismatch is not None:
        yield _warning("lineage", f"The worker stalls: {mismatch}")


def _age_s(lag: Lag, clock: Clock) -> float:
    """Return how long the oldest event has waited; 0 when none waits."""
    return 0.0 if lag.oldest_at is None else max(0.0, (clock.now_ms() - lag.oldest_at) / 1000)


def _waiting(lag: Lag, age_s: float) -> str:
    if not lag.events:
        return "No event waits to be applied."
    wait = "1 event waits" if lag.events == 1 else f"{lag.events:,} events wait"
    return f"{wait} to be applied, the oldest for {age_s:,.0f} s."


def _readers(hub: Hub) -> Iterator[HealthProblem]:
    """Say which events wait for a configuration, and who holds back retention."""
    with hub.data.store.read() as reader:
        for message in (*unread_events(reader), *gone_readers(hub, reader)):
            yield _warning("readers", f"{message[0].upper()}{message[1:]}.")


def _destinations(data: Data) -> Iterator[HealthProblem]:
    """Say what nobody wanted; a destination that a person paused is no problem."""
    with data.store.read() as reader:
        states = reader.destinations.get_all()
    for name, status in sorted(states.items()):
        if status.state == "misconfigured":
            yield _warning(
                "destination", f"{name} is not sent to, its events are kept: {status.reason}"
            )


def _warning(check: str, message: str) -> HealthProblem:
    return HealthProblem(check=check, message=message, severity="warning")
