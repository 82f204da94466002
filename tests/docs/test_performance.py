"""docs/performance.md is what the stored results say, and every stored result can be read."""

import subprocess
import sys
from pathlib import Path


def runner(repo_root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(repo_root / "benchmarks" / "run.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_page_is_what_the_results_say(repo_root: Path):
    outcome = runner(repo_root, "--check-page")
    assert outcome.returncode == 0, outcome.stderr


def test_no_result_is_without_its_benchmark(repo_root: Path):
    names = {line.split()[0] for line in runner(repo_root, "--list").stdout.splitlines()}
    assert names
    stored = (repo_root / "benchmarks" / "results").glob("*.json")
    assert {path.stem for path in stored if not path.stem.endswith(".local")} <= names
