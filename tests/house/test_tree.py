"""What the tree itself must keep: no traces of a machine, modules that say what they answer, sane sizes."""

import ast
import fnmatch
import re
from collections import Counter
from pathlib import Path

import pytest

LARGEST_MODULE_LINES = 400
MOST_MODULES = 12
MACHINE_PATH = re.compile(
    r"(?<![\w.$}/])/(?:work|root|farm|home/[a-z]+|Users/[A-Za-z]+|tmp/[a-z])\b"
)


def below(root: Path, files: list[Path], pattern: str) -> list[Path]:
    """Return the files whose path from `root` matches the glob pattern."""
    return [path for path in files if fnmatch.fnmatch(str(path.relative_to(root)), pattern)]


def test_no_file_names_a_path_of_somebodys_machine(repo_root: Path, tracked_files: list[Path]):
    found: list[str] = []
    for path in tracked_files:
        if path.name.endswith((".lock", "package-lock.json")) or path.suffix in {
            ".png",
            ".svg",
            ".parquet",
        }:
            continue
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                found.append(f"{path.relative_to(repo_root)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_every_module_opens_with_what_it_answers(repo_root: Path, tracked_files: list[Path]):
    """The first line of the docstring is a sentence, and no placeholder."""
    poor: list[str] = []
    for path in below(repo_root, tracked_files, "src/heliograph/*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first = docstring.partition("\n\n")[0].replace("\n", " ")
        if len(first.split()) < 3 or first[-1] not in ".?:!":
            poor.append(f"{path.relative_to(repo_root)}: {first!r}")
    assert not poor, "\n".join(poor)


def test_modules_stay_readable_in_one_sitting(repo_root: Path, tracked_files: list[Path]):
    """A module over the limit is asking to be two."""
    large = {
        str(path.relative_to(repo_root)): lines
        for path in below(repo_root, tracked_files, "src/heliograph/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LARGEST_MODULE_LINES
    }
    assert not large, f"too large: {large}"


def test_folders_are_seen_at_a_glance(repo_root: Path, tracked_files: list[Path]):
    """A folder of more than a dozen modules is asking for rooms. Migrations alone can only become more."""
    modules = Counter(
        str(path.parent.relative_to(repo_root))
        for path in below(repo_root, tracked_files, "src/heliograph/*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    )
    full = {folder: count for folder, count in modules.items() if count > MOST_MODULES}
    assert not full, f"too many modules: {full}"


@pytest.mark.parametrize("bucket", ["utils", "helpers", "common", "manager", "misc"])
def test_no_module_is_a_bucket(repo_root: Path, tracked_files: list[Path], bucket: str):
    sources = below(repo_root, tracked_files, "src/heliograph/*.py")
    assert [path for path in sources if bucket in path.stem.split("_")] == []
