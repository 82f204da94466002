"""Events out of the journal: the newest ones, and one by its id.

A list goes back in all partitions side by side, always on to the one whose next event was received last.
Within a partition it follows the journal's order, whatever the times say, so that the place where a page
ends can be told by one position per partition: the next page shows what is behind, each event once.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.errors import HeliographError
from heliograph.model.event import Event
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.records import lives
from heliograph.operations.look.records.told import Told
from heliograph.operations.look.records.waits import Waits
from heliograph.operations.names import FITS, Parts, full_id, id_by_part, not_found
from heliograph.operations.page import Key, Listed, Page, cursor
from heliograph.operations.persons import Named, exactly_named, members, named
from heliograph.operations.views import EventView
from heliograph.storage.events.journal import Entry, Journal
from heliograph.storage.events.stored_events import Undecodable, read_entry
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Reader

SCAN_LIMIT: Final = 20_000
"""Entries per partition that one page of a list with filters looks at."""
LOOKED_AT: Final = 1_000
"""Ids with a part that are looked at for those of a workspace: more of them would ask for more of the id."""
_NOUN: Final = "event"
_FIRST_READ: Final = 20
_LARGEST_READ: Final = 2_000


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are wanted."""

    workspace: str | None = None
    name: str | None = None
    source_id: str | None = None
    person: str | None = None
    """As `persons.named` takes it; everything of the person, merges resolved. Of nobody that is known, or of
    persons of several workspaces: a customer id or an anonymous id as it stands in events."""
    generations: bool = False
    """Also those that a remap replaced, and what only takes one back."""
    identifiers: frozenset[str] | None = None
    """What `person` means: set by `list_events`."""

    def fits(self, event: Event) -> bool:
        """Tell whether an event is among those asked for."""
        return (
            (self.name is None or (event.event or event.type) == self.name)
            and (self.workspace is None or event.workspace == self.workspace)
            and (self.source_id is None or event.source_id == self.source_id)
            and (
                self.identifiers is None
                or event.customer_id in self.identifiers
                or event.anonymous_id in self.identifiers
            )
        )

    @property
    def selects(self) -> bool:
        """Whether anything about an event's content is asked for."""
        return any((self.workspace, self.name, self.source_id, self.person))


def list_events(caller: Caller, hub: Hub, wanted: EventFilter, page: Page) -> Listed[EventView]:
    """Return events as they stand, the last received first.

    One that cannot be decoded is listed with the reason, unless content is asked for, which it has not; its
    place in the journal says nothing of its workspace, so that only a caller of all workspaces sees it.
    Looks at the newest `SCAN_LIMIT` entries of each partition at most; when that was not enough, `next`
    goes on from there, and the page may be shorter than its limit, even empty.

    Raises:
        HeliographError: `lookup.ambiguous` for the person; `caller.refused`, `page.invalid`.
        StoreUnavailable: the journal cannot be read.
    """
    caller.require("look")
    wanted = msgspec.structs.replace(wanted, workspace=caller.within(wanted.workspace))
    journal = hub.data.journal
    with hub.data.store.read() as reader:
        person = Named()
        if wanted.person is not None:
            person = _meant(caller, reader, wanted.person, wanted.workspace)
            wanted = _of_person(reader, wanted, person)
        lines = [
            _Line(journal, reader, partition, wanted, end)
            for partition, end in enumerate(_ends(journal, page.key(_NOUN)))
        ]
        entries: list[Entry] = []
        while len(entries) < page.limit:
            heads = [line for line in lines if line.head is not None]
            if not heads:
                break
            entries.append(max(heads, key=_received).take())
        shown = lives.listed(entries, reader)
    more = any(line.goes_on for line in lines)
    return Listed(
        items=shown,
        next=cursor(_NOUN, *(x.end for x in lines)) if more else None,
        note=person.note,
    )


def _meant(caller: Caller, reader: Reader, said: str, workspace: str | None) -> Named:
    """Return whom a name means; nobody when several workspaces have the identifier."""
    try:
        exact = exactly_named(caller, reader, said, workspace)
    except HeliographError:  # their events are told apart by themselves
        return Named()
    return exact if exact.profile_ids else named(caller, reader, said, workspace)


def _of_person(reader: Reader, wanted: EventFilter, person: Named) -> EventFilter:
    """Return the filter for events of a person: all who were merged into one, in their workspace.

    Of nobody that is known it means the identifier as it stands in events.
    """
    mine = members(reader, person.profile_ids)
    records = reader.profiles.get_many(mine)
    if not records:
        return msgspec.structs.replace(wanted, identifiers=frozenset((wanted.person or "",)))
    # An identifier means another person in another workspace.
    [workspace] = {record.workspace for record in records.values()}
    known = frozenset(record.value for record in records.values())
    return msgspec.structs.replace(wanted, workspace=workspace, identifiers=known)


