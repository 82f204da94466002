"""Deliveries: the state machine of model/delivery.py as rows. What is only read is in delivery_reads.py.

Invariant kept by every method: of the open rows of a (destination, key) exactly one is `waiting`, the rest
are `queued`. So looking for work is a range scan over due rows, whatever waits behind them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from heliograph.backends.sqlite.store.session import Session, as_json, encode
from heliograph.backends.sqlite.store.work.delivery_reads import (
    DeliveryReads,
    delivery_of,
    encode_attempts,
)
from heliograph.errors import InvariantBroken
from heliograph.model.delivery import (
    AFTER_A_TURN,
    PRIORITIES,
    Attempt,
    Delivery,
    DeliveryState,
    NewDelivery,
)
from heliograph.model.documents.blueprint_reference import read_reference
from heliograph.storage.work.deliveries import DeliveryQuery, Finish, final_keys

OPEN: Final = frozenset({"queued", "waiting"})
FINISHED: Final = frozenset({"delivered", "dead"})
REPLAY_ROWS: Final = 1_000
PRUNE_ROWS: Final = 1_000
LIVE: Final = PRIORITIES["pipeline"]

Pair = tuple[str, str]
"""(destination, key)."""


class SqliteDeliveries(DeliveryReads):
    """See `storage.work.deliveries.Deliveries`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)

    def enqueue(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> dict[str, int]:
        """Insert in order, `waiting` or `queued`; ids that exist are left alone. Returns id -> seq."""
        known: set[str] = {
            row[0]
            for row in self._session.rows_in(
                "known_deliveries", [delivery.delivery_id for delivery in deliveries]
            )
        }
        fresh: list[NewDelivery] = []
        for delivery in deliveries:
            if delivery.delivery_id not in known:
                known.add(delivery.delivery_id)
                fresh.append(delivery)
        if not fresh:
            return {}
        taken = self._open_pairs({(delivery.destination, delivery.key) for delivery in fresh})
        seq = int(self._session.rows("last_seq")[0][0])
        seqs: dict[str, int] = {}
        rows: list[tuple[object, ...]] = []
        totals: Counter[Pair] = Counter()
        hurried: dict[Pair, None] = {}
        for delivery in fresh:
            seq += 1
            seqs[delivery.delivery_id] = seq
            pair = (delivery.destination, delivery.key)
            state: DeliveryState = "queued" if pair in taken else "waiting"
            if state == "queued" and delivery.priority == LIVE:
                hurried[pair] = None
            taken.add(pair)
            totals[delivery.destination, state] += 1
            rows.append(_new_row(delivery, seq=seq, state=state, now_ms=now_ms))
        self._session.run_rows("insert_deliveries", rows)
        packed = self._session.pack("events", [one.event for one in fresh], now_ms=now_ms)
        self._session.run_rows("insert_events", list(zip(seqs.values(), packed, strict=True)))
        if hurried:
            # What a live one waits behind is as urgent as it is itself.
            self._session.run_in("hurry", hurried)
        self._add_totals(totals)
        return seqs

    def due(self, destination: str, *, priority: int, limit: int, now_ms: int) -> list[int]:
        """Return the seqs of up to `limit` due deliveries of a destination, the longest due first."""
        return [row[0] for row in self._session.rows("due", destination, priority, now_ms, limit)]

    def load(self, seqs: Sequence[int]) -> list[Delivery]:
        """Return these deliveries, the longest due first."""
        return [delivery_of(self._session, row) for row in self._session.rows_in("load", seqs)]

    def finish(self, turns: Sequence[Finish], *, now_ms: int) -> set[str]:
        """Write attempts and next states; promote what waited behind. Returns ids that are not open."""
        rows = self._rows_of(turns)
        lost: set[str] = set()
        freed: dict[Pair, None] = {}
        moved: Counter[Pair] = Counter()
        changes: list[tuple[object, ...]] = []
        attempts: list[tuple[int, Sequence[Attempt]]] = []
        for turn in turns:
            row = rows.pop(turn.delivery_id, None)
            if row is None or row[4] not in OPEN:
                lost.add(turn.delivery_id)
                continue
            seq, _, destination, key, before = row
            if turn.state not in AFTER_A_TURN:
                raise InvariantBroken(f"a delivery that was sent cannot become {turn.state}")
            # Behind another of its key since a merge: what was not ended waits for its turn there.
            state = before if turn.state == "waiting" else turn.state
            changes.append(
                (
                    seq,
                    state,
                    turn.due_at,
                    len(turn.attempts),
                    turn.retries,
                    turn.steps_done,
                    turn.reason,
                    min((attempt.at for attempt in turn.attempts), default=None),
                    now_ms if state in FINISHED else None,
                )
            )
            if turn.attempts:
                attempts.append((seq, turn.attempts))
            if state != before:
                moved[destination, before] -= 1
                moved[destination, state] += 1
                freed[destination, key] = None
        self._insert_attempts(attempts)
        self._session.run_rows("finish", changes)
        if freed:
            self._promote(freed, moved, now_ms=now_ms)
        self._add_totals(moved)
        return lost

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Write attempts of turns whose lease was lost."""
        by_id: dict[str, list[Attempt]] = {}
        for attempt in attempts:
            by_id.setdefault(attempt.delivery_id, []).append(attempt)
        rows = self._session.rows_in("rows_named", by_id)
        self._insert_attempts([(row[0], by_id[row[1]]) for row in rows])

    def hasten(self, destination: str, *, statuses: Collection[int], now_ms: int) -> int:
        """Make deliveries due now that wait for a retry because nobody answered; returns how many."""
        return self._session.run("hasten", now_ms, destination, encode(sorted(statuses)).decode())

    def try_now(self, query: DeliveryQuery, *, now_ms: int) -> int:
        """Make matching deliveries due now that wait and are due later; returns how many."""
        from heliograph.backends.sqlite.store.work import delivery_queries

        seqs = delivery_queries.asleep(self._session, query, now_ms=now_ms)
        if seqs:
            self._session.run("due_now", now_ms, encode(seqs).decode())
        return len(seqs)

    def shift_due(self, *, after_ms: int, by_ms: int, latest_ms: int) -> int:
        """Move what waits with a wall clock that was set; see `Deliveries.shift_due`."""
        moved = 0
        for destination in self.counts():
            if by_ms:
                moved += self._session.run("shift_due", by_ms, destination, after_ms)
            moved += self._session.run("clamp_due", latest_ms, destination)
        return moved

    def shift_first_attempts(self, by_ms: int) -> None:
        """Move the first attempts of all that waits."""
        for destination in self.counts():
            self._session.run("shift_first_attempts", by_ms, destination)

    def identified(self, profile_ids: Sequence[str], *, now_ms: int) -> int:
        """Open the held deliveries of these first profile ids; returns how many."""
        if not profile_ids:
            return 0
        held = self._session.rows_in("held_rows", profile_ids)
        self._open(
            [(row[0], row[1], row[2]) for row in held],
            left="held",
            now_ms=now_ms,
        )
        return len(held)

    def rekey(self, moves: Mapping[str, str]) -> int:
        """Give open and held deliveries of merged persons their key; returns how many."""
        final = final_keys(moves)
        rows = self._session.rows("rows_of_keys", encode(final).decode()) if final else []
        if not rows:
            return 0
        self._session.run_in("set_keys", [(seq, final[key]) for seq, _, key, _ in rows])
        pairs = {(destination, final[key]) for _, destination, key, state in rows if state in OPEN}
        moved: Counter[Pair] = Counter()
        self._one_head(pairs, moved)
        self._add_totals(moved)
        return len(rows)

    def part(self, profile_ids: Collection[str], *, old: str, new: str, now_ms: int) -> int:
        """Give open and held deliveries of some ids of a person the key of another one; returns how many."""
        rows = self._session.rows("rows_of_ids", old, encode(list(profile_ids)).decode())
        if not rows:
            return 0
        self._session.run_in("set_keys", [(seq, new) for seq, *_ in rows])
        places = {destination for _, destination, _, state in rows if state in OPEN}
        pairs = {(destination, key) for destination in places for key in (old, new)}
        moved: Counter[Pair] = Counter()
        self._one_head(pairs, moved, first_only=True)
        self._promote(pairs, moved, now_ms=now_ms)
        self._add_totals(moved)
        return len(rows)

    def _one_head(
        self, pairs: Collection[Pair], moved: Counter[Pair], *, first_only: bool = False
    ) -> None:
        """Leave one that is next in a line: the first; with `first_only`, only if nothing is before it."""
        heads: dict[Pair, list[tuple[int, int]]] = {}
        for seq, destination, key, priority in self._session.rows_in("heads_of", list(pairs)):
            heads.setdefault((destination, key), []).append((seq, priority))
        firsts = (
            {
                (place, key): seq
                for place, key, seq in self._session.rows_in("first_of", list(heads))
            }
            if first_only
            else {}
        )
        behind: list[int] = []
        for pair, found in heads.items():
            first, *others = sorted(found)
            if firsts.get(pair, first[0]) != first[0]:
                others = found
            elif others:
                self._session.run("set_priority", min(priority for _, priority in found), first[0])
            behind += [seq for seq, _ in others]
            moved[pair[0], "waiting"] -= len(others)
            moved[pair[0], "queued"] += len(others)
        if behind:
            self._session.run_in("queue_behind", behind)

    def replay(self, query: DeliveryQuery, *, now_ms: int, newest_blueprint: bool = False) -> int:
        """Open matching `dead` deliveries again, oldest first; returns how many."""
        from heliograph.backends.sqlite.store.work import delivery_queries

        if query.states and "dead" not in query.states:
            return 0
        opened = 0
        after = 0
        while True:
            size = REPLAY_ROWS if query.limit == 0 else min(REPLAY_ROWS, query.limit - opened)
            if size <= 0:
                return opened
            rows = delivery_queries.dead_page(self._session, query, after=after, size=size)
            if not rows:
                return opened
            forms = {row.seq: row.blueprint for row in rows}
            if newest_blueprint:
                forms = {row.seq: self._newest(row.destination, row.blueprint) for row in rows}
            self._open(
                [(row.seq, row.destination, row.key) for row in rows],
                left="dead",
                now_ms=now_ms,
                blueprints=forms,
            )
            opened += len(rows)
            after = rows[-1].seq

    def prune(self, before_ms: int, *, limit: int | None = None) -> int:
        """Delete delivered rows with their events and attempts; totals go on counting them."""
        removed = 0
        while True:
            room = PRUNE_ROWS if limit is None else min(PRUNE_ROWS, limit - removed)
            rows = self._session.rows("done_before", before_ms, room) if room else []
            if not rows:
                if removed:
                    self._session.drop_unused("events", "oldest_events")
                    self._session.drop_unused("attempts", "oldest_attempts")
                return removed
            seqs = [row[0] for row in rows]
            self._session.run("keep_last_seq")
            self._session.run_in("drop_events", seqs)
            self._session.run_in("drop_attempts", seqs)
            self._session.run_in("drop_deliveries", seqs)
            gone = Counter(str(row[2]) for row in rows)
            self._session.run_rows(
                "add_totals",
                [(destination, "delivered", 0, amount) for destination, amount in gone.items()],
            )
            removed += len(rows)

    def _open(
        self,
        rows: Sequence[tuple[int, str, str]],
        *,
        left: str,
        now_ms: int,
        blueprints: Mapping[int, str | None] | None = None,
    ) -> None:
        """Make rows (seq, destination, key), in order, `waiting` or `queued`.

        Those of `blueprints` (seq -> reference) are replayed.
        """
        taken = self._open_pairs({(destination, key) for _, destination, key in rows})
        moved: Counter[Pair] = Counter()
        for seq, destination, key in rows:
            state = "queued" if (destination, key) in taken else "waiting"
            taken.add((destination, key))
            if blueprints is None:
                self._session.run("open_now", state, now_ms, "the person was identified", seq)
            else:
                self._session.run(
                    "reopen", state, now_ms, PRIORITIES["replay"], blueprints[seq], seq
                )
            moved[destination, left] -= 1
            moved[destination, state] += 1
        self._add_totals(moved)

    def _newest(self, destination: str, reference: str | None) -> str | None:
        """Return the newest version of the document that a reference names; else its bare name."""
        if reference is None:
            return None
        name = read_reference(reference).name
        workspace = destination.partition("/")[0]
        found = self._session.rows("current_version", workspace, "blueprint", name)
        return f"{name}@{found[0][0]}" if found else name

    def _rows_of(self, turns: Sequence[Finish]) -> dict[str, tuple[int, str, str, str, str]]:
        """Return delivery id -> (seq, id, destination, key, state) of those that there are."""
        rows = {row[1]: row for row in self._session.rows_in("rows_at", [one.seq for one in turns])}
        elsewhere = [one.delivery_id for one in turns if one.delivery_id not in rows]
        if elsewhere:
            rows |= {row[1]: row for row in self._session.rows_in("rows_named", elsewhere)}
        return rows

    def _promote(self, freed: Iterable[Pair], moved: Counter[Pair], *, now_ms: int) -> None:
        for destination, keys in _by_destination(freed).items():
            promoted = self._session.run("promote", now_ms, destination, as_json(keys))
            moved[destination, "queued"] -= promoted
            moved[destination, "waiting"] += promoted

    def _insert_attempts(self, turns: Sequence[tuple[int, Sequence[Attempt]]]) -> None:
        """Insert one row for the attempts of each turn (seq of the delivery, attempts)."""
        packed = self._session.pack(
            "attempts",
            [encode_attempts(attempts) for _, attempts in turns],
            now_ms=max((attempts[-1].at for _, attempts in turns), default=0),
        )
        self._session.run_rows(
            "insert_attempts",
            [
                (seq, attempts[-1].status, body)
                for (seq, attempts), body in zip(turns, packed, strict=True)
            ],
        )

    def _open_pairs(self, pairs: set[Pair]) -> set[Pair]:
        return {
            (destination, key)
            for destination, asked in _by_destination(pairs).items()
            for (key,) in self._session.rows("open_keys", destination, as_json(asked))
        }

    def _add_totals(self, moved: Counter[Pair]) -> None:
        self._session.run_rows(
            "add_totals", [(*pair, amount, 0) for pair, amount in moved.items() if amount]
        )


def _by_destination(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for destination, key in pairs:
        keys.setdefault(destination, []).append(key)
    return keys


def _new_row(
    delivery: NewDelivery, *, seq: int, state: DeliveryState, now_ms: int
) -> tuple[object, ...]:
    return (
        seq,
        delivery.delivery_id,
        delivery.destination,
        delivery.pipeline,
        delivery.blueprint,
        delivery.key,
        delivery.profile_id,
        delivery.event_id,
        delivery.partition,
        delivery.position,
        state,
        now_ms,
        now_ms,
        *(0, 0, 0, 0),
        delivery.origin,
        delivery.priority,
    )
