"""The rule about skips: in CI a skip fails unless its reason is reviewed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="capability: shares no transaction")
def test_reviewed():
    pass

def test_unreviewed():
    pytest.skip("no such server here")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_to_fail():
    raise AssertionError
"""
MODULE = "import pytest\n\npytest.importorskip('a_module_that_nobody_has')\n"


def outcome(folder: Path, ci: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "."],
        cwd=folder,
        env={**os.environ, "CI": ci},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture
def suite(repo_root: Path, tmp_path: Path) -> Path:
    tests = tmp_path / "tests"
    tests.mkdir()
    for name in ("conftest.py", "skips.txt"):
        shutil.copy(repo_root / "tests" / name, tests)
    (tests / "test_sample.py").write_text(SAMPLE)
    return tests


def test_on_a_laptop_skips_are_shown_with_their_reasons(suite: Path):
    code, said = outcome(suite, "", "-rs")
    assert code == 0, said
    assert "1 passed, 2 skipped, 1 xfailed" in said
    assert "no such server here" in said


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_in_ci_an_unreviewed_skip_fails_and_says_what_to_do(suite: Path, workers: list[str]):
    code, said = outcome(suite, "true", *workers)
    assert code == 1, said
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed" in said
    assert "reason that is not reviewed: 'no such server here'" in said


def test_in_ci_a_module_that_skips_itself_fails_too(suite: Path):
    (suite / "test_module.py").write_text(MODULE)
    code, said = outcome(suite, "true")
    assert code != 0, said
    assert "a_module_that_nobody_has" in said
    assert "not reviewed" in said


def test_every_reviewed_skip_says_why(repo_root: Path):
    lines = (repo_root / "tests" / "skips.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith("#"):
            assert number > 0, line
            assert lines[number - 1].startswith("#"), f"no comment above {line!r}"
