"""Runs the stages over a batch, inside the caller's transaction; the caller moves the cursors.

Order matters: effects on profiles first, then held deliveries of people who became known, then new
deliveries, so that a person's older events keep their place before newer ones.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from heliograph.delivery.rows.fresh import Handover
from heliograph.engine.applying.corrections import apply_corrections
from heliograph.engine.applying.handover import handover_of
from heliograph.engine.applying.read_ahead import ReadAhead
from heliograph.engine.batch import Batch, skipped
from heliograph.engine.metrics import DELIVERIES, EVENTS, PARKED, TIMERS, UNREADABLE
from heliograph.engine.stages.identity import Identified, IdentityStage
from heliograph.engine.stages.profile import ProfileStage
from heliograph.engine.stages.route import Routed
from heliograph.engine.stages.stage import Changes
from heliograph.engine.stages.standard import AnyStage
from heliograph.model.event import encode_event
from heliograph.storage.events.journal import Entry, Record
from heliograph.storage.stages.timers import Timer
from heliograph.storage.store import Transaction


class BatchEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch did, for the metrics and for what comes next."""

    applied: int = 0
    skipped: int = 0
    duplicates: int = 0
    unreadable: int = 0
    """Of the skipped ones, those that our own side could not read or apply."""
    parked: int = 0
    deliveries: dict[str, int] = {}
    """Destination -> deliveries made."""
    handover: Handover | None = None
    """For the courier of this process, when it was asked for and any were made."""
    derived: int = 0
    """Events put into the outbox."""
    fired: int = 0
    """Timers that fired."""
    timers: tuple[Timer, ...] = ()
    """Timers set."""


def apply_batch(
    tx: Transaction,
    batch: Batch,
    stages: Sequence[AnyStage],
    *,
    ahead: ReadAhead,
    hand_over: bool = False,
) -> BatchEffect:
    """Apply a batch and write everything that becomes of it.

    A batch with corrected events is decided by `corrections`, which does the work of the identity and
    profile stages in one, with everything that the superseded events had done taken back.

    Raises:
        Unread: corrections need entries that were not read ahead; roll back, fetch, do it again.
    """
    unreadable = tx.applied.add(batch.unreadable) if batch.unreadable else ()
    tx.parked.put(batch.parked)
    if batch.timers:
        tx.timers.remove(batch.timers)
    corrects = batch.corrects()
    if corrects:
        people = apply_corrections(tx, batch.events, ahead=ahead, now_ms=batch.now_ms)
        tx.deliveries.identified(people.identified, now_ms=batch.now_ms)
        batch.note(Identified(people=people, now_ms=batch.now_ms))
    for stage in stages:
        if corrects and isinstance(stage, IdentityStage | ProfileStage):
            continue
        changes = stage.apply(stage.load(tx, batch), batch)
        stage.write(tx, changes)
        batch.note(changes)
    effect = _effect(tx, batch, unreadable=len(unreadable))
    if not hand_over or not effect.deliveries:
        return effect
    made = handover_of(tx, batch, effect.deliveries, corrects=corrects)
    return msgspec.structs.replace(effect, handover=made)


def skip_entry(tx: Transaction, entry: Entry, reason: str) -> BatchEffect:
    """Write one entry down as skipped, whatever it holds."""
    fresh = tx.applied.add([skipped(entry, reason)])
    return BatchEffect(skipped=len(fresh), duplicates=1 - len(fresh), unreadable=len(fresh))


def count(effect: BatchEffect) -> None:
    """Raise the metrics by what was committed."""
    EVENTS.labels("applied").inc(effect.applied)
    EVENTS.labels("skipped").inc(effect.skipped)
    EVENTS.labels("duplicate").inc(effect.duplicates)
    UNREADABLE.inc(effect.unreadable)
    PARKED.inc(effect.parked)
    TIMERS.inc(effect.fired)
    for destination, number in effect.deliveries.items():
        DELIVERIES.labels(destination).inc(number)


def _effect(tx: Transaction, batch: Batch, *, unreadable: int) -> BatchEffect:
    derived = 0
    timers: list[Timer] = []
    deliveries: Counter[str] = Counter()
    for changes in batch.found():
        derived += _write_common(tx, changes)
        timers += changes.timers
        if isinstance(changes, Routed):
            deliveries.update(one.destination for one in changes.deliveries)
    people = batch.of(Identified).people
    applied = len(people.effective) + people.retracted
    return BatchEffect(
        applied=applied,
        skipped=len(people.applied) - people.repeated - applied + unreadable,
        duplicates=people.repeated + len(batch.unreadable) - unreadable,
        unreadable=len(batch.unreadable),
        parked=len(batch.parked),
        deliveries=dict(deliveries),
        derived=derived,
        fired=len(batch.timers),
        timers=tuple(timers),
    )


def _write_common(tx: Transaction, changes: Changes) -> int:
    """Write what every stage may want; return the number of derived events."""
    if changes.cancelled:
        tx.timers.remove(changes.cancelled)
    if changes.timers:
        tx.timers.set(changes.timers)
    by_partition: dict[int, list[Record]] = {}
    for one in changes.derived:
        event = one.event
        by_partition.setdefault(one.partition, []).append(
            Record(
                key=event.key, id=event.event_id, at=event.received_at, value=encode_event(event)
            )
        )
    for partition, records in by_partition.items():
        tx.outbox.put(partition, records)
    return len(changes.derived)
