"""Whom each event is about, which take effect, and what they merge."""

from heliograph.engine.batch import Batch
from heliograph.engine.stages.stage import Changes
from heliograph.profiles.decide import Decisions, IdentityState, decide
from heliograph.profiles.lookup import load_identity
from heliograph.storage.store import Reader, Transaction


class Identified(Changes):
    """What was decided about the events of a batch."""

    people: Decisions
    now_ms: int


class IdentityStage:
    """Dedupe and identity; see `profiles.decide`."""

    name = "identity"

    def load(self, reader: Reader, batch: Batch) -> IdentityState:
        """Return merges and repetitions."""
        return load_identity(reader, batch.events)

    def apply(self, state: IdentityState, batch: Batch) -> Identified:
        """Decide."""
        return Identified(people=decide(state, batch.events), now_ms=batch.now_ms)

    def write(self, tx: Transaction, changes: Identified) -> None:
        """Write dedupe rows and merges; put deliveries of merged people in one line, let held ones go."""
        people = changes.people
        tx.applied.add(people.applied)
        for merge in people.merges:
            tx.profiles.merge(merge)
        tx.deliveries.rekey({merge.old: merge.canonical for merge in people.merges})
        tx.deliveries.identified(people.identified, now_ms=changes.now_ms)
