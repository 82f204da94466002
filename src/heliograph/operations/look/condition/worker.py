"""Whether each worker works: its process exists, and its engine renews its leases on the journal.

A process that was stopped, or hangs, keeps its lock on the data folder; only the leases run out. The
engine renews them every third of `engine.lease_ttl_ms`, also when nothing is to be done.
"""

from collections.abc import Callable

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.model.clock_steps import age_ms
from heliograph.operations.hub import Hub
from heliograph.storage.folder.run_files import RoleNote, running, worker_roles
from heliograph.storage.work.leases import Holder


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a worker."""

    role: str
    """`worker`, `worker-2`, …"""
    runs: bool
    """Whether a process holds the role."""
    pid: int = 0
    """Its id; 0 when it is not known."""
    silent_s: float | None = None
    """How long ago its leases ran out; None while it renews them, and when it does not run."""

    partitions: int = 0
    """How many partitions of the journal it holds."""

    @property
    def works(self) -> bool:
        """Whether it runs and renews its leases."""
        return self.runs and self.silent_s is None

    def silence(self) -> str:
        """Say that it does not respond, for a worker of which that is true."""
        process = f" (process {self.pid})" if self.pid else ""
        return (
            f"The {self.role}{process} does not respond; frozen? It exists, but ceased to renew its leases, "
            f"which ran out {self.silent_s or 0:.0f} s ago."
        )


def look_at_workers(hub: Hub) -> list[WorkerState]:
    """Return what can be seen of the workers from outside: those that should run, then any others.

    One that has just started has as long as a lease lasts to take the first.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    with hub.data.store.read() as reader:
        holders = {one.owner.partition("@")[0]: one for one in reader.leases.holders(GROUP)}
        clock = reader.clock.get()
    now = hub.sightings()

    def ago_ms(written_ms: int) -> int:
        return age_ms(written_ms, clock, now)

    return [
        _state(role, running(hub.folder, role), holders.get(role), hub.lease_ttl_ms, ago_ms)
        for role in worker_roles(hub.folder, hub.workers)
    ]


def _state(
    role: str,
    note: RoleNote | None,
    holder: Holder | None,
    ttl_ms: int,
    ago_ms: Callable[[int], int],
) -> WorkerState:
    if note is None:
        return WorkerState(role=role, runs=False)
    ended_ms = ago_ms(note.started_at) - ttl_ms
    if holder is not None:
        ended_ms = min(ended_ms, ago_ms(holder.seen_at) - holder.ttl_ms)
    return WorkerState(
        role=role,
        runs=True,
        pid=note.pid,
        silent_s=ended_ms / 1000 if ended_ms > 0 else None,
        partitions=0 if holder is None else len(holder.members),
    )
