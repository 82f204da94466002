"""How the interpreter is set up in a process that makes many short-lived objects."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

ALLOCATIONS: Final = 50_000
"""Net new containers between two collections of the youngest generation (Python's default is 700)."""


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
