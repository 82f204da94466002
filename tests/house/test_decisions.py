"""Decisions are referred to by number: each has one of its own, and the list names them all in order."""

import re
from pathlib import Path

TITLE = re.compile(r"# (\d+)\. (.+)")
ENTRY = re.compile(r"^(\d+)\. \[(.+?)\]\((\d{4}-[a-z0-9-]+\.md)\)$", re.MULTILINE)


def title_of(page: Path) -> tuple[int, str]:
    match = TITLE.fullmatch(page.read_text().splitlines()[0])
    assert match is not None, f"{page.name}: its first line is not '# NUMBER. TITLE'"
    return int(match[1]), match[2]


def test_each_decision_has_a_number_of_its_own_and_stands_in_the_list(repo_root: Path):
    folder = repo_root / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = [
        (int(n), title, name)
        for n, title, name in ENTRY.findall((folder / "README.md").read_text())
    ]
    assert listed == [(*title_of(page), page.name) for page in pages]
