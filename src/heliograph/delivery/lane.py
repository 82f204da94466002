"""A lane: one task that keeps one destination supplied, as fast as it may be and no faster.

It leases only what the budget will let through within a few seconds, and at most `prefetch` more than
fit into flight, so a lease is short and a slow destination holds little. Lanes share nothing but the
ledger, which never waits for the network.
"""

import asyncio
import contextlib
from typing import Final

import msgspec

from heliograph.delivery.budget import BudgetStats
from heliograph.delivery.circuit import CircuitState
from heliograph.delivery.decision import Jitter, Turn, decide
from heliograph.delivery.ledger import Leased, Ledger, Result
from heliograph.delivery.metrics import DELIVERIES, IN_HAND, LOST_LEASES, RETURNED
from heliograph.delivery.outlet import Outlet
from heliograph.delivery.turn import STOPPED, TurnRunner
from heliograph.errors import StoreError
from heliograph.model.delivery import Pause, Retry, Throttle
from heliograph.storage.destination_states import DestinationStatus
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.lane")
CLAIM_AT_LEAST: Final = 8
"""Fewer than this wait a moment for company, unless nothing else is in hand."""
CLAIM_WAIT_S: Final = 0.02


class LaneStats(msgspec.Struct, frozen=True, kw_only=True):
    """A destination as its lane sees it now."""

    destination: str
    open: bool
    in_hand: int
    """Deliveries leased, in flight or about to be."""
    budget: BudgetStats
    circuit: CircuitState


