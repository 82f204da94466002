"""What a lane has read and not begun, by class: a live delivery passes a replay that was read before it."""

from collections import deque
from collections.abc import Iterator

from heliograph.delivery.pace.shares import CLASSES, LIVE, Rota
from heliograph.delivery.rows.hand import Hand

Waiting = tuple[Hand, float]
"""A delivery with the moment it was read."""


class Ready:
    """Gives the next one: live ones first, every other class its share; within a class as they were read."""

    __slots__ = ("_chosen", "_classes", "_rota", "_size")

    def __init__(self) -> None:
        self._classes: dict[int, deque[Waiting]] = {which: deque() for which in CLASSES}
        self._rota = Rota()
        self._size = 0
        self._chosen: int | None = None
        """The class that `peek` has shown."""

    def __len__(self) -> int:
        return self._size

    @property
    def live(self) -> int:
        """How many of it are live."""
        return len(self._classes[LIVE])

    @property
    def others(self) -> int:
        """How many of it are replays and campaigns."""
        return self._size - len(self._classes[LIVE])

    def add(self, hand: Hand, since: float) -> None:
        """Put one behind those of its class."""
        self._classes[hand.delivery.priority].append((hand, since))
        self._size += 1

    def peek(self) -> Waiting:
        """Return the one that `take` will give; there must be one."""
        if self._chosen is None:
            self._chosen = self._choose()
        return self._classes[self._chosen][0]

    def take(self) -> Waiting:
        """Return the next one and forget it; there must be one."""
        chosen = self._choose() if self._chosen is None else self._chosen
        self._chosen = None
        self._size -= 1
        return self._classes[chosen].popleft()

    def give_back(self) -> Iterator[Hand]:
        """Yield all that is there and forget it."""
        self._chosen = None
        for line in self._classes.values():
            while line:
                self._size -= 1
                yield line.popleft()[0]

    def _choose(self) -> int:
        if len(self._classes[LIVE]) == self._size:
            return LIVE  # nearly always: nothing is owed to anybody
        chosen = self._rota.next({which: len(line) for which, line in self._classes.items()})
        assert chosen is not None
        return chosen
