"""Profiles and derived state made anew from the journal, with nothing sent.

The engine's own stages run over everything the journal holds, but for the one that makes deliveries: whatever
was read before has been routed, and whatever a lost store had read cannot be known to have been. Deliveries
that are there keep their state.

How far it is to go is kept in the store as the places of a group `rebuild`, written in the transaction that
forgets the old state; while they are there no engine reads (`storage.lineage`), and a rebuild that was
interrupted goes on.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from heliograph.engine.applying.apply import BatchEffect, apply_batch, skip_entry
from heliograph.engine.applying.read_ahead import ReadAhead, Unread
from heliograph.engine.batch import Batch
from heliograph.engine.loop.loop import GROUP
from heliograph.engine.stages.identity import IdentityStage
from heliograph.engine.stages.profile import ProfileStage
from heliograph.engine.stages.seen import SeenStage
from heliograph.engine.stages.standard import AnyStage
from heliograph.errors import StoreConflict, StoreError
from heliograph.model.clock import Clock
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Entry
from heliograph.storage.lineage import REBUILD, examine
from heliograph.storage.reading.cursors import Claim
from heliograph.storage.reading.readers import Gap
from heliograph.storage.store import Transaction
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.rebuild")
PAGE: Final = 500
"""Events of one transaction."""


class RebuildPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild would do."""

    goals: dict[int, int]
    """Partition -> position up to which it is done without deliveries."""
    begun: bool
    """Whether it goes on with one that was interrupted."""
    lost_store: bool
    """Whether the store has read nothing of this journal: what was sent is not known."""
    events: int
    """Events to apply, with those an interrupted one has applied."""
    trimmed: int
    """Events that retention took from the journal: what they did to profiles is not made anew."""


def plan_rebuild(data: Data) -> RebuildPlan:
    """Return what a rebuild would do now.

    Raises:
        StoreCorrupt: journal and store do not belong together in a way that only a repair settles.
        StoreUnavailable: one of them cannot be read.
    """
    heads = data.journal.heads()
    with data.store.read() as reader:
        goals = reader.cursors.positions(REBUILD)
        mismatch = examine(data.journal, reader, group=GROUP)
        positions = reader.cursors.positions(GROUP)
    begun = bool(goals)
    lost = mismatch is not None and mismatch.kind == "journal.store_new"
    if mismatch is not None and not lost and not begun:
        raise mismatch.error()
    if not begun:
        goals = {
            partition: bounds.last if lost else positions.get(partition, 0)
            for partition, bounds in enumerate(heads)
        }
    return RebuildPlan(
        goals=goals,
        begun=begun,
        lost_store=lost,
        events=sum(max(0, goal - heads[p].first + 1) for p, goal in goals.items()),
        trimmed=sum(bounds.first - 1 for bounds in heads),
    )


def rebuild(
    data: Data, plan: RebuildPlan, *, clock: Clock, progress: Callable[[int, int], None]
) -> BatchEffect:
    """Do what was planned; returns what this run applied.

    Args:
        data: journal and store opened for writing; no engine may write the store.
        plan: as `plan_rebuild` gave it.
        clock: for what is written down.
        progress: told events done and events in all.

    Raises:
        StoreConflict: an engine took the partitions meanwhile; stop it and go on.
        StoreUnavailable: go on later.
    """
    if not plan.begun:
        _begin(data, plan, clock)
    with data.store.transaction() as tx:
        claims = {claim.partition: claim for claim in tx.cursors.take(GROUP, plan.goals)}
    work = _Work(data, clock)
    firsts = [bounds.first for bounds in data.journal.heads()]
    done = sum(max(0, claims[p].position - firsts[p] + 1) for p in plan.goals)
    progress(done, plan.events)
    open_ = set(plan.goals)
    while open_:
        for partition in sorted(open_):
            claim, goal = claims[partition], plan.goals[partition]
            entries = [
                entry
                for entry in data.journal.read(partition, claim.position, PAGE)
                if entry.position <= goal
            ]
            if not entries:
                open_.discard(partition)
                continue
            claims[partition] = work.apply(claim, entries)
            done += len(entries)
            progress(done, plan.events)
    with data.store.transaction() as tx:
        tx.readers.forget(REBUILD)
    return work.effect


def _begin(data: Data, plan: RebuildPlan, clock: Clock) -> None:
    """Forget what is made anew, and write down how far that goes, in one transaction."""
    with data.store.read() as reader:
        store = reader.lineage.get().store
    identity = data.journal.renew(store) if plan.lost_store else data.journal.identity()
    heads = data.journal.heads()
    now_ms = clock.now_ms()
    with data.store.transaction() as tx:
        tx.lineage.forget_effects(GROUP)
        tx.lineage.bind(identity.journal, identity.incarnation)
        tx.readers.seen(GROUP, now_ms=now_ms)
        for partition, goal in plan.goals.items():
            first = heads[partition].first
            tx.cursors.reset(GROUP, partition, first - 1)
            tx.cursors.reset(REBUILD, partition, goal)
            if first > 1:
                tx.readers.note_gap(
                    Gap(group=GROUP, partition=partition, first=1, last=first - 1, found_at=now_ms)
                )


class _Work:
    """Applies pages without routing them."""

    def __init__(self, data: Data, clock: Clock) -> None:
        self._data = data
        self._clock = clock
        self._ahead = ReadAhead(data.journal)
        self._stages: Sequence[AnyStage] = (IdentityStage(), ProfileStage(), SeenStage())
        self.effect = BatchEffect()

    def apply(self, claim: Claim, entries: Sequence[Entry]) -> Claim:
        """Apply a page and move the cursor; an entry that cannot be applied is skipped with a reason."""
        batch = Batch(entries, now_ms=self._clock.now_ms())
        try:
            return self._commit(
                claim,
                entries,
                lambda tx: apply_batch(tx, batch, self._stages, ahead=self._ahead),
            )
        except StoreError:
            raise
        except Exception as error:
            if len(entries) > 1:
                for entry in entries:
                    claim = self.apply(claim, [entry])
                return claim
            reason = f"invariant: {type(error).__name__}"
            log.exception("event skipped", event_id=entries[0].record.id, reason=reason)
            return self._commit(claim, entries, lambda tx: skip_entry(tx, entries[0], reason))

    def _commit(
        self, claim: Claim, entries: Sequence[Entry], work: Callable[[Transaction], BatchEffect]
    ) -> Claim:
        last = entries[-1]
        while True:
            try:
                with self._data.store.transaction() as tx:
                    effect = work(tx)
                    if not tx.cursors.advance(
                        GROUP,
                        claim.partition,
                        old=claim.position,
                        new=last.position,
                        epoch=claim.epoch,
                        anchor=last.record.id,
                    ):
                        raise StoreConflict(
                            "store.conflict",
                            "an engine has taken the partitions meanwhile",
                            hint="Stop the worker, and give the command again; it goes on.",
                        )
                break
            except Unread as unread:
                self._ahead.fetch(unread.places)
        self._ahead.forget()
        self.effect = BatchEffect(
            applied=self.effect.applied + effect.applied,
            skipped=self.effect.skipped + effect.skipped,
            duplicates=self.effect.duplicates + effect.duplicates,
        )
        return Claim(partition=claim.partition, position=last.position, epoch=claim.epoch)
