"""README shows what the demo looks like now, in a picture that needs nothing from elsewhere."""

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from heliograph.cli.serve import demo_view


@pytest.fixture
def text(repo_root: Path) -> str:
    return (repo_root / "docs/pictures/demo.svg").read_text(encoding="utf-8")


def shown(svg: str) -> str:
    """Return the words of a picture."""
    return html.unescape(re.sub(r"<[^>]+>", " ", svg)).replace("\xa0", " ")


def test_readme_shows_it(repo_root: Path):
    first_screen = (repo_root / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert any("docs/pictures/demo.svg" in line for line in first_screen)


def test_it_is_a_picture_and_fetches_nothing(text: str):
    assert ET.fromstring(text).tag.endswith("svg")
    assert re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)\w", text) == []
    assert "@font-face" not in text
    assert "@import" not in text


def test_it_shows_the_words_of_the_view_as_it_is_now(repo_root: Path, text: str):
    """Every heading and sentence that the view has: draw it anew with scripts/picture.py when this fails."""
    source = Path(demo_view.__file__).read_text(encoding="utf-8")
    headings = {*re.findall(r"\"([A-Z][A-Z ]{3,})\"", source), "RECEIVED"}
    assert len(headings) > 10
    said = shown(text)
    missing = sorted(word for word in headings if word not in said)
    assert missing == []
    for sentence in ("HELD: waits until", "Audit: balanced", "Ctrl-C stops it.", "$ make demo"):
        assert sentence in said
