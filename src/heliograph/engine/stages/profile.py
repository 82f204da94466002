"""What profile records gather from the events that took effect."""

from collections.abc import Mapping

from heliograph.engine.batch import Batch
from heliograph.engine.stages.identity import Identified
from heliograph.engine.stages.stage import Changes
from heliograph.profiles.gather import gather
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.store import Reader, Transaction


class Gathered(Changes):
    """Changed records, whole."""

    records: list[ProfileRecord]


class ProfileStage:
    """Records of identifiers; see `profiles.gather`."""

    name = "profile"

    def load(self, reader: Reader, batch: Batch) -> Mapping[str, ProfileRecord]:
        """Return the records of everybody who is touched; one query."""
        touches = batch.of(Identified).people.touches
        return reader.profiles.get_many({touch.identifier.profile_id for touch in touches})

    def apply(self, state: Mapping[str, ProfileRecord], batch: Batch) -> Gathered:
        """Gather."""
        return Gathered(records=gather(state, batch.of(Identified).people.touches))

    def write(self, tx: Transaction, changes: Gathered) -> None:
        """Write the records."""
        tx.profiles.put_many(changes.records)
