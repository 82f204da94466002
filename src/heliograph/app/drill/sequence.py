"""Whether each destination got the orders of a key in the order the journal has them.

The journal's order is promised per key (the visitor id of an order, else its customer id). One exception is
promised too: when a visitor becomes known, what was in flight just then is not ordered against what
follows. So the orders of a visitor are compared within two parts, before and from the first one that says
who it is.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from heliograph.app.drill.receiver import NAMES, Receipts
from heliograph.app.drill.retained import retained
from heliograph.model.ids import first_generation_id
from heliograph.storage.data import Data
from heliograph.storage.events.stored_events import event_or_none


class Place(msgspec.Struct, frozen=True):
    """Where the journal has an order."""

    key: str
    position: int
    known: bool
    """Whether it says which customer a visitor is."""


class Sequence:
    """Follows the journal, since retention removes from it meanwhile."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self._after: dict[int, int] = {}

    def look(self, data: Data) -> None:
        """Note what has been appended since the last look."""
        for partition in range(data.journal.partitions):
            for entry in retained(data, partition, self._after.get(partition, 0)):
                self._after[partition] = entry.position
                event = event_or_none(entry)
                number = event.properties.get("number") if event else None
                if event is None or not isinstance(number, int):
                    continue
                if first_generation_id(event.event_id) == event.event_id:
                    known = bool(event.customer_id and event.anonymous_id)
                    self._places.setdefault(number, Place(event.key, entry.position, known))

    def faults(self, receipts: Receipts) -> list[str]:
        """Return each destination's orders that arrived before one that the journal has before them."""
        faults: list[str] = []
        for name in NAMES:
            early = sorted(
                number
                for line in self._lines(receipts.refused if name == NAMES[0] else set())
                for number in _early(line, receipts.first[name])
            )
            if early:
                shown = ", ".join(map(str, early[:20]))
                faults.append(f"{len(early)} orders reached {name} out of their order: {shown}")
        return faults

    def _lines(self, without: set[int]) -> Iterator[list[tuple[int, int]]]:
        """Yield (position, number) of what must arrive in this order."""
        known: dict[str, int] = {}
        for place in self._places.values():
            if place.known:
                known[place.key] = min(place.position, known.get(place.key, place.position))
        lines: defaultdict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
        for number, place in self._places.items():
            if number not in without:
                since = place.position >= known.get(place.key, place.position + 1)
                lines[place.key, since].append((place.position, number))
        for line in lines.values():
            yield sorted(line)


def _early(line: list[tuple[int, int]], first: dict[int, int]) -> Iterator[int]:
    """Yield the numbers that arrived before one that stands earlier in the line."""
    latest = -1
    for _, number in line:
        at = first.get(number)
        if at is None:
            continue
        if at < latest:
            yield number
        latest = max(latest, at)
