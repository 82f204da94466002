"""The import contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path


def test_import_contracts(repo_root: Path):
    outcome = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=repo_root,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_twins_read_the_vendors_documents_not_our_code(repo_root: Path):
    """A twin that shared code with a destination would share its mistakes."""
    foreign: list[str] = []
    for path in (repo_root / "src/heliograph/twins").rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split()
            if not words or words[0] not in {"import", "from"} or "heliograph." not in line:
                continue
            if not words[1].startswith(
                ("heliograph.twins", "heliograph.model.clock", "heliograph.model.json")
            ):
                foreign.append(f"{path.relative_to(repo_root)}:{number}: {line.strip()}")
    assert not foreign, "\n".join(foreign)
