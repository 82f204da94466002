"""The benchmarks run: those that use most of the rig, for a moment."""

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


@pytest.mark.integration
def test_the_cost_of_a_delivery_is_measured_for_every_process() -> None:
    """Sender and receiver outside Python see every event once, and each role's use is known."""
    outcome = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / "flow" / "delivery_cost.py"),
            *("--quick", "--json", "--alone", "--regime", "saturated", "--regime", "150"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    result = json.loads(outcome.stdout)
    if result["notes"]:
        assert "no C compiler" in result["notes"][0]
        return
    figures = result["figures"]["now"]
    assert figures["saturated"]["worker_cpu_us"] > 0
    assert figures["saturated"]["events_per_s"] > 0
    assert figures["150"]["worker_peak_mb"] > 0
    assert {table["title"] for table in result["tables"]} == {
        "As fast as possible",
        "150 events a second",
    }
