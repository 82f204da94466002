"""What a batch changes when a remap wrote some of its events: superseded ones are taken back first.

The rule that is kept, whatever order partitions are read in: profiles are what the surviving events make
(applied, and not superseded), and an anonymous identifier belongs to the customer of the surviving event
that was received first of those that carry both (ties: by request and item). For events that no remap
touched, that is the event which merged it when it was applied. So after a remap, profiles are those of a
hub that had the new mapper from the start, but for what cannot be told apart afterwards:

- an event with `update_existing_only` is judged by the customers known when it is applied, and those
  skipped before stay skipped;
- what retention has trimmed from the journal cannot be looked up again (profiles/withdrawal.py).

Merges and un-merges by an operator stay. Everything is read within the caller's transaction, so a batch
that is rolled back and done again starts from the same state.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

import msgspec

from heliograph.engine.applying.read_ahead import MOST_AHEAD, ReadAhead
from heliograph.errors import InvariantBroken
from heliograph.model.event import Event
from heliograph.profiles.apply import apply_events
from heliograph.profiles.decide import Decisions, EffectiveEvent, PlacedEvent, merge_by
from heliograph.profiles.draft import Draft, happened
from heliograph.profiles.identity import identifiers
from heliograph.profiles.lookup import load_state
from heliograph.profiles.withdrawal import Loss, Withdrawn, makes_up, settle, withdraw
from heliograph.storage.events.stored_events import event_or_none
from heliograph.storage.profiles import Override
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Transaction

READ_AT_ONCE = 500
EVENT = "event:"
"""Opens the reason of a merge that an event made."""


def apply_corrections(
    tx: Transaction, placed: Sequence[PlacedEvent], *, ahead: ReadAhead, now_ms: int
) -> Decisions:
    """Do to the store what the identity and profile stages do for an ordinary batch.

    Dedupe rows, records and merges are written. What is left to the caller are deliveries: of
    `identified` people and of `effective` events.

    Raises:
        Unread: entries of the journal are needed that were not read ahead.
    """
    return _Correction(tx, ahead, placed, now_ms).run()


class _Correction:
    """One batch with corrected events."""

    def __init__(
        self, tx: Transaction, ahead: ReadAhead, placed: Sequence[PlacedEvent], now_ms: int
    ) -> None:
        self._now_ms = now_ms
        self._tx = tx
        self._ahead = ahead
        self._placed = placed
        self._losses: dict[str, Loss] = {}
        self._moves: dict[str, str] = {}
        """Merged key -> key of the person, for open deliveries."""
        self._parted: list[tuple[set[str], str, str]] = []
        """Ids that belonged to one person and belong to another one now: (ids, old key, new key)."""
        self._drafts: dict[str, Draft] = {}
        self._events = {one.event.event_id: one.event for one in placed}

    def run(self) -> Decisions:
        tx = self._tx
        gone = self._supersede()
        self._take_out(gone)
        state = load_state(tx, self._placed)
        records = {**state.records, **{i: d.record() for i, d in self._drafts.items() if d.events}}
        for profile_id, draft in self._drafts.items():
            if not draft.events:
                records.pop(profile_id, None)
        in_review = self._in_review(gone)
        changes = apply_events(
            msgspec.structs.replace(state, records=records, in_review=frozenset(in_review)),
            self._placed,
        )
        tx.applied.add(changes.applied)
        for record in changes.records:
            self._take_over(Draft.of(record))
        for merge in changes.merges:
            tx.profiles.merge(merge)
            self._moves[merge.old] = merge.canonical
        identified = [*changes.identified, *self._review(in_review)]
        tx.deliveries.rekey(self._moves)
        for ids, old, new in self._parted:
            tx.deliveries.part(ids, old=old, new=new, now_ms=self._now_ms)
        self._settle()
        return self._told(changes, identified)

    def _supersede(self) -> list[AppliedEvent]:
        """Note the supersessions of the batch; return the events that lose their effect by it."""
        pairs = {
            one.event.supersedes: one.event.event_id
            for one in self._placed
            if one.event.supersedes is not None
        }
        known = self._tx.applied.superseded_by(pairs)
        self._tx.applied.supersede(pairs)
        fresh = [event_id for event_id in pairs if event_id not in known]
        rows = self._tx.applied.get_many(fresh).values()
        return [row for row in rows if row.effect == "applied" and row.profile_id]

    def _take_out(self, gone: Sequence[AppliedEvent]) -> None:
        self._read(gone)
        by_profile: dict[str, list[Withdrawn]] = {}
        for row in gone:
            by_profile.setdefault(row.profile_id, []).append(self._withdrawn(row.event_id))
        for profile_id, record in self._tx.profiles.get_many(by_profile).items():
            draft = self._drafts[profile_id] = Draft.of(record)
            self._losses[profile_id] = withdraw(draft, by_profile[profile_id])

    def _withdrawn(self, event_id: str, *, counted: bool = True) -> Withdrawn:
        event = self._events.get(event_id)
        at = None if event is None else happened(event)
        return Withdrawn(event_id=event_id, at=at, counted=counted)

    def _in_review(self, gone: Sequence[AppliedEvent]) -> set[str]:
        """Return the anonymous profiles whose merge may be another one after this batch."""
        found = {row.other_profile_id for row in gone if row.other_profile_id is not None}
        found |= {i for i, d in self._drafts.items() if d.identifier.kind == "anonymous"}
        for one in self._placed:
            if one.event.remap is not None:
                customer, anonymous = identifiers(one.event)
                if customer is not None and anonymous is not None:
                    found.add(anonymous.profile_id)
        return found

    def _take_over(self, draft: Draft) -> None:
        """Let what the batch made of a record replace it; an emptied one was begun anew there."""
        profile_id = draft.identifier.profile_id
        before = self._drafts.get(profile_id)
        if before is not None and not before.events:
            self._losses.pop(profile_id, None)  # nothing of it survived, so nothing is missing
        self._drafts[profile_id] = draft

    def _review(self, profile_ids: Iterable[str]) -> list[str]:
        """Make the merges that the surviving events ask for; return who was identified by that."""
        wanted = sorted(profile_ids)
        profiles = self._tx.profiles
        kept = profiles.unmerged(wanted)
        merges = profiles.merges_of(wanted)
        makers = [m.reason[len(EVENT) :] for m in merges.values() if m.reason.startswith(EVENT)]
        rows = self._tx.applied.get_many(makers)
        self._read(rows.values())
        superseded = self._tx.applied.superseded_by(makers)
        identified: list[str] = []
        for profile_id in wanted:
            merge = merges.get(profile_id)
            if profile_id in kept or (merge is not None and not merge.reason.startswith(EVENT)):
                continue  # an operator's word
            maker = merge.reason[len(EVENT) :] if merge else None
            if maker is not None and maker not in rows and maker not in superseded:
                continue  # made by an event that retention took
            if self._decide(profile_id, merge, maker) and merge is None:
                identified.append(profile_id)
        return identified

    def _decide(self, profile_id: str, merge: Override | None, maker: str | None) -> bool:
        """Merge a profile as the first surviving event says; return whether there is one."""
        first = self._first(self._tx.applied.first_with_other(profile_id))
        if maker is not None and (first is None or first.event_id != maker):
            self._tx.profiles.unmerge(profile_id, remember=False)
            draft = self._draft(profile_id)
            if draft is not None:
                gone = [self._withdrawn(maker, counted=False)]
                self._losses[profile_id] = withdraw(draft, gone, self._losses.get(profile_id))
        if first is None:
            self._part(profile_id, merge, into=profile_id)
            return False
        customer, anonymous = identifiers(first)
        if customer is None or anonymous is None:
            raise InvariantBroken(f"{first.event_id} was applied with identifiers it does not have")
        draft = self._draft(profile_id)
        if draft is None:
            draft = Draft(first.workspace, anonymous, happened(first))
            self._drafts[profile_id] = draft
        draft.see(first)
        if first.event_id != maker:
            parent = customer.profile_id
            into = self._tx.profiles.canonical_of([parent]).get(parent, parent)
            self._part(profile_id, merge, into=into)
            self._tx.profiles.merge(merge_by(first, profile_id, into=into, parent=parent))
            self._moves[profile_id] = into
        return True

    def _part(self, profile_id: str, before: Override | None, *, into: str) -> None:
        """Note that what is open of an un-merged profile belongs to another person now."""
        if before is not None and before.canonical != into:
            taken = {profile_id, *self._tx.profiles.members_of(profile_id)}
            self._parted.append((taken, before.canonical, into))

    def _first(self, rows: Sequence[AppliedEvent]) -> Event | None:
        """Return the event that was received first of these, which have one time of receipt."""
        self._read(rows)
        events = [self._events[row.event_id] for row in rows if row.event_id in self._events]
        return min(events, key=lambda e: (e.request_id, e.item_index, e.event_id), default=None)

    def _draft(self, profile_id: str) -> Draft | None:
        draft = self._drafts.get(profile_id)
        if draft is None:
            record = self._tx.profiles.get_many([profile_id]).get(profile_id)
            if record is None:
                return None
            draft = self._drafts[profile_id] = Draft.of(record)
        return draft

    def _settle(self) -> None:
        """Join the survivors again where it is needed, write the records, drop the empty ones."""
        merges = self._tx.profiles.merges_of(self._drafts)
        empty: list[str] = []
        for profile_id, draft in self._drafts.items():
            loss = self._losses.get(profile_id)
            needed = draft.events or profile_id in merges
            if not needed and not self._tx.profiles.members_of(profile_id):
                empty.append(profile_id)
                continue
            if loss is not None:
                found = draft.events if makes_up(draft, loss) else self._rejoin(draft)
                settle(draft, loss, complete=found >= draft.events)
        self._tx.profiles.put_many(
            [draft.record() for i, draft in self._drafts.items() if i not in empty]
        )
        self._tx.profiles.drop(empty)

    def _rejoin(self, draft: Draft) -> int:
        """Join all surviving events of a record again; return how many there were."""
        known = draft.identifier.kind == "customer"
        found = 0
        page: list[AppliedEvent] = []
        surviving = iter(self._tx.applied.surviving(draft.identifier.profile_id))
        first = list(islice(surviving, MOST_AHEAD))
        if len(first) < MOST_AHEAD:  # in one go, not a rolled back transaction for each page
            self._ahead.entries([(row.partition, row.position) for row in first])
        for row in chain(first, surviving):
            page.append(row)
            if len(page) == READ_AT_ONCE:
                found += self._join(draft, page, known=known)
                page = []
        return found + self._join(draft, page, known=known)

    def _join(self, draft: Draft, rows: Sequence[AppliedEvent], *, known: bool) -> int:
        entries = self._ahead.entries([(row.partition, row.position) for row in rows])
        events = [
            event for entry in entries.values() if (event := event_or_none(entry)) is not None
        ]
        for event in events:
            draft.join(event, known=known)
        return len(events)

    def _read(self, rows: Iterable[AppliedEvent]) -> None:
        """Load the events of these rows; those that were trimmed stay unknown."""
        places = {
            (row.partition, row.position): row.event_id
            for row in rows
            if row.event_id not in self._events
        }
        for place, entry in self._ahead.entries(list(places)).items():
            event = event_or_none(entry)
            if event is not None:
                self._events[places[place]] = event

    def _told(self, changes: Decisions, identified: list[str]) -> Decisions:
        """Return the changes with what the review found out."""
        canonical: Mapping[str, str] = self._tx.profiles.canonical_of(
            {effective.profile_id for effective in changes.effective}
        )
        effective = [
            EffectiveEvent(
                partition=one.partition,
                position=one.position,
                event=one.event,
                profile_id=one.profile_id,
                canonical=canonical.get(one.profile_id, one.profile_id),
            )
            for one in changes.effective
        ]
        return msgspec.structs.replace(changes, identified=identified, effective=effective)
