"""States, timers, outbox, reader groups and parked events of the store in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from heliograph.errors import InvariantBroken
from heliograph.storage.events.journal import Record
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Acknowledgement, Gap, ReaderGroup
from heliograph.storage.stages.outbox import Outgoing
from heliograph.storage.stages.states import MOST_STATE_BYTES, State
from heliograph.storage.stages.timers import Timer
from heliograph.testing.memory.reading.cursors import MemoryCursors


class MemoryStates:
    """See `storage.stages.states.States`."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], State] = {}

    def get_many(self, stage: str, keys: Iterable[str]) -> dict[str, State]:
        """Return the blobs that exist."""
        return {k: self._states[stage, k] for k in keys if (stage, k) in self._states}

    def put_many(self, stage: str, states: Mapping[str, State]) -> None:
        """Write whole blobs."""
        if any(len(state.value) > MOST_STATE_BYTES for state in states.values()):
            raise InvariantBroken(f"a state of {stage} is too large")
        self._states |= {(stage, key): state for key, state in states.items()}

    def drop(self, stage: str, keys: Iterable[str]) -> None:
        """Forget blobs."""
        for key in keys:
            self._states.pop((stage, key), None)


class MemoryTimers:
    """See `storage.stages.timers.Timers`."""

    def __init__(self) -> None:
        self._timers: dict[tuple[int, str, str, str], Timer] = {}

    def set(self, timers: Sequence[Timer]) -> None:
        """Set timers."""
        self._timers |= {(t.partition, t.kind, t.key, t.id): t for t in timers}

    def remove(self, timers: Iterable[Timer]) -> None:
        """Remove timers by name."""
        for t in timers:
            self._timers.pop((t.partition, t.kind, t.key, t.id), None)

    def due(self, partition: int, *, until: int, limit: int) -> list[Timer]:
        """Return what is due, the earliest first."""
        found = [t for t in self._timers.values() if t.partition == partition and t.due_at <= until]
        return sorted(found, key=lambda t: (t.due_at, t.kind, t.key, t.id))[:limit]

    def shift(self, *, after_ms: int, by_ms: int) -> int:
        """Move what is due later."""
        moved = {name: t for name, t in self._timers.items() if t.due_at > after_ms}
        self._timers |= {
            name: msgspec.structs.replace(t, due_at=max(t.due_at + by_ms, 0))
            for name, t in moved.items()
        }
        return len(moved)

    def next_due(self, partitions: Collection[int]) -> dict[int, int]:
        """Return the earliest time of each partition that has timers."""
        found: dict[int, int] = {}
        for t in self._timers.values():
            if t.partition in partitions:
                found[t.partition] = min(t.due_at, found.get(t.partition, t.due_at))
        return found


class MemoryOutbox:
    """See `storage.stages.outbox.Outbox`."""

    def __init__(self) -> None:
        self._seq = 0
        self._rows: list[Outgoing] = []

    def put(self, partition: int, records: Sequence[Record]) -> None:
        """Add derived events."""
        for record in records:
            self._seq += 1
            self._rows.append(Outgoing(seq=self._seq, partition=partition, record=record))

    def page(self, partitions: Collection[int], *, limit: int) -> list[Outgoing]:
        """Return the oldest rows."""
        return [row for row in self._rows if row.partition in partitions][:limit]

    def drop(self, seqs: Iterable[int]) -> None:
        """Remove rows."""
        gone = set(seqs)
        self._rows = [row for row in self._rows if row.seq not in gone]

    def count(self) -> int:
        """Return how many wait."""
        return len(self._rows)


class MemoryReaders:
    """See `storage.reading.readers.Readers`."""

    def __init__(self, cursors: MemoryCursors) -> None:
        self._cursors = cursors
        self._groups: dict[str, ReaderGroup] = {}
        self._gaps: dict[tuple[str, int, int], Gap] = {}

    def seen(self, group: str, *, now_ms: int) -> None:
        """Register a group, or note that it works."""
        known = self._groups.get(group)
        self._groups[group] = (
            ReaderGroup(name=group, registered_at=now_ms, seen_at=now_ms)
            if known is None
            else msgspec.structs.replace(known, seen_at=now_ms)
        )

    def forget_places(self, group: str) -> None:
        """Remove the cursors and gaps of a group; for `MemoryLineage`."""
        self._cursors.forget(group)
        self._gaps = {name: gap for name, gap in self._gaps.items() if name[0] != group}

    def forget(self, group: str) -> bool:
        """Remove a group with its cursors and gaps."""
        self.forget_places(group)
        return self._groups.pop(group, None) is not None

    def all(self) -> list[ReaderGroup]:
        """Return the groups, by name."""
        return [self._groups[name] for name in sorted(self._groups)]

    def note_gap(self, gap: Gap) -> None:
        """Remember what a group will never read."""
        name = (gap.group, gap.partition, gap.first)
        known = self._gaps.get(name)
        if known is None:
            self._gaps[name] = gap
        elif known.last < gap.last or known.found_at != gap.found_at:
            self._gaps[name] = msgspec.structs.replace(
                known, last=max(known.last, gap.last), acknowledged=None
            )

    def acknowledge_gaps(self, group: str, acknowledgement: Acknowledgement) -> None:
        """Note that a person has looked at all gaps of a group."""
        for name, gap in self._gaps.items():
            if name[0] == group and gap.acknowledged is None:
                self._gaps[name] = msgspec.structs.replace(gap, acknowledged=acknowledgement)

    def gaps(self, group: str) -> list[Gap]:
        """Return the gaps of a group."""
        return [gap for name, gap in sorted(self._gaps.items()) if name[0] == group]


class MemoryParked:
    """See `storage.reading.parked.Parked`."""

    def __init__(self) -> None:
        self._places: set[tuple[int, str, int]] = set()

    def put(self, places: Sequence[ParkedPlace]) -> None:
        """Park events."""
        self._places |= {(p.partition, p.workspace, p.position) for p in places}

    def waiting(self, partitions: Collection[int]) -> dict[int, set[str]]:
        """Return partition -> workspaces with events parked there."""
        found: dict[int, set[str]] = {}
        for partition, workspace, _ in self._places:
            if partition in partitions:
                found.setdefault(partition, set()).add(workspace)
        return found

    def page(self, partition: int, workspace: str, *, limit: int) -> list[int]:
        """Return the lowest positions."""
        return sorted(at for p, w, at in self._places if (p, w) == (partition, workspace))[:limit]

    def take(self, partition: int, workspace: str, *, until: int) -> int:
        """Forget those up to position `until`."""
        gone = {
            place
            for place in self._places
            if place[:2] == (partition, workspace) and place[2] <= until
        }
        self._places -= gone
        return len(gone)

    def counts(self) -> dict[str, int]:
        """Return workspace -> number of parked events."""
        found: dict[str, int] = {}
        for _, workspace, _ in self._places:
            found[workspace] = found.get(workspace, 0) + 1
        return found

    def firsts(self) -> dict[int, int]:
        """Return partition -> lowest parked position."""
        found: dict[int, int] = {}
        for partition, _, position in self._places:
            found[partition] = min(position, found.get(partition, position))
        return found
