"""Progress of a long command on standard error: bars on a terminal, else a line now and then, or nothing.

A command that has ended before the first line is due shows none.
"""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Final

from heliograph.cli.terminal.output import say
from heliograph.model.clock import Clock, SystemClock

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

LINE_EVERY_S: Final = 2.0
"""Where there is no terminal: at most one line of the same thing in so many seconds."""


class Progress:
    """Shows how far a command is; call it with (what, done, total).

    Args:
        quiet: show nothing, for `--json`.
        clock: tells when a line is due.
    """

    def __init__(self, *, quiet: bool, clock: Clock | None = None) -> None:
        self._quiet = quiet
        self._clock = clock or SystemClock()
        self._line_at_s = self._clock.monotonic_s() + LINE_EVERY_S
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Progress":
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bars

            self._bars = Bars(console=Console(stderr=True), transient=True)
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that so much of something is done."""
        if self._quiet:
            return
        if self._bars is not None:
            task = self._tasks.get(what)
            if task is None:
                task = self._tasks[what] = self._bars.add_task(what)
            self._bars.update(task, completed=done, total=total)
            return
        now_s = self._clock.monotonic_s()
        if now_s >= self._line_at_s:
            self._line_at_s = now_s + LINE_EVERY_S
            say(f"{what}: {100 * done // total if total else 100} %", err=True)
