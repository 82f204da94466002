"""The audit by id: whatever was acknowledged and read is applied, and what was applied is there to be read.

Sums can cancel out: an event that was skipped and another that was applied twice. So each event of the
journal up to the engine's cursor is looked up by its id. What was found once need not be looked at again:
`Marks` remember how far, and are void when the journal begins a new incarnation or a cursor is set back.

It holds while traffic runs: the view of the store that says how far the engine came is opened first, and
what is behind a cursor is applied in every later view.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.storage.data import Data
from heliograph.storage.folder.private import opener
from heliograph.storage.reading.cursors import Place
from heliograph.storage.store import Reader

PAGE: Final = 1_000
SHOWN: Final = 20
"""Differences named one by one."""
MARKS_FILE: Final = "audit.json"


class Marks(msgspec.Struct, kw_only=True):
    """How far the audit by id has found everything in order."""

    incarnation: str = ""
    """Of the journal."""
    verified: dict[int, int] = {}
    """Partition -> position."""


class IdCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the ids came to."""

    checked: int
    """Events looked up this time."""
    verified: int
    """Events known to be in order, with those of earlier times."""
    missing: int
    """Read from the journal, and neither applied nor skipped nor parked."""
    orphans: int | None = None
    """Applied, and not in the journal at the place they were read from, in partitions that have more of them
    than a repair can explain; None when not looked for."""
    gone: int = 0
    """Of the other partitions: applied, and gone from the journal when a repair set the cursor back."""
    examples: tuple[str, ...] = ()
    """Some of both, in words."""


def check_ids(data: Data, marks: Marks, *, full: bool) -> IdCheck:
    """Look up what is behind the engine's cursors, from the marks on; moves the marks.

    Args:
        data: to look at.
        marks: of an earlier look, or new ones.
        full: begin at the beginning, and look for what was applied and is not in the journal too.

    Raises:
        StoreUnavailable: journal or store cannot be read now.
    """
    with data.store.read() as reader:
        places = reader.cursors.places(GROUP)
    positions = {partition: place.position for partition, place in places.items()}
    incarnation = data.journal.identity().incarnation
    if full or marks.incarnation != incarnation:
        marks.incarnation, marks.verified = incarnation, {}
    checked, missing = 0, list[str]()
    number_missing = verified = 0
    for partition, bounds in enumerate(data.journal.heads()):
        goal = min(positions.get(partition, 0), bounds.last)
        begin = marks.verified.get(partition, 0)
        after = max(bounds.first - 1, begin if begin <= goal else 0)
        gone = 0
        while page := [one for one in data.journal.ids(partition, after, PAGE) if one[0] <= goal]:
            found = _missing(data, partition, page)
            gone += len(found)
            missing += [
                f"partition {partition}, position {position}: event {id_} was acknowledged and read, "
                "but not applied"
                for position, id_ in found[: SHOWN - len(missing)]
            ]
            checked += len(page)
            after = page[-1][0]
        number_missing += gone
        if not gone:
            marks.verified[partition] = goal
            verified += goal
    found = IdCheck(
        checked=checked, verified=verified, missing=number_missing, examples=tuple(missing)
    )
    return _with_orphans(data, found, places) if full else found


def _with_orphans(data: Data, found: IdCheck, places: Mapping[int, Place]) -> IdCheck:
    """Add what was applied and is not in the journal, told apart by whether a repair explains it."""
    numbers: Counter[int] = Counter()
    shown: list[str] = []
    explained = {partition: place.rewound for partition, place in places.items()}
    for partition, words in _orphans(data):
        numbers[partition] += 1
        # The first ones may be what the repair found gone; which ones they are cannot be told.
        if numbers[partition] > explained.get(partition, 0) and len(shown) < SHOWN:
            shown.append(words)
    beyond = {p: n for p, n in numbers.items() if n > explained.get(p, 0)}
    return msgspec.structs.replace(
        found,
        orphans=sum(beyond.values()),
        gone=numbers.total() - sum(beyond.values()),
        examples=(*found.examples, *shown),
    )


def load_marks(folder: Path) -> Marks:
    """Return the marks that an earlier audit left in the data folder; new ones when there are none."""
    try:
        return msgspec.json.decode((folder / "run" / MARKS_FILE).read_bytes(), type=Marks)
    except (OSError, msgspec.DecodeError):
        return Marks()


def save_marks(folder: Path, marks: Marks) -> None:
    """Leave the marks for the next audit; where the folder cannot be written that one takes longer."""
    path = folder / "run" / MARKS_FILE
    fresh = path.with_suffix(".json.new")
    try:
        with open(fresh, "wb", opener=opener) as file:
            file.write(msgspec.json.encode(marks))
        fresh.replace(path)
    except OSError:
        return


def _missing(data: Data, partition: int, page: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return those of a page that nothing is known of, and that are in the journal still."""
    with data.store.read() as reader:
        known = reader.applied.existing([id_ for _, id_ in page])
        found = [one for one in page if one[1] not in known]
        if found:
            parked = _parked(reader, partition)
            found = [one for one in found if one[0] not in parked]
    there = data.journal.entries([(partition, position) for position, _ in found])
    return [one for one in found if (partition, one[0]) in there]


def _parked(reader: Reader, partition: int) -> set[int]:
    workspaces = reader.parked.waiting([partition]).get(partition, set())
    return {
        position
        for workspace in workspaces
        for position in reader.parked.page(partition, workspace, limit=1_000_000)
    }


def _orphans(data: Data) -> Iterator[tuple[int, str]]:
    """Yield, by partition, what was applied and is not in the journal where it was read, nor trimmed."""
    after: int | None = 0
    while after is not None:
        with data.store.read() as reader:
            rows, after = reader.applied.page(after, limit=PAGE)
        places = [(row.partition, row.position) for row in rows]
        entries = data.journal.entries(places)
        firsts = [bounds.first for bounds in data.journal.heads()]
        for row in rows:
            entry = entries.get((row.partition, row.position))
            if entry is None and row.position < firsts[row.partition]:
                continue
            if entry is None or entry.record.id != row.event_id:
                yield (
                    row.partition,
                    f"partition {row.partition}, position {row.position}: event {row.event_id} was applied, "
                    + ("another one" if entry else "nothing")
                    + " is there now",
                )
