"""A process that writes until it is killed: `python -m heliograph.testing.store.applier OPENER PLACE LIFE`.

Each transaction adds up to 20 applied events and deliveries and advances the cursor by as many; the new
position is printed after the commit.
"""

import sys
from pathlib import Path
from random import Random

from heliograph.storage.store import Store
from heliograph.testing.samples import make_applied, make_delivery, opener_named


def apply_for_ever(opener: str, place: Path, life: int) -> None:
    """Commit batches and print the position; returns only when killed."""
    store: Store = opener_named(opener)(place)
    random = Random(life)
    now = life * 1_000
    while True:
        with store.transaction() as tx:
            (claim,) = tx.cursors.take("engine", [0])
            numbers = range(claim.position, claim.position + random.randrange(1, 21))
            tx.applied.add([make_applied(n) for n in numbers])
            tx.deliveries.enqueue([make_delivery(n, key=f"k{n % 7}") for n in numbers], now_ms=now)
            tx.cursors.advance("engine", 0, old=claim.position, new=numbers.stop, epoch=claim.epoch)
        sys.stdout.write(f"{numbers.stop}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    apply_for_ever(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
