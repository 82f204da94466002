"""`clock show`: a clock that is right is told as such."""

import pytest

from heliograph.cli.upkeep.clock import show_clock
from heliograph.operations.views import ClockState


def test_only_a_clock_that_is_right_needs_nothing(capsys: pytest.CaptureFixture[str]):
    show_clock(ClockState(now=1_000, trusted=1_000), as_json=False)
    assert "nothing is to be done" in capsys.readouterr().out
    show_clock(ClockState(now=90_000_000, trusted=1_000, held_s=89_999), as_json=False)
    assert "nothing is to be done" not in capsys.readouterr().out
