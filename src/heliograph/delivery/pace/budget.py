"""How fast a destination may be sent to: token buckets of its documented limits, and what was learned.

Pure: time is an argument (monotonic seconds). In any window of any length `T` a bucket hands out at most
`capacity + rate * T` tokens, which is less than the documented amount for fixed and for sliding windows:

- `rate` is `utilisation` (0.99) of the limit, `capacity` 0.5 % of its amount, at least one token;
- a bucket starts empty, so a process that is killed and started again does not send twice the rate;
- a 429 pauses the whole destination and takes a tenth off the rate, which comes back at one percentage
  point a minute (additive increase, multiplicative decrease).

Tokens are reserved first come, first served: `reserve` answers at once how long to wait. A pause makes
all reservations that were not used yet void (`era` changes); their holders reserve again or give back.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.destinations.base import Limit

BURST_SHARE: Final = 0.005
SLOWER: Final = 0.9
SLOWEST: Final = 0.05
RECOVERY_PER_S: Final = 0.01 / 60
OVERALL: Final = "*"
"""Bucket that every request draws one token from: the operator's own `requests_per_minute`."""


class BudgetStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to know about a destination's speed."""

    allowed_per_minute: float | None
    """Requests a minute now, by the tightest bucket in use; None: no limit."""
    learned_share: float
    """Part of the documented rate that is used after 429s, 0.05 to 1."""
    paused_for_s: float
    waiting: int
    """Deliveries waiting, as told by the caller."""
    eta_s: float | None
    """When the last of them will have been sent at this rate; None: no limit, so no forecast."""


class _Bucket:
    """Tokens of one limit; may be in debt, which is paid before the next one is served."""

    __slots__ = ("at", "capacity", "rate", "tokens")

    def __init__(self, rate: float, capacity: float, *, tokens: float, now: float) -> None:
        self.rate = rate
        self.capacity = capacity
        self.tokens = tokens
        self.at = now

    def refill(self, now: float, share: float) -> None:
        if now > self.at:
            self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.rate * share)
            self.at = now

    def wait_for(self, cost: float, share: float) -> float:
        """Return the seconds after `at` at which `cost` tokens may be used."""
        return max(0.0, (min(cost, self.capacity) - self.tokens) / (self.rate * share))


def _smooth(amount: float, per_s: float, now: float) -> _Bucket:
    return _Bucket(amount / per_s, max(1.0, amount * BURST_SHARE), tokens=0.0, now=now)


