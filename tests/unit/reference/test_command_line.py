"""The page of the command line is what the commands themselves print."""

import pytest

from heliograph.cli import run
from heliograph.reference.command_line import page


def test_the_options_of_help_are_those_of_the_commands(capsys: pytest.CaptureFixture[str]):
    assert run(["status", "-h"]) == 0
    assert "-h, --help" in capsys.readouterr().out
    helps = [line.split("  ")[1] for line in page("").splitlines() if line.startswith("  -h, ")]
    assert len(helps) == page("").count("Usage: "), "one of each command"
