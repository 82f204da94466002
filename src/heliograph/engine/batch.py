"""One batch: entries of the journal decoded, timers that fired, and what the stages found so far.

An entry that cannot be decoded is written down as skipped with reason `store.corrupt`: it holds up nobody,
its bytes stay in the journal, and the audit and its trace show it.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from heliograph.profiles.decide import PlacedEvent
from heliograph.storage.events.journal import Entry
from heliograph.storage.events.stored_events import Undecodable, read_entry
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.stages.timers import Timer
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.batch")
C = TypeVar("C")


class Batch:
    """What one transaction of the engine is about.

    Made outside of it; a transaction that is done again takes the same batch.

    Args:
        entries: as read, in the order of each partition.
        now_ms: wall clock.
        timers: that are due; the runner removes them.
        parks: tells by (partition, workspace) whether an event must wait for a configuration.
    """

    def __init__(
        self,
        entries: Sequence[Entry] = (),
        *,
        now_ms: int,
        timers: Sequence[Timer] = (),
        parks: Callable[[int, str], bool] | None = None,
    ) -> None:
        self.entries = entries
        self.now_ms = now_ms
        self.timers = timers
        self.events: list[PlacedEvent] = []
        """The entries that hold an event and are to be applied."""
        self.unreadable: list[AppliedEvent] = []
        self.parked: list[ParkedPlace] = []
        self._changes: dict[type[Any], Any] = {}
        for entry in entries:
            self._take(entry, parks)

    def _take(self, entry: Entry, parks: Callable[[int, str], bool] | None) -> None:
        partition, position = entry.partition, entry.position
        event = read_entry(entry)
        if isinstance(event, Undecodable):
            log.error(
                "event unreadable", partition=partition, position=position,
                event_id=entry.record.id, reason=event.reason,
            )  # fmt: skip
            self.unreadable.append(skipped(entry, f"store.corrupt: {event.reason}"))
            return
        if parks is not None and parks(partition, event.workspace):
            self.parked.append(
                ParkedPlace(partition=partition, position=position, workspace=event.workspace)
            )
            return
        self.events.append(PlacedEvent(partition=partition, position=position, event=event))

    def corrects(self) -> bool:
        """Tell whether the batch holds events that a remap wrote."""
        return any(one.event.remap is not None or one.event.supersedes for one in self.events)

    def note(self, changes: Any) -> None:
        """Keep what a stage found, for the stages behind it."""
        self._changes[type(changes)] = changes

    def of(self, kind: type[C]) -> C:
        """Return what an earlier stage found, by the type of its changes."""
        return cast(C, self._changes[kind])

    def found(self) -> Sequence[Any]:
        """Return the changes of all stages so far, in their order."""
        return list(self._changes.values())


def skipped(entry: Entry, reason: str) -> AppliedEvent:
    """Return the note of an entry that took no effect."""
    return AppliedEvent(
        event_id=entry.record.id,
        partition=entry.partition,
        position=entry.position,
        profile_id="",
        effect="skipped",
        reason=reason,
        received_at=entry.record.at,
    )
