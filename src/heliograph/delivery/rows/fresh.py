"""What an engine of this process has just made, so that the courier need not read it back.

The store alone says which delivery is due, in which order and for whom; only what is in its row, its event
and the people it may be about come from here when they are at hand. So nothing depends on it: what does not
fit, or is older than the rows and people may be trusted, is read as if there were no such thing.

A row is handed out once, to be sent for the first time. It is trusted because only the courier that holds the
lease on the destination changes it, and the courier clears this memory whenever a lease begins or ends.
Of a person somebody else may learn more, so people are trusted for `PEOPLE_S`, as long as a lane may have
one in hand anyway. An engine that merges or corrects people says so, and earlier ones are forgotten.
"""

import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from heliograph.model.delivery import Delivery, NewDelivery
from heliograph.model.event import Event
from heliograph.profiles.lookup import Members

MOST_ROWS: Final = 6_000
MOST_OF_ONE: Final = 3_000
"""Of one destination: one that is slow leaves room for the others."""
MOST_BYTES: Final = 6 << 20
"""Of encoded events; decoded they take some times as much."""
ROWS_S: Final = 30.0
"""Longer a row is not kept: its destination does not take what comes."""
PEOPLE_S: Final = 3.0


class Made(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that was made, with its event as decoded."""

    seq: int
    new: NewDelivery
    event: Event
    at_ms: int

    def row(self) -> Delivery:
        """Return it as it stands in the store when it is due for the first time."""
        new = self.new
        return Delivery(
            seq=self.seq,
            delivery_id=new.delivery_id,
            destination=new.destination,
            pipeline=new.pipeline,
            blueprint=new.blueprint,
            key=new.key,
            profile_id=new.profile_id,
            event_id=new.event_id,
            partition=new.partition,
            position=new.position,
            event=new.event,
            state="waiting",
            due_at=self.at_ms,
            attempts=0,
            retries=0,
            steps_done=0,
            created_at=self.at_ms,
            first_attempt_at=None,
            finished_at=None,
            reason=None,
            origin=new.origin,
            priority=new.priority,
        )


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What one committed batch of the engine made."""

    counts: Mapping[str, int]
    """Destination -> deliveries."""
    queued: frozenset[str] = frozenset()
    """Destinations at which deliveries wait behind others of their key, after the batch."""
    rows: Sequence[Made] = ()
    people: Mapping[str, Members] = {}
    """First profile id -> the records of its person, after the batch."""
    regrouped: bool = False
    """Somebody turned out to be somebody else: people who were handed over before may be others now."""


class Fresh:
    """Rows and people at hand. Thread-safe: an engine puts, a ledger takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[int, tuple[float, Made]] = {}
        self._people: dict[str, tuple[float, Members]] = {}
        self._each: Counter[str] = Counter()
        """Rows by destination."""
        self._bytes = 0
        self._newest = 0
        """Highest seq that was put, whether it was kept or not."""
        self._overtaken = 0
        """Highest seq that was read from the store before it was put: it may have been sent since."""

    def put(self, handover: Handover, destinations: Collection[str], *, now_s: float) -> None:
        """Keep rows of these destinations, as far as there is room, and their people."""
        with self._lock:
            if handover.regrouped:
                self._people.clear()
            self._drop_old(now_s)
            for made in handover.rows:
                self._newest = max(self._newest, made.seq)
                name = made.new.destination
                size = len(made.new.event)
                if (
                    made.seq > self._overtaken
                    and name in destinations
                    and len(self._rows) < MOST_ROWS
                    and self._each[name] < MOST_OF_ONE
                    and self._bytes + size <= MOST_BYTES
                ):
                    self._rows[made.seq] = now_s, made
                    self._each[name] += 1
                    self._bytes += size
            for profile_id, members in handover.people.items():
                self._people.pop(profile_id, None)
                self._people[profile_id] = now_s, members
            while len(self._people) > MOST_ROWS:
                del self._people[next(iter(self._people))]

    def take(
        self, seqs: Sequence[int], *, now_s: float
    ) -> tuple[dict[int, Made], dict[str, Members]]:
        """Return what is at hand of these rows, each for the last time, and of their people.

        The caller reads the others from the store.
        """
        rows: dict[int, Made] = {}
        people: dict[str, Members] = {}
        with self._lock:
            for seq in seqs:
                if seq not in self._rows:
                    if seq > self._newest:
                        self._overtaken = max(self._overtaken, seq)
                    continue
                made = rows[seq] = self._drop(seq)
                known = self._people.get(made.new.profile_id)
                if known is not None and now_s - known[0] <= PEOPLE_S:
                    people[made.new.profile_id] = known[1]
        return rows, people

    def clear(self) -> None:
        """Forget everything: what is kept may be changed by somebody else."""
        with self._lock:
            self._rows.clear()
            self._people.clear()
            self._each.clear()
            self._bytes = 0
            self._overtaken = max(self._overtaken, self._newest)

    def __len__(self) -> int:
        """Return how many rows are at hand."""
        return len(self._rows)

    def _drop_old(self, now_s: float) -> None:
        while self._rows:
            seq = next(iter(self._rows))
            if now_s - self._rows[seq][0] <= ROWS_S:
                return
            self._drop(seq)

    def _drop(self, seq: int) -> Made:
        _, made = self._rows.pop(seq)
        self._each[made.new.destination] -= 1
        self._bytes -= len(made.new.event)
        return made
