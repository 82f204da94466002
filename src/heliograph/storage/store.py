"""The store: everything derived or configured, changed only inside transactions.

```
with store.transaction() as tx:          # all or nothing, durable at exit
    fresh = tx.applied.add(...)          # dedupe
    tx.profiles.put(...)                 # effects
    tx.deliveries.enqueue(...)           # what is to be sent
    tx.cursors.advance(...)              # False -> raise, so that everything is rolled back
```

Guarantees every implementation MUST keep (checked by `heliograph.testing.store.suite`):

1. A transaction is atomic and durable when the `with` block ends; an exception rolls it back.
2. Write transactions are serialisable; `read()` sees one consistent state and never blocks a writer.
3. `cursors.advance` changes nothing unless position and epoch are as the caller believes (fence).
4. `leases.holds` and what is written beside it are one transaction (fence of those who send).

Each repository, with the records it takes and gives, has a module of its own beside this one.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from heliograph.storage.configuration import Configuration
from heliograph.storage.identity import Lineage
from heliograph.storage.profiles import Profiles
from heliograph.storage.reading.applied import Applied
from heliograph.storage.reading.cursors import Cursors
from heliograph.storage.reading.parked import Parked
from heliograph.storage.reading.readers import Readers
from heliograph.storage.stages.outbox import Outbox
from heliograph.storage.stages.states import States
from heliograph.storage.stages.timers import Timers
from heliograph.storage.timekeeping import Timekeeping
from heliograph.storage.work.deliveries import Deliveries
from heliograph.storage.work.destination_states import DestinationStates
from heliograph.storage.work.leases import Leases
from heliograph.storage.work.remaps import Remaps


class Reader(Protocol):
    """A consistent view of the store."""

    @property
    def lineage(self) -> Lineage:
        """Who this store is, and whose journal it reads."""
        ...

    @property
    def cursors(self) -> Cursors:
        """Places of readers."""
        ...

    @property
    def leases(self) -> Leases:
        """Who does which part of a shared work."""
        ...

    @property
    def readers(self) -> Readers:
        """Registered groups of readers of the journal."""
        ...

    @property
    def parked(self) -> Parked:
        """Events that wait for their workspace's configuration."""
        ...

    @property
    def states(self) -> States:
        """What stages remember."""
        ...

    @property
    def timers(self) -> Timers:
        """Timers of stages."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Derived events on their way to the journal."""
        ...

    @property
    def applied(self) -> Applied:
        """Dedupe and what became of events."""
        ...

    @property
    def profiles(self) -> Profiles:
        """Profile records and merges."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """Deliveries and attempts."""
        ...

    @property
    def destinations(self) -> DestinationStates:
        """Paused destinations."""
        ...

    @property
    def configuration(self) -> Configuration:
        """Configuration documents."""
        ...

    @property
    def clock(self) -> Timekeeping:
        """What is remembered of the machine's clocks."""
        ...

    @property
    def remaps(self) -> Remaps:
        """Remaps."""
        ...


class Transaction(Reader, Protocol):
    """The same repositories, inside one write transaction."""


class Store(Protocol):
    """Opens transactions. Thread-safe: writers wait for each other, readers do not."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction; commits (durably) at the end of the block, rolls back on an exception.

        Raises:
            StoreUnavailable: disk full, or another process held the store too long.
        """
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """Open a consistent read-only view; writing through it raises."""
        ...

    def changes(self) -> object:
        """Return something that differs after a commit of any process; a few microseconds, one thread.

        It may differ without one, too. For those who wait for others: look when it differs.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        ...

    def close(self) -> None:
        """Release connections; safe to call twice."""
        ...
