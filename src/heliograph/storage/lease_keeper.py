"""Keeps one owner's leases of one group: when to renew, whom to expel, until when they are safe."""

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from heliograph.model.clock import Clock
from heliograph.storage.store import Transaction
from heliograph.storage.work.leases import Share


class LeaseKeeper:
    """Claims on behalf of one owner and watches the others. One thread uses it at a time.

    ```
    if keeper.due():
        with keeper.attempt(), store.transaction() as tx:
            share = keeper.claim(tx, members)
            tx.leases.release(group, owner, [what of share.surplus has nothing under way])
    ```

    Args:
        group: of the members.
        owner: name of this owner; no two that run at a time may share it.
        ttl_ms: how long others bear its silence; it renews in a third of that.
        clock: the monotonic one decides, the wall clock is only written down.
    """

    def __init__(self, group: str, owner: str, *, ttl_ms: int, clock: Clock) -> None:
        self._group = group
        self._owner = owner
        self._ttl_ms = ttl_ms
        self._clock = clock
        self._began = False
        self._renew_at_s = -math.inf
        self._safe_until_s = -math.inf
        self._beats: dict[str, tuple[int, float]] = {}
        """Owner -> (beat, since when it stands still by our monotonic clock)."""

    def last(self, ttl_ms: int) -> None:
        """Have the next claims last so long; due at once."""
        self._ttl_ms = ttl_ms
        self.doubt()

    def doubt(self) -> None:
        """Have the next claim be due now; what still stands then keeps its epoch."""
        self._renew_at_s = -math.inf

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Around the transaction of a claim: one that fails changes nothing, and is due again at once.

        What is held stays held, for as long as it was: whoever took it meanwhile has given it another epoch,
        which the next claim shows.
        """
        before = self._began, self._safe_until_s
        try:
            yield
        except BaseException:
            self._began, self._safe_until_s = before
            self.doubt()
            raise

    def due(self) -> bool:
        """Return whether it is time to claim (again)."""
        return self.due_in_s <= 0

    @property
    def due_in_s(self) -> float:
        """In how many seconds it is time; negative when that is past."""
        return self._renew_at_s - self._clock.monotonic_s()

    @property
    def safe_until_s(self) -> float:
        """Until when, by the monotonic clock, nobody else can have taken what the last claim gave."""
        return self._safe_until_s

    def claim(self, tx: Transaction, members: Sequence[str]) -> Share:
        """Expel who has been silent too long, then renew and take; see `Leases.claim`.

        If the transaction is not committed, call `lost`, unless it is done within `attempt`.
        """
        began_s = self._clock.monotonic_s()
        self._expel(tx, began_s)
        share = tx.leases.claim(
            self._group,
            self._owner,
            members=members,
            now_ms=self._clock.now_ms(),
            ttl_ms=self._ttl_ms,
            anew=not self._began,
        )
        self._began = True
        # Somebody is about to give up what is missing from the share: look soon, not in a third.
        part = 3 if len(share.held) >= share.quota else 30
        self._renew_at_s = began_s + self._ttl_ms / 1000 / part
        self._safe_until_s = began_s + self._ttl_ms / 1000
        return share

    def lost(self) -> None:
        """Note that what was held is no longer trusted: the next claim is due now, with new epochs."""
        self._began = False
        self._renew_at_s = self._safe_until_s = -math.inf

    def release(self, tx: Transaction) -> None:
        """Give everything back and leave the group."""
        tx.leases.release(self._group, self._owner)
        self.lost()

    def _expel(self, tx: Transaction, now_s: float) -> None:
        beats: dict[str, tuple[int, float]] = {}
        for holder in tx.leases.holders(self._group):
            if holder.owner == self._owner:
                continue
            beat, since_s = self._beats.get(holder.owner, (-1, now_s))
            if beat != holder.beat:
                since_s = now_s
            elif now_s - since_s >= holder.ttl_ms / 1000:
                tx.leases.expel(self._group, holder.owner, beat=beat)
                continue
            beats[holder.owner] = (holder.beat, since_s)
        self._beats = beats
