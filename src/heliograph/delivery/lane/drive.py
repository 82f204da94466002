"""A coroutine run by what it waits for, without a task of its own.

A task costs a scheduled call each time something comes that it waits for, some microseconds for each
request. Here the coroutine goes on within the very call that settles what it waits for: an `Exchange`
tells so at once when its answer is there, a future of asyncio as it always does.

What it runs must not ask for the current task: there is none. So it must not use `asyncio.timeout` itself;
what needs that is awaited as a task.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Drive(Generic[T]):
    """Runs one coroutine.

    Args:
        coroutine: what to run.
        ended: called once with this object when it has ended; `value` or `error` says how. May be called
            within `begin`.
    """

    __slots__ = ("_awaited", "_cancelled", "_coroutine", "_ended", "error", "value")

    def __init__(
        self, coroutine: Coroutine[Any, None, T], ended: Callable[["Drive[T]"], object]
    ) -> None:
        self._coroutine = coroutine
        self._ended = ended
        self._awaited: Any = None
        self._cancelled = False
        """It is to end as soon as it is asked to go on."""
        self.value: T | None = None
        """What it returned."""
        self.error: BaseException | None = None
        """What it raised."""

    def begin(self) -> None:
        """Run until it waits for something."""
        self._go_on(None)

    def cancel(self) -> None:
        """Let it end by CancelledError, raised where it waits."""
        # What it waits for may be done, and cannot be cancelled, while it was not told yet.
        if self._awaited is None or not self._awaited.cancel():
            self._cancelled = True

    def _go_on(self, settled: object) -> None:
        del settled
        self._awaited = None
        try:
            if self._cancelled:
                self._cancelled = False
                awaited = self._coroutine.throw(asyncio.CancelledError())
            else:
                awaited = self._coroutine.send(None)
        except StopIteration as end:
            self.value = end.value
        except BaseException as error:  # noqa: BLE001 - handed to whoever began it
            self.error = error
        else:
            if awaited is None:  # asyncio.sleep(0)
                asyncio.get_running_loop().call_soon(self._go_on, None)
                return
            self._awaited = awaited
            awaited._asyncio_future_blocking = False
            awaited.add_done_callback(self._go_on)
            return
        self._ended(self)
