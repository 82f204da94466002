"""Whether the worker works: its process exists, and its engine renews its leases on the journal.

A process that was stopped, or hangs, keeps its lock on the data folder; only the leases run out. The
engine renews them every third of `engine.lease_ttl_ms`, also when nothing is to be done.
"""

import msgspec

from heliograph.engine.loop import GROUP
from heliograph.operations.hub import Hub
from heliograph.storage.run_files import running


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the worker."""

    runs: bool
    """Whether a process holds the role."""
    pid: int = 0
    """Its id; 0 when it is not known."""
    silent_s: float | None = None
    """How long ago its leases ran out; None while it renews them, and when it does not run."""

    @property
    def works(self) -> bool:
        """Whether it runs and renews its leases."""
        return self.runs and self.silent_s is None

    def silence(self) -> str:
        """Say that it does not respond, for a worker of which that is true."""
        process = f" (process {self.pid})" if self.pid else ""
        return (
            f"The worker{process} does not respond; frozen? It exists, but ceased to renew its leases, "
            f"which ran out {self.silent_s or 0:.0f} s ago."
        )


def look_at_worker(hub: Hub) -> WorkerState:
    """Return what can be seen of the worker from outside.

    One that has just started has as long as a lease lasts to take the first.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    note = running(hub.folder, "worker")
    if note is None:
        return WorkerState(runs=False)
    with hub.data.store.read() as reader:
        holders = reader.leases.holders(GROUP)
    leased_until = max((holder.seen_at + holder.ttl_ms for holder in holders), default=0)
    ended_ms = hub.clock.now_ms() - max(leased_until, note.started_at + hub.lease_ttl_ms)
    silent_s = ended_ms / 1000 if ended_ms > 0 else None
    return WorkerState(runs=True, pid=note.pid, silent_s=silent_s)
