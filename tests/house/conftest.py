"""What the house rules look at."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tracked_files(repo_root: Path) -> list[Path]:
    """Every file that is part of the product: known to git or about to be, and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo_root,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := repo_root / name).is_file()]
