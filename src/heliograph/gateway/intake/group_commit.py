"""How many requests become durable with one fsync, and each sender learns of it.

One thread appends to the journal; what gathers while it writes is written next, together. A unit's `done`
is called in the event loop's thread when the unit is on disk, or with the error when it is not. After a
failure the next commit is simply tried: recovery needs no restart.

- Only the event loop's thread calls `submit`; only the commit thread calls `Intake.take`.
- Units are appended in the order they were submitted.
- A sender that stopped waiting does not take its unit, nor its neighbours', out of the commit.
- One wake-up of the loop per commit ends all its units.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain

from heliograph.errors import HeliographError, InvariantBroken, StoreError
from heliograph.model.clock import Clock
from heliograph.model.request import StoredRequest
from heliograph.storage.events.intake import Intake
from heliograph.storage.events.journal import Record
from heliograph.telemetry.logs import get_logger

_log = get_logger("gateway")


class Unit:
    """One request with the records made from it, on its way to the disk; subclasses say what then."""

    __slots__ = ("records", "request", "started_s")

    def __init__(self, request: StoredRequest, records: Sequence[Record], started_s: float) -> None:
        self.request = request
        self.records = records
        self.started_s = started_s

    def done(self, failure: HeliographError | None) -> None:
        """Called once, in the loop's thread: None when durable, else why nothing was written."""
        raise NotImplementedError


Written = tuple[list[Unit], HeliographError | None]
"""Units that were written together, or refused together with the error."""


class GroupCommit:
    """The way into the journal.

    Args:
        intake: where units go.
        clock: measures commits.
        max_units: units of one commit at most.
        gather_s: how long a commit waits for company.
        max_pending_units: units waiting at most.
        max_pending_bytes: bytes of their bodies at most.
        stall_s: a commit that takes longer makes `submit` refuse.
        committed: called in the loop's thread with the units of each commit and its duration.
    """

    def __init__(
        self,
        intake: Intake,
        clock: Clock,
        *,
        max_units: int = 1000,
        gather_s: float = 0.0,
        max_pending_units: int = 20_000,
        max_pending_bytes: int = 256_000_000,
        stall_s: float = 5.0,
        committed: Callable[[Sequence[Unit], float], None] | None = None,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._max_units = max_units
        self._gather_s = gather_s
        self._max_pending_units = max_pending_units
        self._max_pending_bytes = max_pending_bytes
        self._stall_s = stall_s
        self._committed = committed
        self._pending: deque[Unit] = deque()
        self._bytes = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._began_s: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.last_failure: StoreError | None = None
        """Why the newest commit failed; None when it succeeded."""
        self.last_success_s: float = clock.monotonic_s()
        """Monotonic time of the newest successful commit (of the start, before the first)."""

    def start(self) -> None:
        """Start the commit thread; units end in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Units waiting for a commit, without those being written."""
        return len(self._pending)

    def stalled_s(self) -> float:
        """Return how long the running commit has taken already; 0 when none runs."""
        began = self._began_s
        return 0.0 if began is None else self._clock.monotonic_s() - began

    def refusal(self) -> str | None:
        """Return why no unit can be taken now, in words; None when it can."""
        if self._stopping.is_set():
            return "the gateway is stopping"
        if len(self._pending) >= self._max_pending_units or self._bytes >= self._max_pending_bytes:
            return "too many requests wait to be written"
        if self._pending and self.stalled_s() > self._stall_s:
            return "the journal does not answer"
        return None

    def submit(self, unit: Unit) -> None:
        """Hand a unit over; call `refusal` first, this does not check."""
        self._bytes += len(unit.request.body)
        self._pending.append(unit)
        if not self._wake.is_set():
            self._wake.set()

    async def close(self) -> None:
        """Write everything that was submitted, then stop the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
            # Let the units of the last commit end before the caller goes on.
            await asyncio.sleep(0)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._gather_s and not self._stopping.is_set():
                self._stopping.wait(self._gather_s)
            while self._pending:
                self._commit()
            if self._stopping.is_set() and not self._pending:
                return

    def _commit(self) -> None:
        pending = self._pending
        batch = [pending.popleft() for _ in range(min(len(pending), self._max_units))]
        self._began_s = began = self._clock.monotonic_s()
        outcomes = self._append(batch)
        self._began_s = None
        ended = self._clock.monotonic_s()
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._finish, outcomes, ended - began)
        except RuntimeError:
            # The loop is closed: nobody waits for the answers any more, the units are safe or refused.
            return

    def _append(self, batch: list[Unit]) -> list[Written]:
        """Write a batch; one that only our own mistake keeps out is halved until the culprit is alone."""
        try:
            self._intake.take(
                [unit.request for unit in batch],
                list(chain.from_iterable([unit.records for unit in batch])),
            )
        except StoreError as error:
            self.last_failure = error
            return [(batch, error)]
        except Exception as error:  # noqa: BLE001 - this loop owns the unit of work: senders must hear
            if len(batch) > 1:
                half = len(batch) // 2
                return self._append(batch[:half]) + self._append(batch[half:])
            broken = InvariantBroken(f"the journal failed: {type(error).__name__}: {error}")
            broken.__cause__ = error
            return [(batch, broken)]
        self.last_failure = None
        self.last_success_s = self._clock.monotonic_s()
        return [(batch, None)]

    def _finish(self, outcomes: list[Written], duration_s: float) -> None:
        for batch, failure in outcomes:
            size = 0
            for unit in batch:
                size += len(unit.request.body)
                try:
                    unit.done(failure)
                except Exception as error:  # noqa: BLE001 - one sender's trouble is not another's
                    _log.error(
                        "answer not sent", request_id=unit.request.request_id, exc_info=error
                    )
            self._bytes -= size
            if failure is None and self._committed is not None:
                self._committed(batch, duration_s)
