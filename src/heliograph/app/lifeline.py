"""How a role is told to stop: by a signal, or because the process that started it is gone.

`heliograph up` keeps the writing end of a pipe open as long as it lives; each child holds the reading
end (`--lifeline FD`). When the supervisor dies, however it dies, the read ends and the child stops
cleanly. Pipes need no polling and work the same on Linux and macOS.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


def stop_on_signals(stop: Callable[[], object]) -> None:
    """Call `stop` on SIGTERM and SIGINT, once; main thread only.

    A second signal ends the process at once, for a person who will not wait for the draining.
    """
    called = False

    def handle(number: int, _: FrameType | None) -> None:
        nonlocal called
        if called:
            os._exit(128 + number)
        called = True
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def stop_with_parent(fd: int, stop: Callable[[], object]) -> threading.Thread:
    """Call `stop` when the other end of the pipe `fd` is closed; returns the watching daemon thread."""

    def watch() -> None:
        # The parent never writes: any return, data or end, means that it is gone.
        with contextlib.suppress(OSError):
            os.read(fd, 1)
        stop()

    thread = threading.Thread(target=watch, name="lifeline", daemon=True)
    thread.start()
    return thread


def announce_ready(fd: int, address: str | None) -> None:
    """Tell the supervisor over the pipe `fd` that the role works, and where it listens."""
    with os.fdopen(fd, "wb") as pipe:
        pipe.write((address or "-").encode() + b"\n")
