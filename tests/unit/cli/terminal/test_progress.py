"""Progress of long commands where there is no terminal."""

import pytest

from heliograph.cli.terminal.progress import LINE_EVERY_S, Progress


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now_ms(self) -> int:
        return int(self.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.now_s


def test_a_short_command_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Hand()
    with Progress(quiet=False, clock=clock) as progress:
        for done in range(101):
            clock.now_s = LINE_EVERY_S * done / 200
            progress("copying", done, 100)
    assert capsys.readouterr() == ("", "")


def test_a_long_one_shows_a_line_now_and_then_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hand()
    with Progress(quiet=False, clock=clock) as progress:
        for done in range(0, 101, 5):
            clock.now_s = LINE_EVERY_S * done / 25
            progress("copying", done, 100)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [f"copying: {percent} %" for percent in (25, 50, 75, 100)]


def test_nothing_beside_json(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Hand()
    with Progress(quiet=True, clock=clock) as progress:
        clock.now_s = 100.0
        progress("copying", 1, 2)
    assert capsys.readouterr() == ("", "")
