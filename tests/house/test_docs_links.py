"""Every link between pages of the repository leads somewhere."""

import re
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def slug(heading: str) -> str:
    """Return the anchor GitHub gives a heading; an underscore within a word is no emphasis."""
    text = re.sub(r"[`*]|(?<!\w)_|_(?!\w)|\[|\]\([^)]*\)", "", heading).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {slug(match[1]) for match in re.finditer(r"^#+\s+(.*)$", text, re.MULTILINE)}


def test_internal_links_resolve(repo_root: Path):
    pages = [
        *repo_root.glob("*.md"),
        *repo_root.glob("docs/**/*.md"),
        *repo_root.glob("src/**/*.md"),
        *repo_root.glob("examples/**/*.md"),
    ]
    assert pages
    broken: list[str] = []
    for page in pages:
        for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            target, _, anchor = (match[1] or match[2]).partition("#")
            if re.match(r"^[a-z][a-z+.-]*:", target):
                continue
            linked = (page.parent / target).resolve() if target else page
            if not linked.exists():
                broken.append(f"{page.relative_to(repo_root)}: {target} does not exist")
            elif anchor and linked.suffix == ".md" and anchor not in anchors(linked):
                broken.append(
                    f"{page.relative_to(repo_root)}: {target}#{anchor} has no such heading"
                )
    assert not broken, "\n".join(broken)


def test_every_page_of_docs_is_reached_from_its_index(repo_root: Path):
    """A page nobody links to is a page nobody finds."""
    docs = repo_root / "docs"
    reached: set[Path] = set()
    waiting = [docs / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            target = (match[1] or match[2] or "").partition("#")[0]
            if target.endswith(".md") and ":" not in target:
                waiting.append((page.parent / target).resolve())
    lost = [str(p.relative_to(repo_root)) for p in docs.rglob("*.md") if p.resolve() not in reached]
    assert not lost, f"not reachable from docs/README.md: {lost}"
