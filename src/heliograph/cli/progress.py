"""Progress of a long command on standard error: bars on a terminal, else lines, or nothing."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from heliograph.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Progress:
    """Shows how far a command is; call it with (what, done, total).

    Args:
        quiet: show nothing, for `--json`.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}

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
        tenth = 10 * done // total if total else 10
        if tenth > self._tenths.get(what, -1):
            self._tenths[what] = tenth
            say(f"{what}: {10 * tenth} %", err=True)
