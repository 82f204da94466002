"""The proof that nothing was lost: three equations over numbers that were counted independently.

1. items + derived = events + rejected     counted by the appends; events = what partitions hold
2. events + rewound = applied + skipped + duplicates + parked + missed + lag
                                           journal heads, cursors, and the engine's totals
3. deliveries = delivered + queued + waiting + held + dead     running totals and counted rows

`derived` events belong to no request: a remap appended them. An event that was superseded stays applied in
equation 2, as does the one that replaced it: each is an event that was read and took effect once.
Retention changes none of the sums: heads stay where they are, totals count what was trimmed or pruned.

They hold while traffic runs, because of the order in which the numbers are read:

- The journal's totals are read before (a) and after (b) the heads of its partitions. Whatever is appended
  meanwhile, `a.events <= sum of heads <= b.events` must hold; `events` of the report is the sum of heads.
- Cursors, the engine's totals and the deliveries come from ONE view of the store, in which cursors and
  totals were written by the same transactions. It is opened before the heads are read, so no cursor is
  ahead of its head; `lag` = head - cursor.

The sum of heads equals the number of events where positions have no gaps (SQLite, PostgreSQL). `rewound`
are positions that a cursor was set back by: what is read again is counted again, as duplicates. `parked`
events wait for the configuration of their workspace; `missed` ones were trimmed before they were read.

Because sums can cancel out, events are looked up one by one as well (`audit_ids`). And when journal and
store do not belong together (`storage.lineage`), no number means anything: that is a difference of its own.
"""

from typing import Final, get_args

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.model.delivery import DeliveryState
from heliograph.operations.look.condition.audit_ids import IdCheck, Marks, check_ids
from heliograph.storage.data import Data
from heliograph.storage.lineage import Mismatch, examine

DeliveryCounts = dict[str, dict[DeliveryState, int]]
DELIVERY_STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)


class JournalSide(msgspec.Struct, frozen=True, kw_only=True):
    """Equation 1: what came in."""

    requests: int
    refused_requests: int
    items: int
    derived: int
    events: int
    rejected: int


class EngineSide(msgspec.Struct, frozen=True, kw_only=True):
    """Equation 2: what became of the events."""

    events: int
    """Sum of the heads of all partitions."""
    applied: int
    skipped: int
    duplicates: int
    lag: int
    parked: int = 0
    missed: int = 0
    acknowledged: int = 0
    """Those of `missed` that a person has looked at and left as they are."""
    rewound: int = 0


class DeliverySide(msgspec.Struct, frozen=True, kw_only=True):
    """Equation 3: what became of the deliveries, over all destinations."""

    deliveries: int
    delivered: int
    queued: int
    waiting: int
    """Those in flight among them."""
    held: int
    dead: int


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """Running totals of archive and log, read one after the other; all of them only rise."""

    requests: int
    items: int
    events: int
    """Made from requests, and derived ones: what the log must hold."""
    rejected: int
    refused_requests: int
    derived: int = 0

    @staticmethod
    def read(data: Data) -> "Received":
        """Return the totals now."""
        requests, log = data.requests.counts(), data.journal.counts()
        return Received(
            requests=requests.requests,
            items=requests.items,
            events=requests.events + log.derived,
            rejected=requests.rejected,
            refused_requests=requests.refused_requests,
            derived=log.derived,
        )


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """The three sides, and every difference in words."""

    balanced: bool
    differences: tuple[str, ...]
    journal: JournalSide
    engine: EngineSide
    deliveries: DeliverySide
    by_destination: DeliveryCounts
    ids: IdCheck | None = None
    """The look-up by id."""


def audit(data: Data, *, marks: Marks | None = None, full: bool = False) -> AuditReport:
    """Read the numbers in the order that makes them comparable, and compare; then look up ids.

    Args:
        data: to look at; may change meanwhile.
        marks: how far ids were looked up before; moved. None: from the beginning.
        full: see `check_ids`.

    Raises:
        StoreUnavailable: the journal or the store cannot be read now.
    """
    before = Received.read(data)
    with data.store.read() as reader:
        mismatch = examine(data.journal, reader, group=GROUP)
        places = reader.cursors.places(GROUP)
        parked = sum(reader.parked.counts().values())
        gaps = reader.readers.gaps(GROUP)
        effects = reader.applied.counts()
        totals = reader.deliveries.counts()
        counted = reader.deliveries.recount()
    heads = {p: bounds.last for p, bounds in enumerate(data.journal.heads())}
    return compare(
        before=before,
        after=Received.read(data),
        heads=heads,
        positions={partition: place.position for partition, place in places.items()},
        effects=effects,
        totals=totals,
        counted=counted,
        parked=parked,
        missed=sum(gap.events for gap in gaps),
        acknowledged=sum(gap.events for gap in gaps if gap.acknowledged is not None),
        rewound=sum(place.rewound for place in places.values()),
        mismatch=mismatch,
        ids=check_ids(data, marks or Marks(), full=full),
    )


