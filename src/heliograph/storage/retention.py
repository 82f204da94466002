"""How far the journal may be trimmed."""

from heliograph.storage.store import Reader


def read_by_all(reader: Reader, partitions: int) -> dict[int, int]:
    """Return partition -> position up to which nobody needs the journal any more.

    That is the slowest registered group's, and before the first parked event.
    """
    done: dict[int, int] = {}
    groups = [reader.cursors.positions(group.name) for group in reader.readers.all()]
    parked = reader.parked.firsts()
    for partition in range(partitions):
        places = [positions.get(partition, 0) for positions in groups]
        if partition in parked:
            places.append(parked[partition] - 1)
        done[partition] = min(places, default=0)
    return done
