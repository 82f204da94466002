"""Generated reference pages are what the code says today."""

import subprocess
import sys
from pathlib import Path


def test_generated_pages_are_fresh(repo_root: Path):
    outcome = subprocess.run(
        [sys.executable, repo_root / "scripts" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert outcome.returncode == 0, outcome.stderr
