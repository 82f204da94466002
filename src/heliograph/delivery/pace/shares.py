"""Who goes first when a destination's budget does not suffice for all that is due. Pure.

Deliveries have a class (`model.delivery.PRIORITIES`): live ones, replays, campaigns. Live ones go first, but
every other class that has something due keeps its share, so that a replay of a million dead letters ends
one day, and delays nobody's order until then. What a class does not use the others get, by their shares.
"""

from collections.abc import Mapping
from typing import Final

from heliograph.model.delivery import PRIORITIES

LIVE: Final = PRIORITIES["pipeline"]
SHARES: Final[Mapping[int, float]] = {
    LIVE: 0.8,
    PRIORITIES["replay"]: 0.1,
    PRIORITIES["campaign"]: 0.1,
}
CLASSES: Final = tuple(sorted(SHARES))
OTHERS: Final = tuple(which for which in CLASSES if which != LIVE)


class Rota:
    """Says of which class the next one is; remembers who is owed a turn.

    A smooth weighted round: among those that wait, each gets its share of any ten turns or so, and none
    two in a row that another one is owed. A class that has nothing waiting saves nothing up.
    """

    __slots__ = ("_owed",)

    def __init__(self) -> None:
        self._owed = dict.fromkeys(CLASSES, 0.0)

    def next(self, waiting: Mapping[int, int]) -> int | None:
        """Return the class whose turn it is; None when nothing waits.

        Args:
            waiting: class -> how many wait.
        """
        owed, total = self._owed, 0.0
        first: int | None = None
        for which in CLASSES:
            if not waiting.get(which):
                owed[which] = 0.0
                continue
            owed[which] += SHARES[which]
            total += SHARES[which]
            if first is None or owed[which] > owed[first] + 1e-9:
                first = which
        if first is not None:
            owed[first] -= total
        return first


def share_out(room: int, wanted: Mapping[int, int], rota: Rota) -> dict[int, int]:
    """Return how many deliveries of each class may go.

    Args:
        room: how many may go together.
        wanted: how many of each class are due.
        rota: of this destination or purpose; a room too small for all shares goes to the classes in turn.

    Returns:
        For each class at most what it wants; together `room`, or all that is wanted when that is less.
    """
    given = dict.fromkeys(CLASSES, 0)
    left = {which: wanted.get(which, 0) for which in CLASSES}
    if sum(left.values()) <= room:
        return left
    for _ in range(room):
        which = rota.next(left)
        if which is None:
            break
        given[which] += 1
        left[which] -= 1
    return given
