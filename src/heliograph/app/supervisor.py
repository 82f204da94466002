"""`heliograph up`: keeps the roles running as processes of their own, and ends them in order.

- A child that dies is started again: after 0.2 s, then twice as long each time up to 10 s; a child that
  lived for 30 s starts over with the shortest wait. A gateway keeps the port it had.
- A child that refuses to start because of its environment (exit code 2 or 3 before it was ready), or that
  dies five times before it was ever ready, ends the hub with that code: trying again would not help.
- SIGTERM or SIGINT: the gateway is asked to stop first (nothing new comes in), then the worker (what is
  under way is finished). Who does not stop in time is killed. A second signal kills at once; nothing
  acknowledged is lost by that, it only starts over later.
- A role that ends with another code than 0 when it is asked to stop had something wrong (a worker that stalls
  exits 1): the hub ends with that code, and says which role it was.
- When this process is killed, the children see their lifeline end and stop by themselves.
"""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from types import FrameType
from typing import Final

import msgspec

from heliograph.model.clock import Clock
from heliograph.telemetry.logs import get_logger

FIRST_BACKOFF_S: Final = 0.2
LONGEST_BACKOFF_S: Final = 10.0
SETTLED_S: Final = 30.0
HOPELESS_STARTS: Final = 5
ENVIRONMENT_EXITS: Final = (2, 3)

log = get_logger("up")


class Child(msgspec.Struct, kw_only=True):
    """One role: how it is started and how it is doing."""

    role: str
    command: Callable[[str | None], Sequence[str]]
    """Gives the command line; takes the address the role had before, so that it can be kept."""
    stop_within_s: float
    process: subprocess.Popen[bytes] | None = None
    ready_fd: int | None = None
    lifeline_fd: int | None = None
    address: str | None = None
    was_ready: bool = False
    ready: bool = False
    started_s: float = 0.0
    failures: int = 0
    """Deaths in a row without having lived for `SETTLED_S`."""
    restart_s: float | None = None
    """When it is started again, by the monotonic clock."""


