"""A hub for tests of operations: whatever journal and store a test has, and an operator."""

from pathlib import Path
from typing import Final

from heliograph.model.clock import Clock
from heliograph.operations.caller import Caller, operator
from heliograph.operations.hub import Hub
from heliograph.storage.data import Data
from heliograph.testing.clock import ManualClock

TESTER: Final[Caller] = operator("test")


def hub_of(data: Data, *, folder: Path = Path("nowhere"), clock: Clock | None = None) -> Hub:
    """Return a hub on which no process runs, unless `folder` says so."""
    return Hub(
        data=data,
        folder=folder,
        lease_ttl_ms=15_000,
        clock=clock or ManualClock(),
    )
