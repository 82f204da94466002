"""A process that appends until it is killed: `python -m MODULE OPENER PLACE LIFE`, the module being this one.

It prints the name of each batch after the append returned. A batch has one request, whose `path` is the
batch's name, and 1 to 40 records with ids `<batch>/<number of records>`.
"""

import sys
from itertools import count
from pathlib import Path
from random import Random

from heliograph.storage.events.journal import Record
from heliograph.testing.journal.fixtures import WholeJournal
from heliograph.testing.samples import make_request, opener_named


def append_for_ever(opener: str, place: Path, life: int) -> None:
    """Append batches and print their names; returns only when killed."""
    journal: WholeJournal = opener_named(opener)(place)
    random = Random(life)
    for number in count():
        name = f"{life}-{number}"
        size = random.randrange(1, 41)
        records = [
            Record(key=f"k{n}", id=f"{name}/{size}", at=number, value=b"v" * random.randrange(2000))
            for n in range(size)
        ]
        request = make_request(life * 1_000_000 + number, path=name, items=size, events=size)
        journal.take([request], records)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    append_for_ever(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