class Supervisor:
    """Runs children until it is told to stop; use `run` once.

    Args:
        children: in the order in which they are stopped.
        clock: for waits between starts.
        on_ready: called once, with role -> address, when every child is ready for the first time.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        clock: Clock,
        on_ready: Callable[[Mapping[str, str | None]], object],
    ) -> None:
        self._children = list(children)
        self._clock = clock
        self._on_ready = on_ready
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._announced = False

    def run(self) -> int:
        """Return the exit code: 0 after a clean stop, else that of a child.

        Of one that could not start, or that was not well when it was stopped.
        """
        wake_read, wake_write = socket.socketpair()
        wake_read.setblocking(False)
        wake_write.setblocking(False)
        self._selector.register(wake_read, selectors.EVENT_READ)
        with _signals(self._note_signal, wake_write.fileno()):
            left = 0
            try:
                code = self._supervise(wake_read)
            finally:
                left = self._stop_all(wake_read)
                self._selector.close()
                wake_read.close()
                wake_write.close()
        return code or left

    def stop(self) -> None:
        """Stop as on SIGTERM; from any thread."""
        os.kill(os.getpid(), signal.SIGTERM)

    def _note_signal(self, number: int, _: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._signals += 1

    def _supervise(self, wake: socket.socket) -> int:
        for child in self._children:
            self._start(child)
        while not self._signals:
            self._wait(wake, self._until_next_start())
            for child in self._children:
                code = self._reap(child)
                if code is not None:
                    return code
                due = child.restart_s
                if due is not None and due <= self._clock.monotonic_s() and not self._signals:
                    self._start(child)
        return 0

    def _start(self, child: Child) -> None:
        lifeline_read, lifeline_write = os.pipe()
        ready_read, ready_write = os.pipe()
        command = [
            *child.command(child.address),
            *("--lifeline", str(lifeline_read), "--ready-fd", str(ready_write)),
        ]
        try:
            # A session of its own: Ctrl-C in a terminal reaches this process alone, which then stops
            # the children in order.
            child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and command
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=(lifeline_read, ready_write),
                start_new_session=True,
            )
        finally:
            os.close(lifeline_read)
            os.close(ready_write)
        child.lifeline_fd, child.ready_fd = lifeline_write, ready_read
        child.started_s, child.restart_s, child.ready = self._clock.monotonic_s(), None, False
        self._selector.register(ready_read, selectors.EVENT_READ, child)
        log.debug("role started", role=child.role, pid=child.process.pid)

    def _wait(self, wake: socket.socket, timeout_s: float | None) -> None:
        """Sleep until a signal comes, a child reports, a child ends, or the time is over."""
        for key, _ in self._selector.select(timeout_s):
            if isinstance(key.data, Child):
                self._hear(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    wake.recv(4096)

    def _hear(self, child: Child) -> None:
        assert child.ready_fd is not None
        said = os.read(child.ready_fd, 4096).decode().strip()
        self._close_ready(child)
        if not said:
            return  # it ended without having been ready; its exit is dealt with by _reap
        child.ready = child.was_ready = True
        child.address = None if said == "-" else said
        log.info("role is ready", role=child.role, address=child.address)
        if not self._announced and all(other.ready for other in self._children):
            self._announced = True
            self._on_ready({other.role: other.address for other in self._children})

    def _reap(self, child: Child) -> int | None:
        """Notice a child's end and plan its next start; return an exit code when there is no point."""
        if child.process is None or child.process.poll() is None:
            return None
        code, lived_s = child.process.returncode, self._clock.monotonic_s() - child.started_s
        self._forget(child)
        if self._signals:
            return None
        if not child.was_ready and code in ENVIRONMENT_EXITS:
            return code  # it has said itself what is wrong
        child.failures = 1 if child.ready and lived_s >= SETTLED_S else child.failures + 1
        if not child.was_ready and child.failures >= HOPELESS_STARTS:
            log.error("role cannot start", role=child.role, exit_code=code, starts=child.failures)
            return 3
        wait_s = min(FIRST_BACKOFF_S * 2 ** (child.failures - 1), LONGEST_BACKOFF_S)
        child.restart_s = self._clock.monotonic_s() + wait_s
        log.warning("role ended; starting it again", role=child.role, exit_code=code, in_s=wait_s)
        return None

    def _until_next_start(self) -> float | None:
        dues = [child.restart_s for child in self._children if child.restart_s is not None]
        return max(0.0, min(dues) - self._clock.monotonic_s()) if dues else None

    def _stop_all(self, wake: socket.socket) -> int:
        """Stop the children one after the other; returns the first code that says something was wrong."""
        left = 0
        for child in self._children:
            child.restart_s = None
            if child.process is None:
                continue
            if child.process.poll() is None:
                child.process.terminate()
            deadline = self._clock.monotonic_s() + child.stop_within_s
            while child.process.poll() is None:
                left_s = deadline - self._clock.monotonic_s()
                if left_s <= 0 or self._signals > 1:
                    log.warning("role did not stop in time; killed", role=child.role)
                    child.process.kill()
                    child.process.wait()
                else:
                    self._wait(wake, left_s)
            code = child.process.returncode
            if child.ready and code > 0:
                log.warning(
                    "role was not well when it was stopped", role=child.role, exit_code=code
                )
                left = left or code
            self._forget(child)
            log.debug("role stopped", role=child.role)
        return left

    def _forget(self, child: Child) -> None:
        child.process = None
        self._close_ready(child)
        if child.lifeline_fd is not None:
            os.close(child.lifeline_fd)
            child.lifeline_fd = None

    def _close_ready(self, child: Child) -> None:
        if child.ready_fd is not None:
            self._selector.unregister(child.ready_fd)
            os.close(child.ready_fd)
            child.ready_fd = None


@contextlib.contextmanager
def _signals(
    handler: Callable[[int, FrameType | None], object], wake_fd: int
) -> Generator[None, None, None]:
    """Route SIGTERM, SIGINT and SIGCHLD to `handler` and wake the selector, for the block."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = {number: signal.signal(number, handler) for number in numbers}
    previous_fd = signal.set_wakeup_fd(wake_fd, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous_fd)
        for number, old in before.items():
            signal.signal(number, old)
