"""How a process writes its log: structured lines on standard error, one renderer for ours and for libraries.

`configure_logging` is called once by each process; `get_logger(name)` may be called at import time.
Lines are JSON for machines or aligned text for a terminal; both carry `timestamp` (UTC, ISO 8601),
`level`, `logger` and `event`. `FloodGate` bounds what one cause may write per second and says how
many lines it held back, so that nothing is left out silently.
"""

import io
import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger

from heliograph.model.clock import Clock
from heliograph.telemetry.safe_text import lines_of, one_line

LogFormat = Literal["json", "text"]


def configure_logging(
    *, level: str = "info", format_: LogFormat = "text", stream: TextIO | None = None
) -> None:
    """Send every log line, ours and those of libraries, through one renderer to `stream`.

    Args:
        level: lowest level that is written: debug, info, warning, error.
        format_: `json`, one object per line, or `text` for a terminal.
        stream: where to; standard error when None.
    """
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if format_ == "json"
        # A plain traceback: the default one prints local variables, and with them credentials.
        else [
            _visible,
            structlog.dev.ConsoleRenderer(
                colors=target.isatty(), exception_formatter=_visible_traceback
            ),
        ]
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _visible(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Make visible in a line of text what a terminal would obey: senders choose much of what is logged."""
    return {
        # The renderer needs exc_info as it is; a number, or nothing, holds no such character.
        one_line(key): value
        if key == "exc_info" or value is None or isinstance(value, int | float)
        else one_line(str(value))
        for key, value in event.items()
    }


def _visible_traceback(stream: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    """Write a plain traceback further in, so that no line of a message looks like one of the log."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    stream.write("\n".join(f"    {line}".rstrip() for line in lines_of(plain.getvalue())))


def get_logger(name: str) -> BoundLogger:
    """Return the logger of a part, e.g. `gateway`; it follows `configure_logging` whenever that runs."""
    return structlog.stdlib.get_logger(f"heliograph.{name}")


class FloodGate:
    """Lets at most `per_second` lines of one cause through and counts the rest.

    Not thread-safe: each thread takes its own.
    """

    def __init__(self, clock: Clock, *, per_second: int = 20) -> None:
        self._clock = clock
        self._per_second = per_second
        self._windows: dict[str, tuple[int, int]] = {}

    def admit(self, cause: str) -> int | None:
        """Tell whether a line may be written now.

        Returns:
            None to hold the line back; else how many lines of this cause were held back since the
            last one that passed (0 normally), to be written as `held_back`.
        """
        second = int(self._clock.monotonic_s())
        window, seen = self._windows.get(cause, (second, 0))
        if window == second:
            self._windows[cause] = (window, seen + 1)
            return 0 if seen < self._per_second else None
        self._windows[cause] = (second, 1)
        return max(0, seen - self._per_second)

    def held_back(self) -> dict[str, int]:
        """Return and forget, per cause, what closed windows still hold back; call it now and then."""
        second = int(self._clock.monotonic_s())
        rest: dict[str, int] = {}
        for cause, (window, seen) in list(self._windows.items()):
            if window != second:
                del self._windows[cause]
                if seen > self._per_second:
                    rest[cause] = seen - self._per_second
        return rest
