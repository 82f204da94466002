"""Whether journal and store belong together: who they are, and what a reader checks before it reads.

A cursor is a number. It means something only in the journal it was counted in, and only while what is at
that place is what was read there. So the two know each other, and each place knows what stands at it:

- A journal has an id for life and an `incarnation`, renewed whenever it may no longer continue what a store
  has read: after a restore, a repair. It names the one store that reads it.
- A store has an id for life, and names the journal and the incarnation that its cursors were counted in.
- Each cursor keeps its `anchor`, the id of the event it stands at.

`examine` compares all of it and costs a few look-ups. It is pure but for reading.
"""

from typing import Final, Literal

import msgspec

from heliograph.errors import StoreCorrupt
from heliograph.storage.events.journal import Journal
from heliograph.storage.identity import JournalIdentity, StoreIdentity
from heliograph.storage.reading.cursors import Place
from heliograph.storage.store import Reader, Store

Kind = Literal[
    "journal.store_new",
    "journal.journal_new",
    "journal.other_journal",
    "journal.other_incarnation",
    "journal.behind",
    "journal.rewritten",
    "journal.rebuilding",
]


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """Why a store must not read a journal on."""

    kind: Kind
    message: str
    hint: str
    partitions: tuple[int, ...] = ()
    """Those whose cursors are wrong, where it is about cursors."""

    def error(self) -> StoreCorrupt:
        """Return it as an error that stops a reader."""
        return StoreCorrupt(self.kind, self.message, where="journal", hint=self.hint)

    def __str__(self) -> str:
        """Return it as a paragraph."""
        return f"{self.message}. {self.hint}"


REBUILD: Final = "rebuild"
"""The group whose places say how far a rebuild has to go; there while one is under way."""
LOST: Final = "lost"
"""What a journal is told of a store that nobody knows."""
REPAIR: Final = "The gateway goes on keeping requests; nothing is applied until this is settled. "
"""Begins every hint."""
_REPAIR_JOURNAL: Final = (
    REPAIR
    + "If the newer journal is gone for good, run `heliograph repair`: what is in this one and was "
    "not applied is applied then, nothing twice. Else stop the hub and put the newer journal back."
)
_REBUILD: Final = (
    REPAIR
    + "Restore a backup of both (`heliograph restore DIR`), or put the store back; if it is gone for "
    "good, apply the configuration and run `heliograph rebuild`: it makes profiles anew and sends nothing."
)


def pair(journal: Journal, store: Store) -> None:
    """Introduce a journal and a store that know nobody yet to each other; all others are left alone.

    Args:
        journal: opened for writing.
        store: opened for writing.

    Raises:
        StoreUnavailable: nothing, or half of it, was done; the next call goes on.
    """
    with store.read() as reader:
        here = reader.lineage.get()
        unused = not reader.readers.all() and not reader.configuration.revision()
    there = journal.identity()
    if here.journal is not None:
        if here.journal == there.journal and there.store is None:
            # It lost its newest part, and with it that the two had met.
            journal.adopt(here.store)
        return
    if there.store is None:
        # A journal from before they knew each other, beside a store that was just made: another one read it.
        lost = unused and any(bounds.last for bounds in journal.heads())
        there = journal.adopt(LOST if lost else here.store)
    if there.store == here.store:
        with store.transaction() as tx:
            tx.lineage.bind(there.journal, there.incarnation)


def examine(journal: Journal, reader: Reader, *, group: str) -> Mismatch | None:
    """Return why the store must not read on in this journal as `group`; None when it may.

    Read the store's view first: a cursor that moves meanwhile is then behind its head, never ahead.

    Raises:
        StoreUnavailable: one of them cannot be read now.
    """
    here = reader.lineage.get()
    places = reader.cursors.places(group)
    there = journal.identity()
    return _strangers(there, here) or _rebuilding(reader) or _cursors(journal, places)


def _rebuilding(reader: Reader) -> Mismatch | None:
    if not reader.cursors.positions(REBUILD):
        return None
    return Mismatch(
        kind="journal.rebuilding",
        message="a rebuild is under way or was interrupted",
        hint="Wait for it, or give `heliograph rebuild` again: it goes on.",
    )


def require_lineage(journal: Journal, store: Store, *, group: str) -> None:
    """Do nothing while the store may read on in this journal as `group`.

    Raises:
        StoreCorrupt: `journal.…`; it may not.
        StoreUnavailable: one of them cannot be read now.
    """
    with store.read() as reader:
        mismatch = examine(journal, reader, group=group)
    if mismatch is not None:
        raise mismatch.error()


def _strangers(there: JournalIdentity, here: StoreIdentity) -> Mismatch | None:
    if there.store is None and here.journal is None:
        return None  # neither ever met another
    if here.journal is None:
        return Mismatch(
            kind="journal.store_new",
            message="the store is new, and the journal was read by another one: the store was lost or moved",
            hint=_REBUILD,
        )
    if there.journal != here.journal:
        new = there.store is None
        return Mismatch(
            kind="journal.journal_new" if new else "journal.other_journal",
            message="the journal is new, and the store has read another one: the journal was lost or moved"
            if new
            else "journal and store come from two different hubs",
            hint=_REPAIR_JOURNAL
            if new
            else REPAIR + "Put the files that belong together into one folder.",
        )
    if there.store is not None and there.store != here.store:
        return Mismatch(
            kind="journal.store_new",
            message="the store is not the one that has read this journal",
            hint=_REBUILD,
        )
    if there.incarnation != here.incarnation:
        return Mismatch(
            kind="journal.other_incarnation",
            message="the journal was restored or repaired without this store",
            hint=_REPAIR_JOURNAL,
        )
    return None


def _cursors(journal: Journal, places: dict[int, Place]) -> Mismatch | None:
    heads = journal.heads()
    behind = {p: place for p, place in places.items() if place.position > heads[p].last}
    if behind:
        lost = sum(place.position - heads[p].last for p, place in behind.items())
        return Mismatch(
            kind="journal.behind",
            message=f"the journal ends before what was read from it, in {_listed(behind)}: at least "
            f"{lost:,} event{'' if lost == 1 else 's'} that the store has applied are not in it; it is an "
            "older copy, or lost its newest part in a crash",
            hint=_REPAIR_JOURNAL,
            partitions=tuple(behind),
        )
    known = [(p, place.position) for p, place in places.items() if place.anchor is not None]
    entries = journal.entries(known)
    changed = [
        partition
        for partition, position in known
        if position >= heads[partition].first
        and (
            (entry := entries.get((partition, position))) is None
            or entry.record.id != places[partition].anchor
        )
    ]
    if changed:
        return Mismatch(
            kind="journal.rewritten",
            message=f"the journal holds other events than were read from it, in {_listed(changed)}: it was "
            "an older copy, or lost its newest part in a crash, and has grown since",
            hint=_REPAIR_JOURNAL,
            partitions=tuple(changed),
        )
    return None


def _listed(partitions: "dict[int, Place] | list[int]") -> str:
    numbers = sorted(partitions)
    return ("partition " if len(numbers) == 1 else "partitions ") + ", ".join(map(str, numbers))
