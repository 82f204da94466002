"""When timers of stages fire.

A timer of a partition fires when `grace_ms` of event time have passed since it was due, as far as the
partition has been read: where events wait, the time is when the next of them was received; where everything
was read, it is the wall clock. So an engine that is behind fires no timer before the events that came in
time, however late it is by the clock on the wall.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from heliograph.model.clock_steps import STEP_MS
from heliograph.storage.events.journal import Entry
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Reader

SETTLE_S: Final = 60.0
"""So long after a step the worker that moves the timers may still be about to."""


class Clockwork:
    """What is due next in the partitions in hand. One thread uses it at a time.

    Args:
        grace_ms: how long after its time a timer fires.
        limit: timers of a partition at most in one go.
    """

    def __init__(self, grace_ms: int, *, limit: int) -> None:
        self._grace_ms = grace_ms
        self._limit = limit
        self._next: dict[int, int] = {}
        self._alone = False
        self._offset_ms: int | None = None
        self._settled_s = 0.0

    def stepped(self, *, now_ms: int, monotonic_s: float) -> bool:
        """Tell whether the wall clock was set a short while ago: timers are being moved, load them again.

        Args:
            now_ms: what the wall clock shows.
            monotonic_s: the clock that nobody sets.
        """
        offset_ms = now_ms - round(monotonic_s * 1000)
        if self._offset_ms is None or abs(offset_ms - self._offset_ms) >= STEP_MS:
            if self._offset_ms is not None:
                self._settled_s = monotonic_s + SETTLE_S
            self._offset_ms = offset_ms
        return monotonic_s < self._settled_s

    def load(self, reader: Reader, partitions: Collection[int]) -> None:
        """Read what is due next in these partitions."""
        found = reader.timers.next_due(partitions)
        for partition in partitions:
            self._next.pop(partition, None)
        self._next |= found

    def set(self, timers: Iterable[Timer]) -> None:
        """Note timers that were set."""
        for timer in timers:
            known = self._next.get(timer.partition, timer.due_at)
            self._next[timer.partition] = min(known, timer.due_at)

    def next_ms(self) -> int | None:
        """Return when the next timer fires where everything was read, by the wall clock."""
        return min(self._next.values()) + self._grace_ms if self._next else None

    def due(
        self, entries: Sequence[Entry], read_up: Collection[int], *, now_ms: int
    ) -> dict[int, int]:
        """Return partition -> time until which its timers are due, of those that have any.

        Args:
            entries: read, but not applied.
            read_up: partitions in which nothing waits to be read.
            now_ms: wall clock, taken before it was looked whether anything waits.
        """
        if not self._next:
            return {}
        times = dict.fromkeys(read_up, now_ms)
        for entry in entries:
            times.setdefault(entry.partition, entry.record.at)
        return {
            partition: times[partition] - self._grace_ms
            for partition, at in self._next.items()
            if partition in times and at + self._grace_ms <= times[partition]
        }

    def timers(self, reader: Reader, due: Mapping[int, int]) -> list[Timer]:
        """Return the timers of what `due` found, the earliest first within a partition."""
        return [
            timer
            for partition, until in due.items()
            for timer in reader.timers.due(partition, until=until, limit=self._limit)
        ]

    def groups(self, timers: Sequence[Timer]) -> list[Sequence[Timer]]:
        """Return the timers as they are to be fired: together, or alone after a failure."""
        if not self._alone:
            return [timers] if timers else []
        self._alone = False
        return [[timer] for timer in timers]

    def one_by_one(self) -> None:
        """Fire each alone the next time: one of them fails."""
        self._alone = True
