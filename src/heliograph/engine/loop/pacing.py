"""How long after a batch the next one begins.

A batch has a price of its own, whatever is in it: a transaction, its fsync, a dozen look-ups, and the same
again for what is delivered of it. So while little comes, events wait for company; an event that comes after
a pause is applied at once, and so is what a full batch left behind.

Engine and courier share a processor. An engine that runs ahead gains nothing: what it made is out of the
courier's memory by the time it is sent, and has to be read again. So after a full batch it takes a breath
while much of what it handed over waits and goes fast. For a destination that is slow, it never waits.
"""

import threading
from collections.abc import Callable
from typing import Final

from heliograph.engine.settings import EngineSettings

VERY_SMALL: Final = 4
"""A batch of fewer events pays most for each; the next one waits twice as long."""

MUCH: Final = 1_000
"""Deliveries at hand that have not been begun."""
LOOK_S: Final = 0.02
FAST: Final = 10
"""So many fewer from one look to the next: 500 a second."""
LOOKS: Final = 10
"""At most; then the next batch begins all the same."""


def gap_s(events: int, settings: EngineSettings) -> float:
    """Return how long after the beginning of a batch of so many events the next one begins.

    0 for a full batch, and where there was none: an event that comes after a pause is applied at once.
    """
    if not 0 < events < settings.gather_events:
        return 0.0
    return settings.gather_s * (2 if events < VERY_SMALL else 1)


class Pace:
    """What an engine does between two batches.

    Args:
        settings: see `EngineSettings`.
        at_hand: tells how many deliveries were handed over and not begun; None: nobody takes them.
    """

    def __init__(self, settings: EngineSettings, at_hand: Callable[[], int] | None) -> None:
        self._settings = settings
        self._at_hand = at_hand

    def rest(self, events: int, took_s: float, stop: threading.Event) -> None:
        """Wait after a batch of so many events that took so long, or until `stop` is set."""
        gap = gap_s(events, self._settings) - took_s
        if gap > 0:
            stop.wait(gap)
        elif self._at_hand is not None:
            self._breathe(self._at_hand, stop)

    def _breathe(self, at_hand: Callable[[], int], stop: threading.Event) -> None:
        left = at_hand()
        for _ in range(LOOKS):
            if left < MUCH or stop.wait(LOOK_S):
                return
            before, left = left, at_hand()
            if before - left < FAST:
                return
