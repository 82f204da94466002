"""Deliveries as a list of small objects, searched from end to end: slow, and easy to believe."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import get_args

import msgspec

from heliograph.errors import InvariantBroken
from heliograph.model.delivery import (
    AFTER_A_TURN,
    PRIORITIES,
    TRANSITIONS,
    Attempt,
    Delivery,
    DeliveryState,
    NewDelivery,
)
from heliograph.model.documents.blueprint_reference import read_reference
from heliograph.storage.work.deliveries import DeliveryQuery, Finish, Retrying, final_keys

OPEN = frozenset({"queued", "waiting"})
LIVE = PRIORITIES["pipeline"]
Counts = dict[str, dict[DeliveryState, int]]


class _Row(msgspec.Struct):
    """A delivery, changed only along the drawing."""

    delivery: Delivery

    def become(self, state: DeliveryState, **changes: object) -> None:
        """Change the state, if the state machine has such a step."""
        if (self.delivery.state, state) not in TRANSITIONS:
            raise InvariantBroken(f"a {self.delivery.state} delivery cannot become {state}")
        self.delivery = msgspec.structs.replace(self.delivery, state=state, **changes)


class MemoryDeliveries:
    """See `storage.work.deliveries.Deliveries`."""

    def __init__(self) -> None:
        self._seq = 0
        self._rows: dict[str, _Row] = {}
        self._attempts: list[Attempt] = []
        self._pruned: Counter[str] = Counter()

    def enqueue(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> dict[str, int]:
        """Insert in order; a delivery id that exists is left alone."""
        new: dict[str, int] = {}
        for delivery in deliveries:
            if delivery.delivery_id in self._rows:
                continue
            self._seq += 1
            new[delivery.delivery_id] = self._seq
            state = self._entry_state(delivery.destination, delivery.key)
            if state == "queued" and delivery.priority == LIVE:
                for row in self._of_key(delivery.destination, delivery.key):
                    if row.delivery.state == "waiting":
                        row.delivery = msgspec.structs.replace(row.delivery, priority=LIVE)
            fields = {name: getattr(delivery, name) for name in NewDelivery.__struct_fields__}
            self._rows[delivery.delivery_id] = _Row(
                delivery=Delivery(
                    **fields,
                    seq=self._seq,
                    state=state,
                    due_at=now_ms,
                    attempts=0,
                    retries=0,
                    steps_done=0,
                    created_at=now_ms,
                    first_attempt_at=None,
                    finished_at=None,
                    reason=None,
                )
            )
        return new

    def due(self, destination: str, *, priority: int, limit: int, now_ms: int) -> list[int]:
        """Return the seqs of due deliveries, the longest due first."""
        found = [
            row.delivery
            for row in self._in("waiting", destination)
            if row.delivery.due_at <= now_ms and row.delivery.priority == priority
        ]
        found.sort(key=lambda delivery: (delivery.due_at, delivery.seq))
        return [delivery.seq for delivery in found[:limit]]

    def load(self, seqs: Sequence[int]) -> list[Delivery]:
        """Return these deliveries, the longest due first."""
        found = [row.delivery for row in self._rows.values() if row.delivery.seq in seqs]
        return sorted(found, key=lambda delivery: (delivery.due_at, delivery.seq))

    def finish(self, turns: Sequence[Finish], *, now_ms: int) -> set[str]:
        """Write attempts and next states; promote what waited behind."""
        lost: set[str] = set()
        freed: list[Delivery] = []
        for turn in turns:
            row = self._rows.get(turn.delivery_id)
            if row is None or row.delivery.state not in OPEN:
                lost.add(turn.delivery_id)
                continue
            self._attempts.extend(turn.attempts)
            first = min((attempt.at for attempt in turn.attempts), default=None)
            changes = {
                "due_at": turn.due_at,
                "attempts": row.delivery.attempts + len(turn.attempts),
                "retries": turn.retries,
                "steps_done": turn.steps_done,
                "reason": turn.reason,
                "first_attempt_at": first
                if row.delivery.first_attempt_at is None
                else row.delivery.first_attempt_at,
                "finished_at": now_ms if turn.state in ("delivered", "dead") else None,
            }
            if turn.state == "waiting":
                row.delivery = msgspec.structs.replace(row.delivery, **changes)
            elif turn.state in AFTER_A_TURN:
                row.delivery = msgspec.structs.replace(row.delivery, state=turn.state, **changes)
                freed.append(row.delivery)
            else:
                raise InvariantBroken(f"a delivery that was sent cannot become {turn.state}")
        for delivery in freed:
            self._promote(delivery, now_ms=now_ms)
        return lost

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Write attempts of turns whose lease was lost."""
        self._attempts.extend(one for one in attempts if one.delivery_id in self._rows)

    def hasten(self, destination: str, *, statuses: Collection[int], now_ms: int) -> int:
        """Make deliveries due now that wait for a retry because nobody answered; returns how many."""
        hastened = 0
        for row in self._rows.values():
            tries = self.attempts(row.delivery.delivery_id)
            if (
                row.delivery.destination == destination
                and row.delivery.state == "waiting"
                and row.delivery.due_at > now_ms
                and tries
                and (tries[-1].status is None or tries[-1].status in statuses)
            ):
                row.delivery = msgspec.structs.replace(row.delivery, due_at=now_ms)
                hastened += 1
        return hastened

    def try_now(self, query: DeliveryQuery, *, now_ms: int) -> int:
        """Make matching deliveries due now that wait and are due later."""
        found = [
            row
            for row in self._matching(query)
            if row.delivery.state == "waiting" and row.delivery.due_at > now_ms
        ]
        for row in found:
            row.delivery = msgspec.structs.replace(row.delivery, due_at=now_ms)
        return len(found)

    def shift_due(self, *, after_ms: int, by_ms: int, latest_ms: int) -> int:
        """Move what waits with a wall clock that was set."""
        moved = 0
        for row in self._rows.values():
            one = row.delivery
            if one.state != "waiting":
                continue
            due = one.due_at
            if by_ms and due > after_ms:
                due = max(due + by_ms, 0)
                moved += 1
            if due > latest_ms:
                due = latest_ms
                moved += 1
            row.delivery = msgspec.structs.replace(one, due_at=due)
        return moved

    def shift_first_attempts(self, by_ms: int) -> None:
        """Move the first attempts of all that waits."""
        for row in self._rows.values():
            first = row.delivery.first_attempt_at
            if row.delivery.state == "waiting" and first is not None:
                row.delivery = msgspec.structs.replace(row.delivery, first_attempt_at=first + by_ms)

    def identified(self, profile_ids: Sequence[str], *, now_ms: int) -> int:
        """Open held deliveries of these first profile ids."""
        mine = [row for row in self._rows.values() if row.delivery.profile_id in profile_ids]
        return self._open(
            [row for row in mine if row.delivery.state == "held"],
            due_at=now_ms,
            reason="the person was identified",
        )

    def rekey(self, moves: Mapping[str, str]) -> int:
        """Give open and held deliveries of merged persons their key."""
        final = final_keys(moves)
        mine = [
            row
            for row in self._rows.values()
            if row.delivery.key in final
            and (
                row.delivery.state in OPEN
                or (row.delivery.state == "held" and row.delivery.profile_id in final)
            )
        ]
        for row in mine:
            row.delivery = msgspec.structs.replace(row.delivery, key=final[row.delivery.key])
        for row in mine:
            self._one_head(row.delivery.destination, row.delivery.key)
        return len(mine)

    def part(self, profile_ids: Collection[str], *, old: str, new: str, now_ms: int) -> int:
        """Give open and held deliveries of some ids of a person the key of another one."""
        mine = [
            row
            for row in self._rows.values()
            if row.delivery.key == old
            and row.delivery.profile_id in profile_ids
            and row.delivery.state in (*OPEN, "held")
        ]
        for row in mine:
            row.delivery = msgspec.structs.replace(row.delivery, key=new)
        for destination in {row.delivery.destination for row in mine if row.delivery.state in OPEN}:
            for key in (old, new):
                line = [row for row in self._of_key(destination, key) if row.delivery.state in OPEN]
                if not line:
                    continue
                first = min(line, key=lambda row: row.delivery.seq)
                if first.delivery.state == "waiting":
                    self._one_head(destination, key)
                    continue
                for row in line:
                    if row.delivery.state == "waiting":
                        row.become("queued")
                self._promote(first.delivery, now_ms=now_ms)
        return len(mine)

    def _one_head(self, destination: str, key: str) -> None:
        """Of several that are next in a line leave the first one so."""
        heads = [one for one in self._of_key(destination, key) if one.delivery.state == "waiting"]
        if len(heads) > 1:
            first, *others = sorted(heads, key=lambda one: one.delivery.seq)
            urgent = min(one.delivery.priority for one in heads)
            first.delivery = msgspec.structs.replace(first.delivery, priority=urgent)
            for one in others:
                one.become("queued")

    def replay(self, query: DeliveryQuery, *, now_ms: int, newest_blueprint: bool = False) -> int:
        """Make matching `dead` deliveries open again, oldest first."""
        if query.states and "dead" not in query.states:
            return 0
        dead = [row for row in self._matching(query) if row.delivery.state == "dead"]
        chosen = dead if query.limit == 0 else dead[: query.limit]
        for row in chosen:
            row.delivery = msgspec.structs.replace(
                row.delivery,
                replays=row.delivery.replays + 1,
                retries=0,
                first_attempt_at=None,
                finished_at=None,
                origin="replay",
                priority=PRIORITIES["replay"],
            )
            if newest_blueprint and row.delivery.blueprint is not None:
                name = read_reference(row.delivery.blueprint).name
                row.delivery = msgspec.structs.replace(row.delivery, blueprint=name)
        return self._open(chosen, due_at=now_ms, reason="replayed")

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery or None."""
        row = self._rows.get(delivery_id)
        return None if row is None else row.delivery

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries, newest first."""
        found = [
            row.delivery
            for row in self._matching(query)
            if not query.states or row.delivery.state in query.states
        ]
        return found[::-1][: query.limit]

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        mine = [attempt for attempt in self._attempts if attempt.delivery_id == delivery_id]
        return sorted(mine, key=lambda attempt: attempt.number)

    def counts(self) -> Counts:
        """Return destination -> state -> number."""
        counts: Counts = {}
        for row in self._rows.values():
            states = counts.setdefault(row.delivery.destination, {})
            states[row.delivery.state] = states.get(row.delivery.state, 0) + 1
        for destination, amount in self._pruned.items():
            states = counts.setdefault(destination, {})
            states["delivered"] = states.get("delivered", 0) + amount
        return counts

    def recount(self) -> Counts:
        """Return the same."""
        return self.counts()

    def next_due(self, destination: str) -> int | None:
        """Return the earliest due time of a waiting delivery."""
        return min((row.delivery.due_at for row in self._in("waiting", destination)), default=None)

    def retrying(self, destination: str) -> Retrying | None:
        """Return what is tried again."""
        tried = [
            (one.first_attempt_at or one.created_at, one.due_at, one.reason)
            for one in (row.delivery for row in self._in("waiting", destination))
            if (one.retries or one.first_attempt_at is not None) and one.reason is not None
        ]
        if not tried:
            return None
        last_at, reason = max((due_at, reason) for _, due_at, reason in tried)
        return Retrying(
            since=min(since for since, _, _ in tried),
            next_at=min(due_at for _, due_at, _ in tried),
            last_at=last_at,
            reason=reason,
        )

    def prune(self, before_ms: int, *, limit: int | None = None) -> int:
        """Delete delivered rows finished before."""
        old = [
            row.delivery
            for row in self._rows.values()
            if row.delivery.state == "delivered" and (row.delivery.finished_at or 0) < before_ms
        ]
        old = sorted(old, key=lambda delivery: delivery.finished_at or 0)[:limit]
        for delivery in old:
            del self._rows[delivery.delivery_id]
            self._pruned[delivery.destination] += 1
        gone = {delivery.delivery_id for delivery in old}
        self._attempts = [a for a in self._attempts if a.delivery_id not in gone]
        return len(old)

    def _of_key(self, destination: str, key: str) -> Iterable[_Row]:
        for row in self._rows.values():
            if (row.delivery.destination, row.delivery.key) == (destination, key):
                yield row

    def _in(self, state: DeliveryState, destination: str) -> list[_Row]:
        assert state in get_args(DeliveryState)
        return [
            row
            for row in self._rows.values()
            if row.delivery.state == state and row.delivery.destination == destination
        ]

    def _entry_state(self, destination: str, key: str) -> DeliveryState:
        taken = any(row.delivery.state in OPEN for row in self._of_key(destination, key))
        return "queued" if taken else "waiting"

    def _open(self, rows: Sequence[_Row], *, due_at: int, reason: str) -> int:
        for row in sorted(rows, key=lambda row: row.delivery.seq):
            state = self._entry_state(row.delivery.destination, row.delivery.key)
            row.become(state, due_at=due_at, reason=reason)
        return len(rows)

    def _promote(self, freed: Delivery, *, now_ms: int) -> None:
        rows = list(self._of_key(freed.destination, freed.key))
        queued = [row for row in rows if row.delivery.state == "queued"]
        if queued and not any(row.delivery.state == "waiting" for row in rows):
            urgent = min(row.delivery.priority for row in queued[:50])
            queued[0].become("waiting", due_at=now_ms, reason=None, priority=urgent)

    def _matching(self, query: DeliveryQuery) -> list[_Row]:
        return [
            row
            for row in self._rows.values()
            if query.destination in (None, row.delivery.destination)
            and query.workspace in (None, row.delivery.destination.partition("/")[0])
            and query.event_id in (None, row.delivery.event_id)
            and (not query.event_ids or row.delivery.event_id in query.event_ids)
            and (not query.delivery_ids or row.delivery.delivery_id in query.delivery_ids)
            and (query.id_prefix is None or row.delivery.delivery_id.startswith(query.id_prefix))
            and (query.id_suffix is None or row.delivery.delivery_id.endswith(query.id_suffix))
            and (not query.profile_ids or row.delivery.profile_id in query.profile_ids)
            and query.key in (None, row.delivery.key)
            and (query.before_seq is None or row.delivery.seq < query.before_seq)
        ]
