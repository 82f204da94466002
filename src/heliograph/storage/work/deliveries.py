"""Deliveries as rows: what is to be sent, who sends it now, and what came of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from heliograph.model.delivery import Attempt, Delivery, DeliveryState, NewDelivery, Outcome


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list, newest first."""

    workspace: str | None = None
    destination: str | None = None
    """`<workspace>/<name>`."""
    states: tuple[DeliveryState, ...] = ()
    event_id: str | None = None
    event_ids: tuple[str, ...] = ()
    delivery_ids: tuple[str, ...] = ()
    before_seq: int | None = None
    id_prefix: str | None = None
    """What the delivery ids begin with."""
    id_suffix: str | None = None
    """What they end with; looks at every id."""
    profile_ids: tuple[str, ...] = ()
    """First profile ids of the events; looks at every delivery."""
    key: str | None = None
    """Whose line: only useful together with a destination and open states."""
    limit: int = 50


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one turn of a delivery: its attempts and its next state."""

    delivery_id: str
    outcome: Outcome
    state: DeliveryState
    """`waiting`, `held`, `delivered` or `dead`."""
    due_at: int
    """When it may be sent again, for `waiting`."""
    steps_done: int
    retries: int
    reason: str | None
    attempts: tuple[Attempt, ...] = ()
    seq: int = 0
    """Where to look first; with 0, or where another delivery stands, the id is looked up."""


def final_keys(moves: Mapping[str, str]) -> dict[str, str]:
    """Return old key -> the key at the end of a chain of moves."""
    found: dict[str, str] = {}
    for old in moves:
        key = old
        while key in moves:
            key = moves[key]
        found[old] = key
    return found


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """What of a destination was tried, was not taken and waits to be tried again. UTC epoch milliseconds."""

    since: int
    """The earliest first attempt."""
    next_at: int
    """When the first of it is due."""
    last_at: int
    """When the last of it is due."""
    reason: str
    """Of the one that is due last."""


class Deliveries(Protocol):
    """Rows of what is to be sent; see model/delivery.py for the states.

    Nothing here says who may send: that is whose lease on the destination stands (`storage.work.leases`),
    which a courier checks in the transaction that finishes its turns.
    """

    def enqueue(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> dict[str, int]:
        """Insert in order; a delivery id that exists is left alone. Returns id -> seq of the new ones.

        Seqs rise, and none is ever given twice, whatever retention has removed.

        `queued` when an open (`queued`, `waiting`) delivery of the same (destination, key) exists, else
        `waiting` and due now. One that waits before a live one becomes as urgent as that.
        """
        ...

    def due(self, destination: str, *, priority: int, limit: int, now_ms: int) -> list[int]:
        """Return the seqs of up to `limit` due deliveries of a destination, the longest due first.

        At most one per key.
        """
        ...

    def load(self, seqs: Sequence[int]) -> list[Delivery]:
        """Return these deliveries, the longest due first; unknown ones are left out."""
        ...

    def finish(self, turns: Sequence[Finish], *, now_ms: int) -> set[str]:
        """Write attempts and next states; promote the next queued delivery of a finished key.

        Returns:
            Ids of deliveries that are not open: nothing of them is touched.
        """
        ...

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Write attempts of turns whose lease was lost; the deliveries themselves are not touched."""
        ...

    def hasten(self, destination: str, *, statuses: Collection[int], now_ms: int) -> int:
        """Make deliveries due now that wait for a retry because nobody answered; returns how many.

        Those are the `waiting` ones, due later, whose last attempt had no answer or one of `statuses`.
        """
        ...

    def try_now(self, query: DeliveryQuery, *, now_ms: int) -> int:
        """Make matching `waiting` deliveries due now that are due later; returns how many.

        States and limit of the query are ignored. Retries and the first attempt stay as they are.
        """
        ...

    def shift_due(self, *, after_ms: int, by_ms: int, latest_ms: int) -> int:
        """Move what waits with a wall clock that was set; returns how many due times were moved.

        Args:
            after_ms: due times after this move.
            by_ms: the step; 0 moves nothing.
            latest_ms: what is still due later than this cannot have been meant; it is due then.
        """
        ...

    def shift_first_attempts(self, by_ms: int) -> None:
        """Move the first attempts of all that waits, from which the horizon is counted."""
        ...

    def identified(self, profile_ids: Sequence[str], *, now_ms: int) -> int:
        """Open `held` deliveries of these first profile ids, oldest first; returns how many.

        The first of a (destination, key) becomes `waiting` when nothing else of it is open, the others
        `queued`: call it before the events of the same batch are enqueued. Who finishes a turn as `held`
        looks at the person again in the same transaction, so no identification is missed.
        """
        ...

    def rekey(self, moves: Mapping[str, str]) -> int:
        """Give open and held deliveries of merged persons the key of the person they now are.

        Per destination, what is open of one key then goes in the order of its seqs. Of those that were
        next in line (`waiting`) the first stays so, and it may be in flight; the others wait behind it as
        `queued`, whoever had them in hand may finish them all the same. Call it in the transaction of the
        merge, before new deliveries are enqueued.

        Args:
            moves: old key -> new key; a new one may itself be an old one.

        Returns:
            How many deliveries got another key.
        """
        ...

    def part(self, profile_ids: Collection[str], *, old: str, new: str, now_ms: int) -> int:
        """Give open and held deliveries of some first profile ids of a person the key of another one.

        The other way round than a merge: what came from these ids leaves the line of `old` and goes, by its
        seq, into that of `new`. In both lines the first is next. Call it in the transaction that parts them.

        Returns:
            How many deliveries got another key.
        """
        ...

    def replay(self, query: DeliveryQuery, *, now_ms: int, newest_blueprint: bool = False) -> int:
        """Make matching `dead` deliveries open again; returns how many. A `limit` of 0 means all.

        Retries and the time of the first attempt begin anew; steps that were done stay done. Origin and
        priority become those of a replay. They are sent with the text of the blueprint that they were made
        with or, with `newest_blueprint`, with the current version of the document that bears its
        name, or with the preset of that name.
        """
        ...

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery or None."""
        ...

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries, newest first."""
        ...

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        ...

    def counts(self) -> dict[str, dict[DeliveryState, int]]:
        """Return destination -> state -> number of rows, from running totals (cheap)."""
        ...

    def recount(self) -> dict[str, dict[DeliveryState, int]]:
        """Return the same by counting rows (and what was pruned); the audit compares the two."""
        ...

    def next_due(self, destination: str) -> int | None:
        """Return the earliest due time of a waiting delivery, or None."""
        ...

    def retrying(self, destination: str) -> Retrying | None:
        """Return what is tried again, as the first and the last few hundred that wait by due time show it."""
        ...

    def prune(self, before_ms: int, *, limit: int | None = None) -> int:
        """Delete `delivered` rows (at most `limit`) and their attempts finished before; totals stay."""
        ...
