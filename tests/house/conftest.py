"""What the house rules look at."""

import subprocess
from pathlib import Path

import pytest

NOT_OURS = {".git", ".uv", ".cache", "__pycache__", "node_modules", "heliograph-data", "dist"}


@pytest.fixture(scope="session")
def tracked_files(repo_root: Path) -> list[Path]:
    """Every file that is part of the product: known to git or about to be, and not ignored."""
    if not (repo_root / ".git").exists():
        return [path for path in repo_root.rglob("*") if path.is_file() and _ours(path, repo_root)]
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo_root,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := repo_root / name).is_file()]


def _ours(path: Path, root: Path) -> bool:
    """Tell whether a file of an unpacked source archive is no environment, cache or data."""
    parts = path.relative_to(root).parts
    return not any(p in NOT_OURS or p.startswith(".venv") or p.endswith("_cache") for p in parts)
