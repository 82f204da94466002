"""A lane: keeps one destination supplied, as fast as it may be and no faster.

It belongs to a courier that holds the lease on the destination: no row says that it is in flight, the
lane knows what it has in hand. `epoch` fences what it writes; nothing is sent once the lease may have
passed to another. It reads ahead only what the budget will let through within a few seconds, and at most
`prefetch` more than fit into flight. At most `concurrency` turns are under way at a time (`under_way.py`).
Lanes share nothing but the ledger, which never waits for the network.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from heliograph.delivery.lane.ready import Ready
from heliograph.delivery.lane.room import Room, Wait, room_for
from heliograph.delivery.lane.under_way import UnderWay
from heliograph.delivery.metrics import IN_FLIGHT_S, IN_HAND, LOST_LEASES, RETURNED
from heliograph.delivery.pace.budget import BudgetStats
from heliograph.delivery.pace.circuit import CircuitState
from heliograph.delivery.pace.shares import Rota
from heliograph.delivery.rows.hand import Hand, Mark, Result
from heliograph.delivery.rows.ledger import Ledger
from heliograph.delivery.target.outlet import Outlet
from heliograph.delivery.turn.decision import Jitter, Turn, decide
from heliograph.errors import StoreError
from heliograph.model.delivery import Pause, Throttle
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.lane")


class LaneStats(msgspec.Struct, frozen=True, kw_only=True):
    """A destination as its lane sees it now."""

    destination: str
    open: bool
    in_hand: int
    """Deliveries in flight or about to be."""
    in_flight_s: float
    """How long the turn that began first is under way."""
    budget: BudgetStats
    circuit: CircuitState


class Lane:
    """Supplies one destination from `start` to `stop`; one event loop.

    Args:
        outlet: the way to the destination.
        ledger: the store.
        jitter: of retries.
        epoch: of the lease on the destination.
    """

    def __init__(self, outlet: Outlet, *, ledger: Ledger, jitter: Jitter, epoch: int) -> None:
        self.outlet = outlet
        self.epoch = epoch
        self.lost = False
        """A result came too late: the lease has passed to another courier."""
        self._ledger = ledger
        self._jitter = jitter
        self._ready = Ready()
        self._rota = Rota()
        """Of what is read; what is ready has one of its own."""
        self._in_hand: set[int] = set()
        """Seqs of what is ready, in flight, or handed in and not written."""
        self._under_way = UnderWay(outlet, self._ready, ended=self._ended, freed=self._freed)
        self._waker: asyncio.Future[None] | None = None
        self._due_timer: asyncio.TimerHandle | None = None
        self._due_at_ms: int | None = None
        self._dry_live = self._dry_others = False
        """Nothing more of that class is due; until somebody says so."""
        self._looking = False
        self._stopping = False
        self._feeding: asyncio.Task[None] | None = None
        self._refusals = 0
        self._unwritten_refusals = 0

    @property
    def name(self) -> str:
        """`<workspace>/<name>` of the destination."""
        return self.outlet.target.name

    @property
    def idle(self) -> bool:
        """Whether it waits for somebody to say that there is work."""
        return self._dry and not self.outlet.closed.is_set()

    @property
    def _dry(self) -> bool:
        return self._dry_live and self._dry_others

    @property
    def empty(self) -> bool:
        """Whether nothing is in hand."""
        return not self._in_hand

    def start(self) -> None:
        """Begin; a lane whose task ended by a failure begins again."""
        if self._feeding is not None and self._feeding.done() and not self._stopping:
            with contextlib.suppress(asyncio.CancelledError):
                error = self._feeding.exception()
                log.error("lane failed", destination=self.name, exc_info=error)
            self._feeding = None
        if self._feeding is None:
            self._feeding = asyncio.create_task(self._feed(), name=f"lane {self.name}")

    @property
    def refusals(self) -> int:
        """Changes when this lane closes itself because of refused credentials, and when that is stored."""
        return self._refusals

    def set_open(self, is_open: bool, *, refusals: int) -> None:
        """Open or close the outlet, as a look at the store wants it.

        Args:
            is_open: whether the store had the destination active.
            refusals: what `refusals` was before the look; a look from before the store knew of a refusal
                opens nothing, or each such look would let another handful of requests be refused.
        """
        if is_open != self.outlet.closed.is_set():
            return
        if is_open and (self._unwritten_refusals or refusals != self._refusals):
            return
        if is_open:
            self.outlet.open()
        else:
            self.outlet.close()
            self._give_back()
        self.nudge()

    def nudge(self) -> None:
        """Look for work now."""
        self._wet()
        self._wake()

    def _wet(self) -> None:
        self._dry_live = self._dry_others = False

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def due_at(self, at_ms: int) -> None:
        """Look for work then, at the latest (wall clock)."""
        if self._due_at_ms is not None and self._due_at_ms <= at_ms:
            return
        if self._due_timer is not None:
            self._due_timer.cancel()
        wait_s = max(0.0, (at_ms - self.outlet.clock.now_ms()) / 1000)
        self._due_at_ms = at_ms
        self._due_timer = asyncio.get_running_loop().call_later(wait_s, self._due_now)

    def stats(self, *, waiting: int) -> LaneStats:
        """Return what a person wants to know; `waiting` is the number of deliveries not sent yet."""
        now = self.outlet.clock.monotonic_s()
        since = self._under_way.since
        return LaneStats(
            destination=self.name,
            open=not self.outlet.closed.is_set(),
            in_hand=len(self._ready) + self._under_way.deliveries,
            in_flight_s=0.0 if since is None else now - since,
            budget=self.outlet.budget.stats(now=now, waiting=waiting),
            circuit=self.outlet.circuit.state(now=now),
        )

    async def stop(self, *, grace_s: float) -> None:
        """End: nothing new is sent, requests in flight may finish within the grace."""
        self._stopping = True
        self.outlet.close()
        self._give_back()
        self.nudge()
        if self._due_timer is not None:
            self._due_timer.cancel()
        if self._feeding is not None:
            await asyncio.wait([self._feeding])
            # It may have read something meanwhile.
            self._give_back()
        await self._under_way.stop(grace_s=grace_s)
        await self.outlet.transport.close()
        for gauge in (IN_HAND, IN_FLIGHT_S):
            gauge.labels(self.name).set(0)

    def written(self, results: Sequence[Result], *, lost: Collection[Mark]) -> None:
        """Take note that results were written, or came too late: those with these marks."""
        ended: Counter[str] = Counter()
        for result in results:
            self._in_hand.discard(result.hand.delivery.seq)
            finish = result.finish
            if result.status is not None:
                self._refusals += 1
                self._unwritten_refusals -= 1
            if lost and result.mark in lost:
                self.lost = True
                LOST_LEASES.labels(self.name).inc()
                log.warning("lease lost", destination=self.name, delivery_id=finish.delivery_id)
                continue
            ended[finish.state] += 1
            if finish.state == "waiting":
                self.due_at(finish.due_at)
        for state, number in ended.items():
            self.outlet.meters.ended(state, number)
        if ended["held"]:
            self.nudge()  # perhaps it was written as waiting: the person was identified meanwhile
        elif not self._dry:
            self._wake()  # it may wait because too many results were not written

    # ---- reading ahead

    async def _feed(self) -> None:
        while not self._stopping:
            room = self._room()
            if isinstance(room, Wait):
                await self._sleep(room.seconds)
                continue
            # What is said to be there from now on counts, though the look may not have seen it.
            self._dry_live = self._dry_live or room.live > 0
            self._dry_others = self._dry_others or room.others > 0
            self._looking = True
            try:
                found = await self._ledger.look(
                    self.name,
                    limit=room.limit,
                    live=room.live,
                    others=room.others,
                    skip=frozenset(self._in_hand),
                    rota=self._rota,
                )
            except StoreError:
                self._wet()
                await self._sleep(self.outlet.settings.store_retry_s)
                continue
            finally:
                self._looking = False
            if self._stopping or self.lost or self.outlet.closed.is_set():
                self._wet()
                continue
            now = self.outlet.clock.monotonic_s()
            for hand in found.hands:
                self._in_hand.add(hand.delivery.seq)
                self._ready.add(hand, now)
            self._dry_live = self._dry_live and not found.live_left
            self._dry_others = self._dry_others and not found.others_left
            self._under_way.begin()
            if self._dry:
                self._ledger.press(self.name)
            self._rest()

    def _room(self) -> Room | Wait:
        if self.lost:
            return Wait(None)  # until its courier ends it: what is due is for another to send
        return room_for(
            self.outlet,
            self._ready,
            in_flight=self._under_way.deliveries,
            in_hand=len(self._in_hand),
            live=not self._dry_live,
            others=not self._dry_others,
        )

    async def _sleep(self, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waker = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self._wake)
        try:
            await self._waker
        finally:
            self._waker = None
            if timer is not None:
                timer.cancel()

    def _due_now(self) -> None:
        self._due_timer, self._due_at_ms = None, None
        self.nudge()

    def _give_back(self) -> None:
        """Let go of what was read and not begun."""
        for hand in self._ready.give_back():
            self._in_hand.discard(hand.delivery.seq)
            self._wet()
            self.outlet.meters.returned.inc()

    # ---- sending

    def _freed(self) -> None:
        """Take note that a turn has ended: there is room to read more, or nothing left to do."""
        if not self._dry and len(self._ready) <= self.outlet.settings.prefetch // 2:
            self._wake()
        self._rest()

    def _rest(self) -> None:
        """Let the ledger know when nothing more is under way."""
        if not self._ready and not self._under_way.deliveries and not self._looking:
            self._ledger.rests(self.name)

    def _ended(self, turn: Turn, hand: Hand, opened: int) -> None:
        if self.outlet.recovered:
            self.outlet.recovered = False
            self._ledger.recovered(self.name)
        if self.outlet.failing:
            self.outlet.failing = False
            self._give_back()
        if _untouched(turn):
            RETURNED.labels(self.name).inc()
            if turn.pause_s == 0:
                self._in_hand.discard(hand.delivery.seq)
                self._wet()
                return
        self._hand_in(turn, hand, opened)

    def _hand_in(self, turn: Turn, hand: Hand, opened: int) -> None:
        outlet = self.outlet
        now_ms = outlet.clock.now_ms()
        status: DestinationStatus | None = None
        if isinstance(turn.outcome, Pause) and opened == outlet.opened:
            if not outlet.closed.is_set():
                outlet.close()
                self._give_back()
                log.error(
                    "destination misconfigured", destination=self.name, reason=turn.outcome.reason
                )
            status = DestinationStatus(
                destination=self.name,
                state="misconfigured",
                reason=turn.outcome.reason,
                since=now_ms,
            )
            self._refusals += 1
            self._unwritten_refusals += 1
        finish = decide(turn, now_ms=now_ms, settings=outlet.settings.retry, jitter=self._jitter)
        self._ledger.hand_in(
            Result(hand=hand, finish=finish, epoch=self.epoch, writer=self, status=status),
            more=not self._dry,
        )


def _untouched(turn: Turn) -> bool:
    return (
        isinstance(turn.outcome, Throttle)
        and not turn.attempts
        and turn.steps_done == turn.delivery.steps_done
    )
