"""What the gateway's `/readyz` should say about the rest of the hub."""

from collections.abc import Iterator
from typing import Final

from heliograph.app.lag import engine_lag
from heliograph.app.run_files import running
from heliograph.app.settings import Settings
from heliograph.app.wiring import Data
from heliograph.errors import StoreError
from heliograph.gateway.health import HealthProblem

LAG_WARNING: Final = 100_000
"""Events waiting for the engine beyond which `/readyz` warns."""


def worker_problems(settings: Settings, data: Data) -> list[HealthProblem]:
    """Return what the gateway's `/readyz` should say about the worker: warnings, never failures.

    A gateway without a worker still takes and keeps everything, so it must stay in service; and so it must
    when a destination refuses its credentials.
    """
    try:
        return [*_worker(settings, data), *_destinations(data)]
    except StoreError as error:
        return [_warning("store", f"Nothing can be said about the worker: {error}")]


def _worker(settings: Settings, data: Data) -> Iterator[HealthProblem]:
    if running(settings.data_path, "worker") is None:
        yield _warning(
            "worker",
            "The worker does not run: requests are kept, but nothing is applied or delivered. Start it "
            "with `heliograph worker`.",
        )
        return
    lag = engine_lag(data)
    if lag.events > LAG_WARNING:
        yield _warning("worker", f"The worker is {lag.events:,} events behind.")


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