def compare(
    *,
    before: Received,
    after: Received,
    heads: dict[int, int],
    positions: dict[int, int],
    effects: dict[str, int],
    totals: DeliveryCounts,
    counted: DeliveryCounts,
    parked: int = 0,
    missed: int = 0,
    acknowledged: int = 0,
    rewound: int = 0,
    mismatch: Mismatch | None = None,
    ids: IdCheck | None = None,
) -> AuditReport:
    """Return the report for numbers read as `audit` reads them. Pure.

    Args:
        before: journal totals read before the heads.
        after: journal totals read after the heads.
        heads: partition -> last position.
        positions: partition -> committed position of the engine.
        effects: totals of the engine: `applied`, `skipped`, `duplicate`.
        totals: destination -> state -> running total.
        counted: the same, counted from rows.
        parked: events that wait for a configuration.
        missed: events that were trimmed before they were read.
        acknowledged: those of them that a person has acknowledged.
        rewound: positions that cursors were set back by.
        mismatch: why journal and store do not belong together.
        ids: what the look-up by id came to.
    """
    journal = JournalSide(
        requests=after.requests,
        refused_requests=after.refused_requests,
        items=after.items,
        derived=after.derived,
        events=after.events,
        rejected=after.rejected,
    )
    engine = EngineSide(
        events=sum(heads.values()),
        applied=effects.get("applied", 0),
        skipped=effects.get("skipped", 0),
        duplicates=effects.get("duplicate", 0),
        lag=sum(head - positions.get(partition, 0) for partition, head in heads.items()),
        parked=parked,
        missed=missed,
        acknowledged=acknowledged,
        rewound=rewound,
    )
    deliveries = _delivery_side(totals)
    differences = [
        *([str(mismatch)] if mismatch else []),
        *_id_differences(ids),
        *_journal_differences(before, after, engine.events),
        *_engine_differences(engine, heads, positions),
        *_delivery_differences(totals, counted),
    ]
    return AuditReport(
        balanced=not differences,
        differences=tuple(differences),
        journal=journal,
        engine=engine,
        deliveries=deliveries,
        by_destination=totals,
        ids=ids,
    )


def _id_differences(ids: IdCheck | None) -> list[str]:
    if ids is None:
        return []
    found: list[str] = []
    if ids.missing:
        found.append(f"{ids.missing:,} acknowledged events were read and not applied")
    if ids.orphans:
        found.append(f"{ids.orphans:,} events were applied and are not in the journal")
    return found + list(ids.examples if found else ())


def _journal_differences(before: Received, after: Received, held: int) -> list[str]:
    found: list[str] = []
    for counts in (before, after):
        if counts.items + counts.derived != counts.events + counts.rejected:
            found.append(
                f"items {counts.items} + derived {counts.derived} != "
                f"events {counts.events} + rejected {counts.rejected}"
            )
            break
    if not before.events <= held <= after.events:
        found.append(
            f"partitions hold {held} events, the journal counted {before.events} before "
            f"and {after.events} after that was read"
        )
    return found


def _engine_differences(
    engine: EngineSide, heads: dict[int, int], positions: dict[int, int]
) -> list[str]:
    found = [
        f"partition {partition}: cursor {position} is ahead of the journal's {heads.get(partition, 0)}"
        for partition, position in sorted(positions.items())
        if position > heads.get(partition, 0)
    ]
    done = engine.applied + engine.skipped + engine.duplicates + engine.parked + engine.missed
    if engine.events + engine.rewound != done + engine.lag:
        found.append(
            f"events {engine.events}{_also('rewound', engine.rewound)} != applied {engine.applied} "
            f"+ skipped {engine.skipped} + duplicates {engine.duplicates}{_also('parked', engine.parked)}"
            f"{_also('missed', engine.missed)} + lag {engine.lag} "
            f"(difference {engine.events + engine.rewound - done - engine.lag})"
        )
    return found


def _also(name: str, number: int) -> str:
    return f" + {name} {number}" if number else ""


def _delivery_differences(totals: DeliveryCounts, counted: DeliveryCounts) -> list[str]:
    return [
        f"{destination}: {kept} {state} by the running totals, {rows} by counting"
        for destination in sorted(totals.keys() | counted.keys())
        for state in DELIVERY_STATES
        if (kept := totals.get(destination, {}).get(state, 0))
        != (rows := counted.get(destination, {}).get(state, 0))
    ]


def _delivery_side(totals: DeliveryCounts) -> DeliverySide:
    def of(state: DeliveryState) -> int:
        return sum(states.get(state, 0) for states in totals.values())

    return DeliverySide(
        deliveries=sum(sum(states.values()) for states in totals.values()),
        delivered=of("delivered"),
        queued=of("queued"),
        waiting=of("waiting"),
        held=of("held"),
        dead=of("dead"),
    )
