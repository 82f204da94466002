"""How a request that takes long is worked on beside the others: in slices, one in each turn of the loop.

An `Errand` is a generator. It yields None where it may be interrupted, or a call that cannot be: that runs in
a thread of its own while the loop goes on, and its result is sent back in (or its error thrown). A few
errands take turns; between two slices the event loop serves whoever is there. The rest wait, up to a number
of bytes.

The thread is no way around the interpreter's lock: whoever needs it for a moment waits half a millisecond for
it, several times a request, and longer on a machine that is busy. So what runs there long calls `pause` every
millisecond or so, which sleeps now and then and leaves the interpreter to the others for a whole turn.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias, TypeVar

from heliograph.model.clock import Clock

T = TypeVar("T")
Errand: TypeAlias = Generator[Callable[[], Any] | None, Any, T]

SLICE_S: Final = 0.003
"""How long an errand may go on before the loop looks at everybody else."""
AT_ONCE: Final = 4
"""Errands that take turns: the payload of each is in memory, many times the size of its body."""
STRETCH_S: Final = 0.004
"""How long the thread works between two pauses."""
PAUSE_S: Final = 0.002
"""How long it sleeps: long enough for a commit and its answers."""


class _Job:
    """An errand with what becomes of it."""

    __slots__ = ("done", "errand", "failed", "reply", "size", "thrown")

    def __init__(
        self,
        errand: Errand[Any],
        size: int,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.errand = errand
        self.size = size
        self.done = done
        self.failed = failed
        self.reply: Any = None
        self.thrown: Exception | None = None


class Slices:
    """The errands under way. Belongs to the event loop's thread.

    Args:
        clock: measures slices.
        max_waiting_bytes: of the bodies of errands that are not done.
    """

    def __init__(self, clock: Clock, *, max_waiting_bytes: int) -> None:
        self._clock = clock
        self._max_waiting_bytes = max_waiting_bytes
        self._bytes = 0
        self._active = 0
        self._turns: deque[_Job] = deque()
        self._waiting: deque[_Job] = deque()
        self._scheduled = False
        self._was_busy = False
        self._thread = ThreadPoolExecutor(1, "gateway-large-request")
        self._closing = threading.Event()
        self._pause_at_s = 0.0

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another errand now."""
        return self._bytes >= self._max_waiting_bytes

    def start(
        self,
        errand: Errand[T],
        size: int,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Begin an errand, or let it wait for its turn.

        Args:
            errand: the generator.
            size: bytes of its body.
            done: gets what it returns.
            failed: gets what it raised.
        """
        self._bytes += size
        self._waiting.append(_Job(errand, size, done, failed))
        self._begin()

    def was_busy(self) -> bool:
        """Tell whether there was an errand since this was asked last."""
        busy, self._was_busy = self._was_busy, self._active > 0
        return busy or self._was_busy

    def pause(self) -> None:
        """Leave the interpreter to others if it is time; for calls in the thread, as often as they like."""
        if self._clock.monotonic_s() >= self._pause_at_s:
            self._closing.wait(PAUSE_S)
            self._pause_at_s = self._clock.monotonic_s() + STRETCH_S

    def close(self) -> None:
        """Drop what is not done; nobody has been told that it was taken."""
        self._turns.clear()
        self._waiting.clear()
        self._closing.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        """Begin what waits, if there is room."""
        while self._waiting and self._active < AT_ONCE:
            self._active += 1
            self._was_busy = True
            self._take_turn(self._waiting.popleft())

    def _take_turn(self, job: _Job) -> None:
        self._turns.append(job)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Do one slice of the errand whose turn it is."""
        self._scheduled = False
        if not self._turns:
            return
        job = self._turns.popleft()
        clock = self._clock.monotonic_s
        until = clock() + SLICE_S
        try:
            while True:
                asked = self._step(job)
                if asked is not None:
                    self._elsewhere(job, asked)
                    break
                if clock() >= until:
                    self._turns.append(job)
                    break
        except StopIteration as end:
            self._end(job)
            job.done(end.value)
        except Exception as error:  # noqa: BLE001 - whoever started it says what becomes of it
            self._end(job)
            job.failed(error)
        if self._turns and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _step(self, job: _Job) -> Callable[[], Any] | None:
        thrown, reply = job.thrown, job.reply
        job.thrown = job.reply = None
        return job.errand.throw(thrown) if thrown is not None else job.errand.send(reply)

    def _elsewhere(self, job: _Job, call: Callable[[], Any]) -> None:
        """Run a call in the thread; the errand goes on with its result."""
        loop = asyncio.get_running_loop()

        def work() -> Any:
            self._pause_at_s = self._clock.monotonic_s() + STRETCH_S
            return call()

        def finished(future: "asyncio.Future[Any]") -> None:
            if future.cancelled():
                return
            error = future.exception()
            if isinstance(error, Exception):
                job.thrown = error
            elif error is None:
                job.reply = future.result()
            self._take_turn(job)

        loop.run_in_executor(self._thread, work).add_done_callback(finished)

    def _end(self, job: _Job) -> None:
        self._bytes -= job.size
        self._active -= 1
        self._begin()
