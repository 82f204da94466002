"""The turns of a lane that are under way: begun as places come free, each ended once.

No turn has a task, and none waits for its turn in the event loop: what is ready begins within the call that
made it ready or made a place free.
"""

import asyncio
from collections.abc import Callable

from heliograph.delivery.lane.drive import Drive
from heliograph.delivery.lane.ready import Ready
from heliograph.delivery.lane.together import Taken, take_together
from heliograph.delivery.rows.hand import Hand
from heliograph.delivery.target.outlet import Outlet
from heliograph.delivery.turn.decision import Turn
from heliograph.delivery.turn.turn import STOPPED
from heliograph.model.delivery import Retry, Throttle
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.lane")

Ended = Callable[[Turn, Hand, int], object]
"""Given a turn, its delivery, and which opening of the outlet it began in."""


class UnderWay:
    """Begins turns with what is ready, as many at a time as the destination's slots. One event loop.

    Args:
        outlet: of the lane.
        ready: where deliveries are taken from.
        ended: told of every turn that ended, that of each delivery by itself.
        freed: called when a place came free, before another turn begins in it.
    """

    def __init__(
        self, outlet: Outlet, ready: Ready, *, ended: Ended, freed: Callable[[], object]
    ) -> None:
        self._outlet = outlet
        self._ready = ready
        self._ended = ended
        self._freed = freed
        self._courses: dict[Drive[list[Turn]], _Course] = {}
        """The oldest first."""
        self._deliveries = 0
        self._beginning = False
        self._stopped = False
        self._last: asyncio.Future[None] | None = None
        """There while somebody waits for the last one to end."""

    @property
    def deliveries(self) -> int:
        """How many deliveries are under way; several may go together in one turn."""
        return self._deliveries

    @property
    def since(self) -> float | None:
        """When the turn that began first did, monotonic; None when none is under way."""
        return next((course.began for course in self._courses.values()), None)

    def begin(self) -> None:
        """Begin what is ready, as far as there are places."""
        if self._beginning:
            return  # a turn that ended at once: the loop below goes on
        self._beginning = True
        try:
            while (
                self._ready
                and not self._stopped
                and len(self._courses) < self._outlet.target.concurrency
            ):
                self._begin_one()
        finally:
            self._beginning = False

    async def stop(self, *, grace_s: float) -> None:
        """Begin nothing more; wait so long for what is under way, then end it."""
        self._stopped = True
        await self._empty(grace_s)
        for drive in list(self._courses):
            drive.cancel()
        await self._empty(grace_s + 1)

    async def _empty(self, timeout_s: float) -> None:
        if self._courses:
            self._last = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._last], timeout=timeout_s)

    def _begin_one(self) -> None:
        outlet = self._outlet
        taken = take_together(self._ready, outlet)
        drive = Drive(_run(taken), self._over)
        self._courses[drive] = _Course(taken, outlet.clock.monotonic_s(), outlet.opened)
        self._deliveries += len(taken)
        drive.begin()

    def _over(self, drive: Drive[list[Turn]]) -> None:
        course = self._courses.pop(drive)
        taken = course.taken
        self._deliveries -= len(taken)
        turns = drive.value
        if turns is None:
            turns = self._failed(taken, drive.error)
        for one, turn in zip(taken, turns, strict=True):
            self._ended(turn, one[0], course.opened)
        self._freed()
        self.begin()
        if self._last is not None and not self._courses and not self._last.done():
            self._last.set_result(None)

    def _failed(self, taken: list[Taken], error: BaseException | None) -> list[Turn]:
        if isinstance(error, asyncio.CancelledError):
            # The courier stops. A request that was cut off is no attempt; its key makes a repeat harmless.
            return [runner.turn(Throttle(STOPPED)) for _, runner, _ in taken]
        # Our own mistake: it must neither lose a delivery nor bring it back at once, for ever.
        log.error(
            "turn failed",
            destination=self._outlet.target.name,
            delivery_id=taken[0][0].delivery.delivery_id,
            together=len(taken),
            exc_info=error,
        )
        why = f"the turn failed unforeseen: {type(error).__name__}"
        return [runner.turn(Retry(why)) for _, runner, _ in taken]


class _Course:
    """What goes in one turn."""

    __slots__ = ("began", "opened", "taken")

    def __init__(self, taken: list[Taken], began: float, opened: int) -> None:
        self.taken = taken
        self.began = began
        self.opened = opened


async def _run(taken: list[Taken]) -> list[Turn]:
    _, first, _ = taken[0]
    if len(taken) == 1:
        return [await first.run()]
    requests = [request for _, _, request in taken if request is not None]
    return await first.run_bundle([runner for _, runner, _ in taken[1:]], requests)
