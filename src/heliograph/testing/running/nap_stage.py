"""A stage that uses everything a stage may use: a state, a timer, a derived event.

Every event of a person sets a timer a while later; an event before that moves it. When it fires, the person
has napped: an event `Nap Ended` is derived, with the number of events that the stage had counted until then.
"""

from typing import Final

import msgspec

from heliograph.engine.batch import Batch
from heliograph.engine.stages.identity import Identified
from heliograph.engine.stages.stage import Changes, Derived
from heliograph.model.event import Event
from heliograph.model.ids import derived_event_id
from heliograph.storage.stages.states import State
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Reader, Transaction

NAP_ENDED: Final = "Nap Ended"


class Naps(msgspec.Struct):
    """What the stage remembers of a person."""

    workspace: str
    customer_id: str
    events: int = 0


class Napped(Changes):
    """New states by profile id."""

    naps: dict[str, Naps]


class NapStage:
    """See the module; `nap_ms` is how long nothing must come."""

    name = "nap"

    def __init__(self, nap_ms: int) -> None:
        self._nap_ms = nap_ms

    def load(self, reader: Reader, batch: Batch) -> dict[str, Naps]:
        """Return the states of everybody concerned."""
        keys = {one.profile_id for one in batch.of(Identified).people.effective}
        keys |= {timer.key for timer in batch.timers if timer.kind == self.name}
        found = reader.states.get_many(self.name, keys)
        return {key: msgspec.json.decode(state.value, type=Naps) for key, state in found.items()}

    def apply(self, state: dict[str, Naps], batch: Batch) -> Napped:
        """Count events and move timers; derive an event for each timer that fired."""
        changes = Napped(naps={}, timers=[], derived=[])
        for one in batch.of(Identified).people.effective:
            event = one.event
            if event.event == NAP_ENDED or event.customer_id is None:
                continue
            naps = changes.naps.get(one.profile_id) or state.get(one.profile_id)
            naps = naps or Naps(event.workspace, event.customer_id)
            naps.events += 1
            changes.naps[one.profile_id] = naps
            changes.timers.append(
                Timer(
                    partition=one.partition,
                    kind=self.name,
                    key=one.profile_id,
                    due_at=event.timestamp + self._nap_ms,
                )
            )
        for timer in batch.timers:
            if timer.kind == self.name:
                changes.derived.append(
                    Derived(partition=timer.partition, event=_ended(timer, state[timer.key]))
                )
        return changes

    def write(self, tx: Transaction, changes: Napped) -> None:
        """Write the states."""
        encoded = {key: State(1, msgspec.json.encode(naps)) for key, naps in changes.naps.items()}
        tx.states.put_many(self.name, encoded)


def _ended(timer: Timer, naps: Naps) -> Event:
    event_id = derived_event_id(timer.kind, NAP_ENDED, timer.key, timer.due_at)
    return Event(
        type="track",
        event=NAP_ENDED,
        event_id=event_id,
        workspace=naps.workspace,
        source_id="nap",
        request_id="",
        item_index=0,
        timestamp=timer.due_at,
        received_at=timer.due_at,
        customer_id=naps.customer_id,
        properties={"events": naps.events},
    )
