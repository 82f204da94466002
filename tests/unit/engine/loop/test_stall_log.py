"""A stall is said when it begins, changes and ends; a wait each time."""

import io
import json

import pytest

from heliograph.engine.loop.stall_log import AGAIN_S, StallLog
from heliograph.errors import StoreCorrupt, StoreUnavailable
from heliograph.telemetry.logs import configure_logging
from heliograph.testing.clock import ManualClock

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def test_a_stall_is_said_when_it_changes_and_then_rarely() -> None:
    stream, clock = io.StringIO(), ManualClock()
    configure_logging(format_="json", stream=stream)
    said = StallLog(clock)

    def lines() -> list[tuple[object, object, object]]:
        read = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        keys = ("code", "stalled_by", "waited_for")
        return [
            (one["level"], one["event"], next(one[key] for key in keys if key in one))
            for one in read
        ]

    said.goes_on()
    for lost in range(100):
        said.held_up(StoreCorrupt("journal.behind", f"{lost} events are gone"))
        clock.advance(s=3)
    assert lines() == [("error", "engine stalled", "journal.behind")]
    clock.advance(s=AGAIN_S)
    said.held_up(StoreCorrupt("journal.behind", "still"))
    said.held_up(StoreCorrupt("journal.rewritten", "other events"))
    assert lines() == [
        ("error", "engine stalled", "journal.behind"),
        ("error", "engine stalled", "journal.rewritten"),
    ]
    for _ in range(2):
        said.held_up(StoreUnavailable("store.unavailable", "the disk is full"))
    assert lines() == [("warning", "engine waits", "store.unavailable")] * 2
    for _ in range(2):
        said.waited()
    assert lines() == [("info", "engine goes on", "store.unavailable")]
    said.goes_on()
    said.goes_on()
    assert lines() == [("warning", "engine goes on", "journal.rewritten")]
