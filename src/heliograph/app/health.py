"""What the gateway's `/readyz` should say about the rest of the hub."""

from typing import Final

from heliograph.app.lag import engine_lag
from heliograph.app.run_files import running
from heliograph.app.settings import Settings
from heliograph.app.wiring import Data
from heliograph.gateway.health import HealthProblem

LAG_WARNING: Final = 100_000
"""Events waiting for the engine beyond which `/readyz` warns."""


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
