"""What every test may lean on: shared data, hypothesis profiles, and the rule about skips.

With CI=true a skip is a failure unless its reason matches a line of `tests/skips.txt`, so that a test
cannot fall silent unnoticed. On any other machine skips are shown with their reasons, one line each.
"""

import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SKIPS = ROOT / "tests" / "skips.txt"

# Never a deadline: a busy machine must not fail a test that is right.
settings.register_profile(
    "default",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "ci", parent=settings.get_profile("default"), print_blob=True, database=None
)
settings.register_profile("long", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "default")
)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of corpora and vendors' specifications that lies beside the repository."""
    folder = Path(os.environ.get("HELIOGRAPH_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no shared data: set HELIOGRAPH_SHARED_DATA to the folder")
    return folder


def reviewed_skips() -> list[re.Pattern[str]]:
    """Return the patterns of the reasons that were looked at and allowed."""
    lines = SKIPS.read_text(encoding="utf-8").splitlines()
    return [re.compile(line) for line in lines if line.strip() and not line.startswith("#")]


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the reason text of a skipped report, without pytest's `Skipped: `."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def _refuse_unreviewed_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") != "true" or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = skip_reason(report)
    if any(pattern.search(reason) for pattern in reviewed_skips()):
        return
    report.outcome = "failed"
    report.longrepr = (
        f"{report.nodeid} skips with a reason that is not reviewed: {reason!r}. "
        "Make it run here, or add a pattern with an explanation to tests/skips.txt."
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_unreviewed_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_unreviewed_skip(report)
    return report


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter: compressed ones differ from process to process, ids must not."""
    return argname if isinstance(val, bytes) else None
