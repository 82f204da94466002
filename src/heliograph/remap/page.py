"""What stored requests would become under another mapper, and the events that make it so.

What was there before is read from the journal: the newest generation of each event of a request. Its
place is found by its id, which begins with what the request or its message is called (model/ids.py):

- an event that is to change gets a next generation which supersedes the newest one;
- one that is to go gets a retraction: a next generation of which nothing takes effect;
- one that was not there gets generation 1, or the next one if it was retracted before.

So a second run with the same mapper finds nothing to do, and one that was killed half-way goes on where
it ended. Of a message that was sent several times only the request whose events count is looked at.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from heliograph.errors import InvariantBroken
from heliograph.mapping import Mapper
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.run.envelope import event_of, mapped_of, type_of
from heliograph.model.event import Event
from heliograph.model.ids import first_generation_id, generation_id, names_of
from heliograph.model.request import StoredRequest
from heliograph.profiles.decide import RETRACTION
from heliograph.remap.compare import ChangeKind, EventChange, RequestDiff, compare, map_again
from heliograph.remap.request_events import applied_of, first_id_of, stems_of
from heliograph.storage.events.journal import Journal
from heliograph.storage.events.stored_events import event_or_none
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Reader


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are mapped again."""

    mapper: Mapper
    address: str
    """`partner/config@version`, written on the corrected events."""
    all_or_nothing: bool
    """The workspace's batch policy (reading A16)."""
    remap_id: str
    resend: bool


class PagePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Some requests under the new mapper."""

    diffs: list[RequestDiff]
    events: list[Event]
    """What is to be appended, in the order of requests and items."""
    earlier: Counter[ChangeKind]
    """Events that this very remap corrected before it was interrupted."""
    missing: list[StoredRequest]
    """Requests whose events are not (or no longer) to be found."""
    unreadable: list[StoredRequest]
    """Requests that are not what was received any more: half a body would take their events away."""


class _Newest(msgspec.Struct, frozen=True):
    """The newest generation of an event."""

    row: AppliedEvent
    generation: int
    event: Event
    returned: bool
    """It took the place of a retraction."""


def plan_page(
    requests: Sequence[StoredRequest], task: Task, *, journal: Journal, reader: Reader
) -> PagePlan:
    """Return what changes; three queries whatever the number of requests.

    Args:
        requests: with bodies; all of one source.
        task: the mapper and what else decides.
        journal: holds the events.
        reader: knows where they are.

    Raises:
        StoreUnavailable: the journal or the store cannot be read now.
    """
    newest = _newest_generations(applied_of(requests, reader).values(), journal)
    by_stem: dict[str, list[str]] = {}
    for first_id in newest:
        by_stem.setdefault(first_id.rpartition("-")[0], []).append(first_id)
    plan = PagePlan(diffs=[], events=[], earlier=Counter(), missing=[], unreadable=[])
    for request in requests:
        if request.fault is not None:
            plan.unreadable.append(request)
            continue
        own = [
            first_id
            for stem in stems_of(request)
            for first_id in (
                *by_stem.get(stem, ()),
                *(each for each in (stem, f"{stem}~1") if each in newest),
            )
        ]
        known = {first_id: newest[first_id] for first_id in own}
        if any(first_id not in known for first_id in _expected(request)):
            plan.missing.append(request)
        else:
            _plan_request(request, task, known, plan)
    return plan


def _plan_request(
    request: StoredRequest, task: Task, known: dict[str, _Newest], plan: PagePlan
) -> None:
    mine = {i: one for i, one in known.items() if one.event.request_id == request.request_id}
    settled: set[str] = set()
    """First ids that are not compared: done by this remap already."""
    before: dict[int, Mapped] = {}
    events: dict[int, Event] = {}
    result = map_again(request, task.mapper)
    chosen: dict[str, Mapped] = {}
    if not (task.all_or_nothing and result.rejected):
        chosen = _one_of_each(request, result, mine)
    for first_id, one in mine.items():
        # Another item of the same id goes on with the event of one that comes to nothing now.
        index = chosen[first_id].index if first_id in chosen else one.event.item_index
        if one.event.remap == task.remap_id:
            plan.earlier[_kind_of(one)] += 1
            settled.add(first_id)
        elif not one.event.retracted:
            before[index] = mapped_of(one.event)
            events[index] = one.event
    mapped: list[Mapped] = []
    for first_id, item in chosen.items():
        if first_id in settled or (first_id in known and first_id not in mine):
            continue  # done, or another request's
        if item.timestamp is None:
            item = msgspec.structs.replace(item, timestamp=request.received_at)
        mapped.append(item)
    result = msgspec.structs.replace(result, mapped=mapped)
    diff = compare(request, before, result, event_id=first_id_of)
    diff = msgspec.structs.replace(diff, changes=_with_kinds(diff, events, task, result))
    plan.diffs.append(diff)
    for change in diff.changes:
        plan.events.append(_corrected(change, request, task, result, mine.get(change.event_id)))


def _one_of_each(
    request: StoredRequest, result: MappingResult, mine: dict[str, _Newest]
) -> dict[str, Mapped]:
    """Return first id -> the item that it means, of items to which their sender gave one id.

    The one whose event is there: which of several that was, was decided when they were applied. Else the
    first, as when they are received.
    """
    chosen: dict[str, Mapped] = {}
    for item in result.mapped:
        first_id = first_id_of(request, item.index)
        one = mine.get(first_id)
        if first_id not in chosen or (one is not None and one.event.item_index == item.index):
            chosen[first_id] = item
    return chosen


def _with_kinds(
    diff: RequestDiff, events: dict[int, Event], task: Task, result: MappingResult
) -> tuple[EventChange, ...]:
    """Return the changes with those of events of which only type or flag differs, in order."""
    changed = {change.index for change in diff.changes}
    more: list[EventChange] = []
    for item in diff.mapped:
        event = events.get(item.index)
        if event is None or item.index in changed:
            continue
        fields = [
            name
            for name, differs in (
                ("type", event.type != type_of(item)),
                (
                    "update_existing_only",
                    event.update_existing_only != result.update_existing_only,
                ),
            )
            if differs
        ]
        if fields:
            more.append(
                EventChange(
                    kind="changed",
                    event_id=first_id_of(diff.request, item.index),
                    request_id=diff.request.request_id,
                    index=item.index,
                    before=mapped_of(event),
                    after=item,
                    fields=tuple(fields),
                )
            )
    return tuple(sorted((*diff.changes, *more), key=lambda change: change.index))


def _corrected(
    change: EventChange,
    request: StoredRequest,
    task: Task,
    result: MappingResult,
    newest: _Newest | None,
) -> Event:
    generation = 1 if newest is None else newest.generation + 1
    event_id = generation_id(change.event_id, generation)
    supersedes = None if newest is None else newest.row.event_id
    if change.after is not None:
        return event_of(
            change.after,
            event_id=event_id,
            workspace=request.workspace,
            source_id=request.source_id,
            request_id=request.request_id,
            received_at=request.received_at,
            mapper=task.address,
            message_id=_message_id(request, change.index),
            update_existing_only=result.update_existing_only,
            generation=generation,
            supersedes=supersedes,
            remap=task.remap_id,
            resend=task.resend,
        )
    if newest is None:
        raise InvariantBroken(f"{change.event_id} is to be removed and was never there")
    return msgspec.structs.replace(
        newest.event,
        event_id=event_id,
        mapper=task.address,
        generation=generation,
        supersedes=supersedes,
        retracted=True,
        remap=task.remap_id,
        resend=False,
    )


def _message_id(request: StoredRequest, index: int) -> str | None:
    """Return the message id of an event, as the gateway writes it."""
    message_id = request.message_id
    return None if message_id is None else names_of(message_id).message_id(index)


def _newest_generations(rows: Iterable[AppliedEvent], journal: Journal) -> dict[str, _Newest]:
    """Return id of generation 1 -> the newest generation whose bytes are still there."""
    newest: dict[str, tuple[int, AppliedEvent]] = {}
    retracted: set[str] = set()
    for row in rows:
        first_id = first_generation_id(row.event_id)
        generation = int(row.event_id[len(first_id) + 1 :] or 1)
        if row.reason == RETRACTION:
            retracted.add(row.event_id)
        if first_id not in newest or generation > newest[first_id][0]:
            newest[first_id] = generation, row
    entries = journal.entries([(row.partition, row.position) for _, row in newest.values()])
    found: dict[str, _Newest] = {}
    for first_id, (generation, row) in newest.items():
        event = event_or_none(entries.get((row.partition, row.position)))
        if event is not None:
            returned = event.supersedes in retracted
            found[first_id] = _Newest(row, generation, event, returned)
    return found


def _kind_of(one: _Newest) -> ChangeKind:
    if one.event.retracted:
        return "removed"
    return "added" if one.generation == 1 or one.returned else "changed"


def _expected(request: StoredRequest) -> list[str]:
    """Return the ids of generation 1 of the events the request had when it was received."""
    return [first_id_of(request, index) for index in _kept(request)] if request.events else []


def _kept(request: StoredRequest) -> list[int]:
    gone = request.rejected_indexes()
    return [index for index in range(request.items) if index not in gone]
