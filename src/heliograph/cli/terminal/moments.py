"""Moments on the command line: a date, a date and time, or how long ago."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import click

_AGO: Final = re.compile(r"(\d+)\s*([smhdw])\Z")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class Moment(click.ParamType[int]):
    """Turns text into UTC epoch milliseconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the moment; UTC unless the text has an offset, and `7d` is seven days ago."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        ago = _AGO.match(text)
        if ago is not None:
            from heliograph.app import wiring

            return wiring.system_clock().now_ms() - 1000 * int(ago[1]) * _SECONDS[ago[2]]
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is no moment; say a date (2026-03-01), a date and time "
                "(2026-03-01T14:30:00Z, UTC without an offset), or how long ago (7d, 12h, 30m).",
                param,
                ctx,
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)


MOMENT: Final = Moment()
