"""What is printed of deliveries."""

import msgspec
import pytest

from heliograph.cli.records.deliveries import show_attempts
from heliograph.testing.samples import make_attempt


def test_an_attempt_of_a_delivery_with_several_requests_says_which_it_was(
    capsys: pytest.CaptureFixture[str],
):
    first = make_attempt(1, 1)
    show_attempts([first, make_attempt(1, 2)])
    assert "of its plan" not in capsys.readouterr().out
    show_attempts([first, msgspec.structs.replace(make_attempt(1, 2), step=1)])
    lines = [line for line in capsys.readouterr().out.splitlines() if "attempt" in line]
    assert lines[0].startswith("attempt 1 (request 1 of its plan)  ")
    assert lines[1].startswith("attempt 2 (request 2 of its plan)  ")
