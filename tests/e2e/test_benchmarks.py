"""The benchmarks run: the one that uses most of the rig, for a moment, through the runner."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.integration
def test_a_benchmark_runs_and_hands_in_its_result() -> None:
    """A worker catches up with a backlog, and the figures are those of all of it."""
    outcome = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / "run.py"),
            *("--smoke", "--json", "--only", "catch_up"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    result = json.loads(outcome.stdout)["catch_up"]
    assert result["quick"]
    assert result["machine"]["cores"] >= 1
    figures = result["figures"]
    assert figures["engine"]["events"] == result["settings"]["engine_events"]
    assert figures["courier"]["events_per_s"] > 0
    assert [len(row) for row in result["tables"][0]["rows"]] == [5, 5, 5]
