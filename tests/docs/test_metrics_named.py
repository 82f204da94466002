"""Metrics that the documentation names are metrics that exist."""

import re
from pathlib import Path

NAME = re.compile(r"\bheliograph_[a-z]+_[a-z_]+\b")


def test_every_metric_of_the_guide_is_defined_in_the_code(repo_root: Path):
    named = set(NAME.findall((repo_root / "docs/how-to/watch-the-hub.md").read_text("utf-8")))
    source = [path.read_text("utf-8") for path in (repo_root / "src").rglob("*.py")]
    defined = {name for text in source for name in re.findall(r'"(heliograph_[a-z_]+)"', text)}
    # The gateway's meters bear their prefix where they are collected.
    defined |= {
        f"heliograph_gateway_{name}"
        for text in source
        for name in re.findall(r'meters\.watch\(\s*"([a-z_]+)"', text)
    }
    assert named
    assert named <= defined
