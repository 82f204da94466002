"""How the interpreter is set up in a process that makes many short-lived objects."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

ALLOCATIONS: Final = 200_000
"""Net new containers between two collections of the youngest generation (Python's default is 700)."""

PATIENCE: Final = 30
"""Turns a `Collector` leaves out."""


@contextmanager
def rare_collections() -> Generator[None]:
    """Leave what was loaded so far out of garbage collection, and collect less often, for the block.

    Requests, batches and deliveries make next to no reference cycles, so a collection only walks objects
    that are alive: an eighth of a busy worker's CPU.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


class Collector:
    """Collects garbage at chosen moments, in a process where no request may wait for it.

    A collection walks all that was made since the last one and is alive, without a break: beside a
    payload of a megabyte that is up to 0.1 s. So none happens by itself, and `turn` makes one when nothing
    large is in hand; it leaves out at most `PATIENCE` turns.

    Args:
        busy: whether something large is, or was until just now.
    """

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._busy = busy
        self._turns = 0
        self._left_out = 0

    def turn(self) -> None:
        """Collect what is young, now and then what is older; to be called about once a second."""
        self._turns += 1
        if self._busy() and self._left_out < PATIENCE:
            self._left_out += 1
            return
        self._left_out = 0
        gc.collect(2 if self._turns % 100 == 0 else 1 if self._turns % 10 == 0 else 0)

    @contextmanager
    def in_charge(self) -> Generator[None]:
        """Leave out what was loaded so far, and collect nothing but in `turn`, for the block."""
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
            gc.unfreeze()