class Budget:
    """The buckets of one destination. Not thread-safe: belongs to its lane.

    Args:
        limits: documented limits; several of one bucket must all be kept.
        now: monotonic seconds.
        requests_per_minute: the operator's own limit over all buckets.
        utilisation: part of each limit that is used.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        *,
        now: float,
        requests_per_minute: float | None = None,
        utilisation: float = 0.99,
    ) -> None:
        self._key = (tuple(limits), requests_per_minute, utilisation)
        self._share = 1.0
        self._share_at = now
        self._paused_until = now
        self._era = 0
        self._used: dict[str, list[tuple[_Bucket, bool]]] = {}
        """Those that were drawn from, and all that a request of each draws from."""
        self._buckets: dict[str, list[_Bucket]] = {}
        for limit in limits:
            bucket = _smooth(limit.amount, limit.per_s / utilisation, now)
            self._buckets.setdefault(limit.bucket, []).append(bucket)
        if requests_per_minute is not None:
            # The operator's number is meant exactly: it is no vendor's window that jitter could break.
            self._buckets[OVERALL] = [_smooth(requests_per_minute, 60.0, now)]

    @property
    def era(self) -> int:
        """A number that changes with every pause; a reservation of an older era is void."""
        return self._era

    def changed(
        self,
        limits: Sequence[Limit],
        *,
        now: float,
        requests_per_minute: float | None,
        utilisation: float = 0.99,
    ) -> "Budget":
        """Return this budget when the limits are the same, else a new, empty one that stays paused."""
        if (tuple(limits), requests_per_minute, utilisation) == self._key:
            return self
        budget = Budget(
            limits, now=now, requests_per_minute=requests_per_minute, utilisation=utilisation
        )
        budget._era = self._era + 1
        budget._share = self._share
        if self._paused_until > now:
            budget.pause(self._paused_until - now, now=now)
        return budget

    def reserve(self, bucket: str, cost: float, *, now: float) -> float:
        """Take `cost` tokens of `bucket` and return the seconds to wait before using them.

        A bucket without a limit costs nothing. A cost above the capacity is served from a full bucket
        and leaves a debt, so the long-run rate holds.
        """
        share = self._share
        if share < 1.0:
            self._refill(now)  # all of them: the share that they are refilled with is rising
            share = self._share
        drawn = self._used.get(bucket)
        if drawn is None:
            drawn = self._used[bucket] = self._drawn_by(bucket)
        wait = max(0.0, self._paused_until - now)
        for one, overall in drawn:
            price = 1 if overall else cost
            one.refill(now, share)
            if one.tokens < price or one.at > now:
                wait = max(wait, one.at - now + one.wait_for(price, share))
            one.tokens -= price
        return wait

    def _drawn_by(self, bucket: str) -> list[tuple[_Bucket, bool]]:
        """Return the buckets that a request of `bucket` draws from, and which of them count requests."""
        return [
            (one, name == OVERALL)
            for name in (bucket, OVERALL)
            for one in self._buckets.get(name, ())
        ]

    def refund(self, bucket: str, cost: float, *, era: int) -> None:
        """Give back tokens that were reserved in `era` and not used."""
        if era != self._era:
            return
        for name, price in ((bucket, cost), (OVERALL, 1)):
            for one in self._buckets.get(name, ()):
                one.tokens = min(one.capacity, one.tokens + price)

    def forecast(self, within_s: float, *, now: float) -> int | None:
        """Return how many requests of cost 1 could be sent within so many seconds; None: no limit.

        Of several buckets the roomiest one in use decides, because it is not known yet which of them
        the next deliveries draw from.
        """
        self._refill(now)
        left = now + within_s - max(now, self._paused_until)
        if left < 0:
            return 0
        rooms = [
            self._room(name, left) for name in (self._used or self._buckets.keys() - {OVERALL})
        ]
        open_rooms = [room for room in rooms if room is not None]
        room = max(open_rooms) if rooms and len(open_rooms) == len(rooms) else None
        overall = self._room(OVERALL, left)
        if room is None or overall is None:
            return room if overall is None else overall
        return min(room, overall)

    def next_in_s(self, *, now: float) -> float:
        """Return the seconds until `forecast(0)` would allow one more request."""
        self._refill(now)
        pause = max(0.0, self._paused_until - now)
        waits = [self._wait(name, now) for name in (self._used or self._buckets.keys() - {OVERALL})]
        return max(pause, min(waits, default=0.0), self._wait(OVERALL, now))

    def pause(self, for_s: float, *, now: float) -> None:
        """Stop for so many seconds from now; a longer pause that is on already stays."""
        self._refill(now)
        self._era += 1
        self._paused_until = max(self._paused_until, now + for_s)
        for group in self._buckets.values():
            for bucket in group:
                bucket.tokens = 0.0
                bucket.at = self._paused_until

    def throttled(self, for_s: float, *, now: float) -> bool:
        """Note a 429: pause, and slow down unless a pause is on already.

        Requests that were in flight when the pause began come back with a 429 each; together they
        are one mistake. Returns whether this one began a pause.
        """
        begins = now >= self._paused_until
        if begins:
            self._learn(now)
            self._share = max(SLOWEST, self._share * SLOWER)
        self.pause(for_s, now=now)
        return begins

    def paused_for(self, *, now: float) -> float:
        """Return the seconds that the destination stays paused; 0 when it is not."""
        return max(0.0, self._paused_until - now)

    def stats(self, *, now: float, waiting: int) -> BudgetStats:
        """Return rate, pause and forecast; `waiting` is the number of deliveries not sent yet."""
        self._refill(now)
        names = {*(self._used or self._buckets), *(self._buckets.keys() & {OVERALL})}
        rates = [
            bucket.rate * self._share for name in names for bucket in self._buckets.get(name, ())
        ]
        rate = min(rates, default=None)
        paused = self.paused_for(now=now)
        return BudgetStats(
            allowed_per_minute=None if rate is None else rate * 60,
            learned_share=self._share,
            paused_for_s=paused,
            waiting=waiting,
            eta_s=None if rate is None else paused + waiting / rate,
        )

    def _room(self, name: str, within_s: float) -> int | None:
        rooms = [
            int(min(bucket.tokens + bucket.rate * self._share * within_s, 1e9))
            for bucket in self._buckets.get(name, ())
        ]
        return max(0, min(rooms)) if rooms else None

    def _wait(self, name: str, now: float) -> float:
        return max(
            (
                bucket.at - now + bucket.wait_for(1, self._share)
                for bucket in self._buckets.get(name, ())
            ),
            default=0.0,
        )

    def _refill(self, now: float) -> None:
        for group in self._buckets.values():
            for bucket in group:
                bucket.refill(now, self._share)
        self._learn(now)

    def _learn(self, now: float) -> None:
        if now > self._share_at:
            self._share = min(1.0, self._share + (now - self._share_at) * RECOVERY_PER_S)
            self._share_at = now


class KeyBudget:
    """What the requests about one person may take: `Capabilities.key_limits`, one set of buckets a key.

    A vendor answers 429 when one person's events come too fast; kept here, such a person waits alone
    and the destination goes on. Bursts of a fifth of the limit are let through at once, because most
    people send few events. Remembers the `remember` keys used last.
    """

    def __init__(self, limits: Sequence[Limit], *, remember: int = 10_000) -> None:
        self._limits = tuple(limits)
        self._remember = remember
        self._keys: dict[str, list[tuple[str, _Bucket]]] = {}

    def wait_s(self, key: str, bucket: str, cost: float, *, now: float) -> float:
        """Take the tokens and return 0, or take nothing and return the seconds until they are there."""
        if not self._limits:
            return 0.0
        mine = self._keys.pop(key, None)
        if mine is None:
            mine = [(limit.bucket, _bursty(limit, now)) for limit in self._limits]
        self._keys[key] = mine
        if len(self._keys) > self._remember:
            del self._keys[next(iter(self._keys))]
        concerned = [one for name, one in mine if name == bucket]
        for one in concerned:
            one.refill(now, 1.0)
        wait = max((one.wait_for(cost, 1.0) for one in concerned), default=0.0)
        if wait == 0.0:
            for one in concerned:
                one.tokens -= cost
        return wait


def _bursty(limit: Limit, now: float) -> _Bucket:
    capacity = max(1.0, limit.amount / 5)
    rate = max(limit.amount * 0.99 - capacity, limit.amount * 0.5) / limit.per_s
    return _Bucket(rate, capacity, tokens=capacity, now=now)
