"""What an operation is handed of a hub."""

from pathlib import Path

import msgspec

from heliograph.model.clock import Clock, Sightings, SystemSightings
from heliograph.storage.data import Data


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """A hub, whether it runs or not: its data, opened, and where its processes leave their notes."""

    data: Data
    folder: Path
    """The data folder."""
    lease_ttl_ms: int
    """How long a worker that is well needs at most to renew its leases, `engine.lease_ttl_ms`."""
    clock: Clock
    workers: int = 1
    """How many worker processes there should be, `worker.count`."""
    sightings: Sightings = msgspec.field(default_factory=SystemSightings)
    """All clocks of the machine, to tell whether one was set."""
