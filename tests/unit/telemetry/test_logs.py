"""One renderer for our lines and those of libraries, and floods that are counted."""

import io
import json
import logging
from typing import Literal

import pytest

from heliograph.telemetry.logs import FloodGate, configure_logging, get_logger

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_of_ours_and_of_a_library_have_one_form():
    stream = io.StringIO()
    configure_logging(format_="json", stream=stream)
    get_logger("gateway").warning("request refused", status=401)
    logging.getLogger("uvicorn.error").error("port %d is taken", 80)
    ours, theirs = lines(stream)
    assert (ours["event"], ours["status"], ours["logger"]) == (
        "request refused",
        401,
        "heliograph.gateway",
    )
    assert (theirs["event"], theirs["level"]) == ("port 80 is taken", "error")
    assert str(ours["timestamp"]).endswith("Z")


def test_lines_below_the_level_are_not_written():
    stream = io.StringIO()
    configure_logging(level="warning", format_="json", stream=stream)
    get_logger("gateway").info("configuration loaded")
    assert stream.getvalue() == ""


def test_exceptions_keep_their_traceback():
    stream = io.StringIO()
    configure_logging(format_="json", stream=stream)
    try:
        raise ValueError("boom")
    except ValueError as error:
        get_logger("gateway").error("request failed", exc_info=error)
    assert "ValueError: boom" in str(lines(stream)[0]["exception"])


def test_text_for_a_terminal():
    stream = io.StringIO()
    configure_logging(stream=stream)
    get_logger("gateway").info("ready", port=8080)
    assert "ready" in stream.getvalue()
    assert "port=8080" in stream.getvalue()


class SetClock:
    seconds = 10.0

    def now_ms(self) -> int:
        return 0

    def monotonic_s(self) -> float:
        return self.seconds


def test_flood_of_one_cause_is_held_back_and_counted():
    clock = SetClock()
    gate = FloodGate(clock, per_second=2)
    assert [gate.admit("401") for _ in range(5)] == [0, 0, None, None, None]
    assert gate.admit("400") == 0
    clock.seconds = 11.0
    assert gate.admit("401") == 3
    assert gate.admit("401") == 0


def test_what_was_held_back_can_be_asked_for_when_the_flood_is_over():
    clock = SetClock()
    gate = FloodGate(clock, per_second=1)
    for _ in range(4):
        gate.admit("401")
    assert gate.held_back() == {}
    clock.seconds = 11.5
    assert gate.held_back() == {"401": 3}
    assert gate.held_back() == {}


@pytest.mark.parametrize("format_", ["json", "text"])
def test_local_variables_of_a_failure_stay_out_of_the_log(format_: Literal["json", "text"]):
    stream = io.StringIO()
    configure_logging(format_=format_, stream=stream)
    password = "correct-" + "horse"
    try:
        _ = password[999]
    except IndexError:
        get_logger("gateway").exception("failed")
    assert "IndexError" in stream.getvalue()
    assert password not in stream.getvalue()