def show_event(caller: Caller, hub: Hub, said: str) -> EventView:
    """Return an event and what became of it; `said` is its id, or a part of it.

    One that was not applied yet is looked for between the engine's cursor and the journal's end.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    journal = hub.data.journal
    with hub.data.store.read() as reader:
        entry = find_entry(journal, reader, said)
        if entry is None:
            id_ = full_id(_NOUN, said, id_parts(journal, reader, caller.workspace))
            entry = find_entry(journal, reader, id_)
        if entry is None:
            raise not_found(_NOUN, said)
        life = lives.whole(lives.place_of(entry), reader, Waits(hub, reader), Told(reader))
    if not caller.sees(life.event.workspace if life.event else ""):
        raise not_found(_NOUN, said)
    return life


def find_entry(journal: Journal, reader: Reader, event_id: str) -> Entry | None:
    """Return the entry of an event that is in the journal, applied or not, or None."""
    applied = reader.applied.get(event_id)
    if applied is not None:
        return journal.entry(applied.partition, applied.position)
    return next((e for e in not_applied(journal, reader) if e.record.id == event_id), None)


def id_parts(journal: Journal, reader: Reader, workspace: str | None) -> Parts:
    """Return how ids of events are found by a part of them, of those not applied yet as well.

    Of one workspace, when one is given, the ids among the first `LOOKED_AT` that fit in any.
    """
    limit = FITS if workspace is None else LOOKED_AT

    def waiting(fits: Callable[[str], bool]) -> Iterator[str]:
        return (
            entry.record.id
            for entry in not_applied(journal, reader)
            if fits(entry.record.id) and _is_of(entry, workspace)
        )

    def own(rows: Sequence[AppliedEvent]) -> list[str]:
        if workspace is None:
            return [row.event_id for row in rows]
        first = rows[:LOOKED_AT]
        entries = journal.entries([(row.partition, row.position) for row in first])
        places = ((row.event_id, entries.get((row.partition, row.position))) for row in first)
        return [id_ for id_, entry in places if entry is not None and _is_of(entry, workspace)]

    def starting_with(said: str) -> list[str]:
        found = own(reader.applied.starting_with([said]))
        return found or [*islice(waiting(lambda id_: id_.startswith(said)), FITS)]

    def ending_with(said: str) -> list[str]:
        found = reader.applied.ending_with(said, limit=limit)
        if workspace is not None:
            found = own([*reader.applied.get_many(found).values()])
        return found or [*islice(waiting(lambda id_: id_.endswith(said)), FITS)]

    return Parts(starting_with=starting_with, ending_with=ending_with)


def _is_of(entry: Entry, workspace: str | None) -> bool:
    """Tell whether an entry is of a workspace; one that cannot be read is of none."""
    if workspace is None:
        return True
    event = read_entry(entry)
    return not isinstance(event, Undecodable) and event.workspace == workspace


def full_event_id(journal: Journal, reader: Reader, said: str, workspace: str | None) -> str:
    """Return the id of an event of which a part was given; one that is known nowhere stays as it is.

    Raises:
        HeliographError: `lookup.ambiguous`.
    """
    if reader.applied.get(said) is not None:
        return said
    return id_by_part(_NOUN, said, id_parts(journal, reader, workspace)) or said


def not_applied(journal: Journal, reader: Reader) -> Iterator[Entry]:
    """Yield what the engine has not come to, partition by partition, at most `SCAN_LIMIT` of each."""
    positions = reader.cursors.positions(GROUP)
    for partition in range(journal.partitions):
        after = max(positions.get(partition, 0), journal.bounds(partition).first - 1)
        last = after + SCAN_LIMIT
        while after < last and (page := journal.read(partition, after, _LARGEST_READ)):
            yield from page
            after = page[-1].position


def _ends(journal: Journal, key: Key | None) -> Sequence[int]:
    """Return the position per partition from which a page goes back."""
    if key is not None and len(key) == journal.partitions:
        return [int(end) for end in key]
    return [journal.bounds(partition).last for partition in range(journal.partitions)]


def _received(line: "_Line") -> tuple[int, str]:
    assert line.head is not None
    return (line.head.record.at, line.head.record.id)


class _Line:
    """One partition, read backwards: `head` is the next event that fits."""

    def __init__(
        self, journal: Journal, reader: Reader, partition: int, wanted: EventFilter, end: int
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._partition = partition
        self._wanted = wanted
        self._first = journal.bounds(partition).first
        self._until = max(self._first, end - SCAN_LIMIT + 1)
        self._unread = end
        self._size = _FIRST_READ
        self._ready: list[Entry] = []
        self.end = end
        """Everything above was taken or does not fit."""
        self._fill()

    @property
    def head(self) -> Entry | None:
        """The next one, or None when there is none within reach."""
        return self._ready[0] if self._ready else None

    @property
    def goes_on(self) -> bool:
        """Whether there may be more behind."""
        return self.head is not None or self.end >= self._first

    def take(self) -> Entry:
        """Return the next one and go behind it."""
        entry = self._ready.pop(0)
        self.end = entry.position - 1
        self._fill()
        return entry

    def _fill(self) -> None:
        while not self._ready and self._unread >= self._until:
            begin = max(self._until, self._unread - self._size + 1)
            read = self._journal.read(self._partition, begin - 1, self._unread - begin + 1)
            self._ready = self._fitting(
                [entry for entry in reversed(read) if entry.position <= self._unread]
            )
            self._unread, self._size = begin - 1, min(self._size * 2, _LARGEST_READ)
        if not self._ready:
            self.end = self._unread

    def _fitting(self, entries: list[Entry]) -> list[Entry]:
        gone: set[str] = set()
        if not self._wanted.generations:
            ids = [entry.record.id for entry in entries]
            gone = set(self._reader.applied.superseded_by(ids))
        return [e for e in entries if e.record.id not in gone and self._is_wanted(e)]

    def _is_wanted(self, entry: Entry) -> bool:
        event = read_entry(entry)
        if isinstance(event, Undecodable):
            return not self._wanted.selects
        return (self._wanted.generations or not event.retracted) and self._wanted.fits(event)
