"""What one batch of entries changes in the store, inside the caller's transaction.

Order matters: effects on profiles first, then held deliveries of people who became known, then new
deliveries, so that a person's older events keep their place before newer ones.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from heliograph.engine.corrections import apply_corrections, corrects
from heliograph.engine.routes import RouteBook
from heliograph.engine.routing import route
from heliograph.model.delivery import NewDelivery
from heliograph.profiles.apply import RETRACTION, PlacedEvent, apply_events
from heliograph.profiles.lookup import load_state
from heliograph.storage.applied import AppliedEvent
from heliograph.storage.journal import Entry, Journal
from heliograph.storage.store import Transaction
from heliograph.storage.stored_events import Undecodable, read_entry
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.effects")


class BatchEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch did, for the metrics."""

    applied: int = 0
    skipped: int = 0
    duplicates: int = 0
    unreadable: int = 0
    """Of the skipped ones, those that our own side could not read or apply."""
    deliveries: dict[str, int] = {}
    """Destination -> deliveries made."""


def apply_entries(
    tx: Transaction,
    entries: Sequence[Entry],
    *,
    routes: RouteBook,
    journal: Journal,
    now_ms: int,
) -> BatchEffect:
    """Apply entries in order and enqueue what becomes of them; the caller moves the cursors.

    The journal is read only where a corrected event takes back what an earlier one did to a profile.

    An entry that cannot be decoded is written down as skipped with reason `store.corrupt`: it holds up
    nobody, its bytes stay in the journal, and the audit and its trace show it.
    """
    placed: list[PlacedEvent] = []
    unreadable: list[AppliedEvent] = []
    for entry in entries:
        event = read_entry(entry)
        if isinstance(event, Undecodable):
            log.error(
                "event unreadable", partition=entry.partition, position=entry.position,
                event_id=entry.record.id, reason=event.reason,
            )  # fmt: skip
            unreadable.append(_skipped(entry, f"store.corrupt: {event.reason}"))
        else:
            placed.append(
                PlacedEvent(partition=entry.partition, position=entry.position, event=event)
            )
    if corrects(placed):
        changes, fresh = apply_corrections(tx, placed, journal=journal)
    else:
        changes = apply_events(load_state(tx, placed), placed)
        fresh = tx.applied.add(changes.applied)
        tx.profiles.put_many(changes.records)
        for merge in changes.merges:
            tx.profiles.merge(merge)
    fresh |= tx.applied.add(unreadable)
    tx.deliveries.identified(changes.identified, now_ms=now_ms)
    encoded = {(entry.partition, entry.position): entry.record.value for entry in entries}
    deliveries: list[NewDelivery] = []
    for one in changes.effective:
        if one.event.remap is not None and not one.event.resend:
            continue  # nothing is sent again unless asked
        deliveries += route(
            one.event,
            routes.of(one.event.workspace),
            key=one.canonical,
            profile_id=one.profile_id,
            partition=one.partition,
            position=one.position,
            encoded=encoded[one.partition, one.position],
        )
    tx.deliveries.enqueue(deliveries, now_ms=now_ms)
    retracted = {one.event_id for one in changes.applied if one.reason == RETRACTION} & fresh
    applied = len(changes.effective) + len(retracted)
    return BatchEffect(
        applied=applied,
        skipped=len(fresh) - applied,
        duplicates=len(entries) - len(fresh),
        unreadable=len(unreadable),
        deliveries=dict(Counter(delivery.destination for delivery in deliveries)),
    )


def skip_entry(tx: Transaction, entry: Entry, reason: str) -> BatchEffect:
    """Write one entry down as skipped, whatever it holds."""
    fresh = tx.applied.add([_skipped(entry, reason)])
    return BatchEffect(skipped=len(fresh), duplicates=1 - len(fresh), unreadable=len(fresh))


def _skipped(entry: Entry, reason: str) -> AppliedEvent:
    return AppliedEvent(
        event_id=entry.record.id,
        partition=entry.partition,
        position=entry.position,
        profile_id="",
        effect="skipped",
        reason=reason,
        received_at=entry.record.at,
    )
