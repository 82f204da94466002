"""Who goes first when a destination's budget does not suffice for all that is due. Pure.

Deliveries have a class (`model.delivery.PRIORITIES`): live ones, replays, campaigns. Live ones go first, but
every other class that has something due keeps its share, so that a replay of a million dead letters ends
one day, and delays nobody's order until then. What a class does not use is given to the others, first by
class.
"""

from collections.abc import Mapping
from typing import Final

from heliograph.model.delivery import PRIORITIES

SHARES: Final[Mapping[int, float]] = {
    PRIORITIES["pipeline"]: 0.8,
    PRIORITIES["replay"]: 0.1,
    PRIORITIES["campaign"]: 0.1,
}
CLASSES: Final = tuple(sorted(SHARES))


def share_out(room: int, wanted: Mapping[int, int], *, turn: int) -> dict[int, int]:
    """Return how many deliveries of each class may go.

    Args:
        room: how many may go together.
        wanted: how many of each class are due, at most `room` each.
        turn: rises with every call; a room too small for all shares goes to the classes in turn.

    Returns:
        For each class at most what it wants; together `room`, or all that is wanted when that is less.
    """
    given = dict.fromkeys(CLASSES, 0)
    left = room
    for which in CLASSES[1:]:
        # The fraction of a place becomes one place in so many turns.
        part = SHARES[which] * room
        places = int(part * (turn + 1)) - int(part * turn)
        given[which] = min(places, wanted.get(which, 0), left)
        left -= given[which]
    for which in CLASSES:
        more = min(left, wanted.get(which, 0) - given[which])
        given[which] += more
        left -= more
    return given
