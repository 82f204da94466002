"""The demo: one bounded round balances, the live one ends cleanly."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.testing.running.processes import wait_until

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-m", "heliograph.cli"]
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}


def test_one_round_is_reconciled_and_leaves_nothing_behind(tmp_path: Path):
    outcome = subprocess.run(
        [*COMMAND, "demo", "--once", "--json", "--requests", "60"],
        cwd=tmp_path,
        env=ENVIRON,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads(outcome.stdout)
    assert list(report) == [
        *("requests", "accepted", "refused", "events", "profiles", "delivered", "dead", "audit")
    ]
    assert report["audit"] == "balanced"
    assert report["requests"] == 60 == report["accepted"] + report["refused"]
    assert report["refused"] >= 5, "every kind of mistake is in a round"
    assert min(report["events"], report["profiles"], report["delivered"], report["dead"]) > 0
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in outcome.stderr


def test_the_live_demo_traces_a_request_shows_lines_and_ends_on_ctrl_c(tmp_path: Path):
    output = tmp_path / "demo.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "demo", "--port", "0"],
            cwd=tmp_path,
            env=ENVIRON,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: (
                len(re.findall(r"^\d+ sent, .* audit balanced$", output.read_text(), re.M)) >= 2
            ),
            "two lines of the view",
            timeout_s=180,
            said=output.read_text,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    text = output.read_text()
    assert "Form Submitted  applied" in text
    assert "curl -u demo:demo-data-api-key" in text
    assert text.rstrip().endswith("heliograph status --data-dir heliograph-data/demo")
    assert "Traceback" not in text
    assert "Traceback" not in (tmp_path / "heliograph-data/demo/hub.log").read_text()
