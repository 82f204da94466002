"""What must be true when everything has settled, item by item."""

import asyncio
from collections import Counter

import msgspec

from heliograph.app.drill.orders import WORKSPACE, Book, person_of
from heliograph.app.drill.receiver import NAMES, Receipts
from heliograph.app.drill.retained import retained
from heliograph.model.clock import Clock
from heliograph.model.identity import first_profile_id
from heliograph.model.ids import first_generation_id
from heliograph.operations.look.condition.audit import AuditReport, audit
from heliograph.profiles.lookup import load_people
from heliograph.storage.data import Data
from heliograph.storage.events.stored_events import event_or_none

STUCK_S = 120.0
"""So long nothing may move before what is left counts as stuck."""
NAMED = 20
"""Orders that a fault names, at most."""


class Reckoning(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and every difference in words."""

    acknowledged: int
    lost: tuple[int, ...]
    """Orders that were acknowledged and did not reach every destination."""
    stored: int
    """Orders that reached a destination; those whose sender got no answer may be among them."""
    repeated: int
    """Requests that brought a destination what it had, under the same key."""
    people: int
    events: int
    delivered: int
    audit: str
    faults: tuple[str, ...]


async def settled(data: Data, clock: Clock) -> AuditReport:
    """Return the audit when nothing is under way any more, or nothing has moved for `STUCK_S`."""
    before: tuple[object, ...] = ()
    since = clock.monotonic_s()
    while True:
        report = await asyncio.to_thread(audit, data)
        left = report.deliveries
        now = (report.engine.lag, left.delivered, left.dead, left.waiting, left.queued)
        if report.engine.lag == 0 and left.queued == left.waiting == 0:
            return report
        if now != before:
            before, since = now, clock.monotonic_s()
        elif clock.monotonic_s() - since > STUCK_S:
            return report
        await asyncio.sleep(0.3)


def reckon(data: Data, report: AuditReport, book: Book, receipts: Receipts) -> Reckoning:
    """Compare what senders know, what destinations know, and what the hub says; see the module's text."""
    faults = [*report.differences, *_unsettled(report)]
    reached = [receipts.keys[name] for name in NAMES]
    lost = sorted({n for keys in reached for n in book.acknowledged - keys.keys()})
    if lost:
        faults.append(_named("acknowledged orders are missing at a destination", lost))
    if reached[0].keys() != reached[1].keys():
        differing = sorted(reached[0].keys() ^ reached[1].keys())
        faults.append(_named("orders reached one destination only", differing))
    for name, keys in zip(NAMES, reached, strict=True):
        several = sorted(n for n, used in keys.items() if len(used) > 1)
        if several:
            faults.append(_named(f"orders went to {name} under several keys", several))
        invented = sorted(n for n in keys if not 0 <= n < book.next)
        if invented:
            faults.append(_named(f"orders that nobody sent reached {name}", invented))
    owners = Counter(key for keys in reached for used in keys.values() for key in used)
    shared = sorted(key for key, uses in owners.items() if uses > 1)
    if shared:
        faults.append(
            f"{len(shared)} keys stand for several deliveries: {', '.join(shared[:NAMED])}"
        )
    if statuses := sorted(set(book.statuses) - {200, 503}):
        faults.append(f"senders were answered {statuses}; allowed is 200 and 503")
    faults += _people(data, reached[0])
    faults += _stored_once(data)
    return Reckoning(
        acknowledged=len(book.acknowledged),
        lost=tuple(lost),
        stored=len(reached[0]),
        repeated=receipts.requests - sum(map(len, reached)),
        people=len({person_of(number) for number in reached[0]}),
        events=report.engine.events,
        delivered=report.deliveries.delivered,
        audit="balanced" if report.balanced else "unbalanced",
        faults=tuple(faults),
    )


def _unsettled(report: AuditReport) -> list[str]:
    left = report.deliveries
    open_ = {
        "events not applied": report.engine.lag,
        "deliveries queued": left.queued,
        "deliveries waiting": left.waiting,
        "deliveries held": left.held,
        "dead letters": left.dead,
    }
    return [f"{number} {what} though nothing moves" for what, number in open_.items() if number]


def _people(data: Data, stored: dict[int, set[str]]) -> list[str]:
    """Each person has every order once, and the newest one's number."""
    wanted: Counter[str] = Counter(person_of(number) for number in stored)
    newest: dict[str, int] = {}
    for number in stored:
        newest[person_of(number)] = max(number, newest.get(person_of(number), -1))
    ids = {person: first_profile_id(WORKSPACE, "customer", person) for person in wanted}
    with data.store.read() as reader:
        people = load_people(reader, ids.values())
    faults: list[str] = []
    for person, orders in sorted(wanted.items()):
        found = people.get(ids[person])
        if found is None:
            faults.append(f"{person} has no profile; {orders} orders were delivered")
        elif found.events != orders:
            faults.append(
                f"{person} has {found.events} events applied; {orders} orders were delivered"
            )
        elif (last := found.traits.get("last_number")) != newest[person]:
            faults.append(f"{person}'s newest order is {newest[person]}; the profile says {last}")
    return faults


def _stored_once(data: Data) -> list[str]:
    """No order that the journal still holds is there as two events."""
    events: dict[int, set[str]] = {}
    unreadable: list[str] = []
    for partition in range(data.journal.partitions):
        for entry in retained(data, partition):
            event = event_or_none(entry)
            number = event.properties.get("number") if event else None
            if event is None or not isinstance(number, int):
                unreadable.append(entry.record.id)
            else:
                events.setdefault(number, set()).add(first_generation_id(event.event_id))
    if unreadable:
        return [f"{len(unreadable)} events cannot be read: {', '.join(unreadable[:NAMED])}"]
    twice = sorted(number for number, ids in events.items() if len(ids) > 1)
    return [_named("orders became two events", twice)] if twice else []


def _named(what: str, numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:NAMED]))
    return f"{len(numbers)} {what}: {shown}{', …' if len(numbers) > NAMED else ''}"
