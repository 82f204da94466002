"""How long after a batch the next one begins. Pure.

A batch has a price of its own, whatever is in it: a transaction, its fsync, a dozen look-ups, and the same
again for what is delivered of it. So while little comes, events wait for company; an event that comes after
a pause is applied at once, and so is what a full batch left behind.
"""

from typing import Final

from heliograph.engine.settings import EngineSettings

VERY_SMALL: Final = 4
"""A batch of fewer events pays most for each; the next one waits twice as long."""


def gap_s(events: int, settings: EngineSettings) -> float:
    """Return how long after the beginning of a batch of so many events (1 or more) the next one begins."""
    if events >= settings.gather_events:
        return 0.0
    return settings.gather_s * (2 if events < VERY_SMALL else 1)