class Lane:
    """Supplies one destination from `start` to `stop`; one event loop."""

    def __init__(self, outlet: Outlet, *, ledger: Ledger, jitter: Jitter, owner: str) -> None:
        self.outlet = outlet
        self._ledger = ledger
        self._jitter = jitter
        self._owner = owner
        self._turns: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._dry = False
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
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

    def start(self) -> None:
        """Begin; a lane whose task ended by a failure begins again."""
        if self._task is not None and self._task.done() and not self._stopping:
            with contextlib.suppress(asyncio.CancelledError):
                error = self._task.exception()
                log.error("lane failed", destination=self.name, exc_info=error)
            self._task = None
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"lane {self.name}")

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
        self.nudge()

    def nudge(self) -> None:
        """Look for work now."""
        self._dry = False
        self._wake.set()

    def stats(self, *, waiting: int) -> LaneStats:
        """Return what a person wants to know; `waiting` is the number of deliveries not sent yet."""
        now = self.outlet.clock.monotonic_s()
        return LaneStats(
            destination=self.name,
            open=not self.outlet.closed.is_set(),
            in_hand=len(self._turns),
            budget=self.outlet.budget.stats(now=now, waiting=waiting),
            circuit=self.outlet.circuit.state(now=now),
        )

    async def stop(self, *, grace_s: float) -> None:
        """End: nothing new is sent, requests in flight may finish within the grace, leases go back."""
        self._stopping = True
        self.outlet.close()
        self.nudge()
        if self._task is not None:
            await asyncio.wait([self._task])
        if self._turns:
            await asyncio.wait(self._turns, timeout=grace_s)
        for turn in self._turns:
            turn.cancel()
        if self._turns:
            await asyncio.wait(self._turns, timeout=grace_s + 1)
        await self.outlet.transport.close()
        IN_HAND.labels(self.name).set(0)

    async def _run(self) -> None:
        settings = self.outlet.settings
        while not self._stopping:
            room, wait_s = self._room()
            if room == 0:
                await self._sleep(wait_s)
                continue
            try:
                leased = await self._ledger.claim(
                    self.name, limit=room, lease_ms=self.outlet.lease_ms
                )
            except StoreError:
                await self._sleep(settings.store_retry_s)
                continue
            for one in leased:
                self._begin(one)
            if len(leased) < room:
                self._dry = True

    def _room(self) -> tuple[int, float | None]:
        """Return how many to lease now; for 0 also how long to wait, None: until woken."""
        outlet = self.outlet
        settings = outlet.settings
        if outlet.closed.is_set():
            return 0, None
        if self._dry:
            return 0, settings.sweep_s
        room = outlet.target.concurrency + settings.prefetch - len(self._turns)
        if room <= 0:
            return 0, None
        now = outlet.clock.monotonic_s()
        allowed = outlet.circuit.allowed(now=now)
        if allowed is not None:
            room = min(room, allowed - len(self._turns))
            if room <= 0:
                return 0, outlet.circuit.wait_s(now=now) or None
        sendable = outlet.budget.forecast(settings.budget_wait_s / 2, now=now)
        if sendable is not None:
            room = min(room, sendable - outlet.unplanned)
        if room <= 0:
            # Turns in hand are served first; without any, the next token is what there is to wait for.
            wait_s = max(
                outlet.budget.next_in_s(now=now) - settings.budget_wait_s / 2, CLAIM_WAIT_S
            )
            return 0, wait_s
        if room < CLAIM_AT_LEAST and len(self._turns) >= CLAIM_AT_LEAST:
            return 0, CLAIM_WAIT_S
        return room, None

    async def _sleep(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            self._dry = False
        self._wake.clear()

    def _begin(self, leased: Leased) -> None:
        task = asyncio.create_task(self._turn(leased))
        self._turns.add(task)
        IN_HAND.labels(self.name).set(len(self._turns))
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._turns.discard(task)
        IN_HAND.labels(self.name).set(len(self._turns))
        if not task.cancelled() and task.exception() is not None:
            # The lease runs out and the delivery comes again; nothing else is disturbed.
            log.error("turn failed", destination=self.name, exc_info=task.exception())
        self.nudge()

    async def _turn(self, leased: Leased) -> None:
        opened = self.outlet.opened
        runner = TurnRunner(leased, self.outlet)
        try:
            turn = await runner.run()
        except asyncio.CancelledError:
            # The courier stops. A request that was cut off is no attempt; its key makes a repeat harmless.
            turn = runner.turn(Throttle(STOPPED))
        except Exception as error:
            # Our own mistake: it must neither lose the delivery nor bring it back at once, for ever.
            log.exception(
                "turn failed", destination=self.name, delivery_id=leased.delivery.delivery_id
            )
            turn = runner.turn(Retry(f"the turn failed unforeseen: {type(error).__name__}"))
        if self.outlet.recovered:
            self.outlet.recovered = False
            self._ledger.recovered(self.name)
        if _untouched(turn):
            RETURNED.labels(self.name).inc()
            if turn.pause_s == 0:
                self._ledger.release([leased.delivery.delivery_id])
                return
        await self._write(turn, leased, opened)

    async def _write(self, turn: Turn, leased: Leased, opened: int) -> None:
        outlet = self.outlet
        now_ms = outlet.clock.now_ms()
        status: DestinationStatus | None = None
        if isinstance(turn.outcome, Pause) and opened == outlet.opened:
            if not outlet.closed.is_set():
                outlet.close()
                log.error(
                    "destination misconfigured", destination=self.name, reason=turn.outcome.reason
                )
            status = DestinationStatus(
                destination=self.name,
                state="misconfigured",
                reason=turn.outcome.reason,
                since=now_ms,
            )
        finish = decide(
            turn,
            owner=self._owner,
            now_ms=now_ms,
            settings=outlet.settings.retry,
            jitter=self._jitter,
        )
        kept = await self._hand_in(Result(finish=finish, status=status))
        if kept:
            DELIVERIES.labels(self.name, finish.state).inc()
        else:
            LOST_LEASES.labels(self.name).inc()
            log.warning(
                "lease lost", destination=self.name, delivery_id=leased.delivery.delivery_id
            )

    async def _hand_in(self, result: Result) -> bool:
        if result.status is None:
            return await self._ledger.finish(result)
        self._refusals += 1
        self._unwritten_refusals += 1
        try:
            return await self._ledger.finish(result)
        finally:
            self._refusals += 1
            self._unwritten_refusals -= 1


def _untouched(turn: Turn) -> bool:
    return (
        isinstance(turn.outcome, Throttle)
        and not turn.attempts
        and turn.steps_done == turn.delivery.steps_done
    )
