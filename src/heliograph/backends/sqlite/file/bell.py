"""How a process learns at once that another one has committed to a file, without asking again and again.

Beside `journal.db` is a folder `journal.db-wait`. Who waits keeps a FIFO there and sleeps until something
can be read from it; who commits writes one byte into every FIFO. That is two system calls a commit (one
more per waiting process), and none on either side while nothing happens. SQLite has nothing for
this: its own notices end at the process.

Nothing depends on a ring. A waiter looks by itself every `LOOK_S`, and every `POLL_S` where no FIFO can be
made (a folder that may only be read). A FIFO that a killed process left behind is removed by whoever rings
it next; one that is full has been rung long ago.
"""

import contextlib
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Final

from heliograph.model.clock import Clock, SystemClock

LOOK_S: Final = 1.0
"""How often a waiter looks although nobody rang, and a ringer for waiters that came in the same instant."""
POLL_S: Final = 0.02
"""How often a waiter looks that cannot be rung."""
DRAINED_BYTES: Final = 1 << 16


class Bell:
    """Rings for, and waits beside, one database file. Thread-safe.

    Args:
        path: the file.
        clock: measures the waits.
    """

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._folder = path.with_name(path.name + "-wait")
        self._now_s = (clock or SystemClock()).monotonic_s
        self._lock = threading.Lock()
        self._free: list[_Waiter] = []
        self._busy: set[_Waiter] = set()
        self._wake_next = False
        self._closed = False
        self._ropes: dict[str, int] = {}
        self._listed_at_ns: int | None = None
        self._list_again_s = 0.0

    def ring(self) -> None:
        """Wake every waiter of every process. Never raises, never blocks; one thread at a time calls it."""
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
        except OSError:
            return  # nobody ever waited
        if changed_ns != self._listed_at_ns or self._now_s() >= self._list_again_s:
            # The time of a folder may stand still for some milliseconds, hence once more later.
            self._listed_at_ns = changed_ns
            self._list_again_s = self._now_s() + LOOK_S
            self._take_ropes()
        for name, rope in list(self._ropes.items()):
            try:
                os.write(rope, b"!")
            except BlockingIOError:
                continue
            except OSError:
                self._let_go(name)

    def wait(self, arrived: Callable[[], bool], *, timeout_s: float) -> bool:
        """Return True as soon as `arrived` says so, False when the time is up or `wake` was called.

        Args:
            arrived: looks; called at the beginning, after each ring, and now and then.
            timeout_s: at most so long.
        """
        deadline_s = self._now_s() + timeout_s
        with self._lock:
            if self._closed or self._wake_next:
                self._wake_next = False
                return False
            waiter = self._free.pop() if self._free else _Waiter(self._folder)
            self._busy.add(waiter)
        try:
            while True:
                waiter.drain()
                if waiter.woken:
                    return False
                if arrived():
                    return True
                left_s = deadline_s - self._now_s()
                if left_s <= 0:
                    return False
                waiter.sleep(left_s)
        finally:
            with self._lock:
                self._busy.discard(waiter)
                waiter.woken = False
                if self._closed:
                    waiter.close()
                else:
                    self._free.append(waiter)

    def wake(self) -> None:
        """End the waits under way in this object, or else the next one."""
        with self._lock:
            self._wake_next = not self._busy
            for waiter in self._busy:
                waiter.wake()

    def close(self) -> None:
        """End all waits and remove what they made; safe to call twice."""
        with self._lock:
            self._closed = True
            for waiter in self._busy:
                waiter.wake()
            for waiter in self._free:
                waiter.close()
            self._free.clear()
        for rope in self._ropes.values():
            os.close(rope)
        self._ropes.clear()

    def _take_ropes(self) -> None:
        try:
            names = {name for name in os.listdir(self._folder) if not name.startswith(".")}
        except OSError:
            return
        for name in self._ropes.keys() - names:
            os.close(self._ropes.pop(name))
        for name in names - self._ropes.keys():
            try:
                self._ropes[name] = os.open(self._folder / name, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                self._remove(name)  # ENXIO: nobody reads it any more

    def _let_go(self, name: str) -> None:
        os.close(self._ropes.pop(name))
        self._remove(name)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._folder / name)


class _Waiter:
    """One FIFO, or nothing but a short sleep where none can be made."""

    def __init__(self, folder: Path) -> None:
        self.woken = False
        self._path = folder / f"{os.getpid()}-{token_hex(6)}"
        self._fd: int | None = None
        self._roused = threading.Event()
        # Under its name only when it is open: who rings removes a FIFO that nobody reads.
        hidden = folder / f".{self._path.name}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            os.mkfifo(hidden, 0o600)
            fd = os.open(hidden, os.O_RDWR | os.O_NONBLOCK)
            try:
                os.rename(hidden, self._path)
            except OSError:
                os.close(fd)
                raise
            self._fd = fd
        self._poll = select.poll()
        if self._fd is not None:
            self._poll.register(self._fd, select.POLLIN)

    def sleep(self, most_s: float) -> None:
        """Sleep until rung or woken, or until it is time to look."""
        if self._fd is None:
            self._roused.wait(min(most_s, POLL_S))
            self._roused.clear()
        else:
            self._poll.poll(1000 * min(most_s, LOOK_S))

    def drain(self) -> None:
        """Forget the rings so far; what they were for is looked at next."""
        if self._fd is not None:
            with contextlib.suppress(BlockingIOError):
                os.read(self._fd, DRAINED_BYTES)

    def wake(self) -> None:
        self.woken = True
        self._roused.set()
        if self._fd is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._fd, b"!")

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            with contextlib.suppress(OSError):
                os.unlink(self._path)
