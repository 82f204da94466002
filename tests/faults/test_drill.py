"""`heliograph drill`, short: killed, frozen, taken up again, and reckoned item by item."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "heliograph.cli", "drill", "--json", "--seed", "5"]
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}


def drill(folder: Path, kills: int) -> dict[str, Any]:
    outcome = subprocess.run(
        [*COMMAND, "--kills", str(kills), "--folder", str(folder)],
        env=ENVIRON,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=900,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report: dict[str, Any] = json.loads(outcome.stdout)
    assert report["passed"]
    assert report["reckoning"]["faults"] == []
    assert report["reckoning"]["lost"] == []
    assert report["reckoning"]["acknowledged"] > 0
    return report


@pytest.mark.integration
@pytest.mark.timeout(1800)
def test_a_drill_goes_on_where_it_was_and_everything_comes_out(tmp_path: Path) -> None:
    first = drill(tmp_path / "drill", 4)
    second = drill(tmp_path / "drill", 14)
    assert sum(first["kills"].values()) >= 4
    assert sum(second["kills"].values()) >= 14
    assert {"gateway", "worker"} <= second["kills"].keys()
    # What the first run did is still owed, and reckoned again.
    assert second["reckoning"]["acknowledged"] > first["reckoning"]["acknowledged"]


def test_a_folder_of_another_seed_or_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    for folder, code in (("other", 3),):
        outcome = subprocess.run(
            [*COMMAND, "--kills", "1", "--folder", str(tmp_path / folder)],
            env=ENVIRON,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert outcome.returncode == code, outcome.stdout + outcome.stderr
        assert "not empty" in json.loads(outcome.stdout)["error"]["message"]
