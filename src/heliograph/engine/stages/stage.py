"""The contract of a stage of the engine.

For every batch, inside one transaction of the store:

```
state = stage.load(reader, batch)       # a handful of queries, whatever the size of the batch
changes = stage.apply(state, batch)     # pure: no clock, no network, no store
stage.write(tx, changes)                # what only this stage knows how to write
```

The runner (`engine.applying.apply`) then writes what every stage may want: derived events to the outbox,
timers to set and to remove. A stage finds what stages before it decided with `batch.of(TheirChanges)`. The
same stored state and the same batch must give the same changes: a batch that was rolled back is done again.

A batch is entries of several partitions, or timers that fired, never both. Timers fire between batches of
their partition; a stage looks in `batch.timers` for its own kinds. It MUST NOT query per event.
"""

from typing import Protocol, TypeVar

import msgspec

from heliograph.engine.batch import Batch
from heliograph.model.event import Event
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Reader, Transaction


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a stage made. It goes through the journal, like one that was received."""

    partition: int
    """Of what it was derived from."""
    event: Event
    """Its id must follow from what it was derived from: see `model.ids.derived_event_id`."""


class Changes(msgspec.Struct, kw_only=True):
    """What a stage wants written; a stage adds fields of its own."""

    derived: list[Derived] = []
    timers: list[Timer] = []
    """To set."""
    cancelled: list[Timer] = []
    """To remove."""


S = TypeVar("S")
C = TypeVar("C", bound=Changes)


class Stage(Protocol[S, C]):
    """One step of what happens to events."""

    @property
    def name(self) -> str:
        """A noun; also the name under which it keeps `States`."""
        ...

    def load(self, reader: Reader, batch: Batch) -> S:
        """Return what is stored and needed to apply the batch."""
        ...

    def apply(self, state: S, batch: Batch) -> C:
        """Return what the batch changes. Pure."""
        ...

    def write(self, tx: Transaction, changes: C) -> None:
        """Write what is this stage's own."""
        ...
