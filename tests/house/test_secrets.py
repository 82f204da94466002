"""No credential of a real service lies in the tree."""

import re
from pathlib import Path

import pytest

# Shapes the services themselves publish for their scanners; examples in docs use obvious placeholders.
SHAPES = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "AWS access key": r"\bAKIA[0-9A-Z]{16}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "Slack token": r"\bxox[abposr]-[0-9A-Za-z-]{20,}\b",
    "Stripe live key": r"\b[rs]k_live_[0-9a-zA-Z]{20,}\b",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "PyPI token": r"\bpypi-AgE[0-9A-Za-z_-]{40,}\b",
}
UNREAD = {".lock", ".png", ".parquet", ".svg"}


def findings(text: str) -> list[str]:
    return [name for name, shape in SHAPES.items() if re.search(shape, text)]


def test_no_secret_in_the_tree(repo_root: Path, tracked_files: list[Path]):
    found = {
        str(path.relative_to(repo_root)): names
        for path in tracked_files
        if path.suffix not in UNREAD
        and path != Path(__file__)
        and (names := findings(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert not found


@pytest.mark.parametrize(
    "text", ["AKIA" + "A" * 16, "ghp_" + "a" * 36, "-----BEGIN " + "RSA PRIVATE KEY-----"]
)
def test_the_scan_sees_what_it_is_for(text: str):
    assert findings(f"key = {text!r}")
