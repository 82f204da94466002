"""Words that people read in lists and JSON have one meaning each, and it is written down."""

import re
from pathlib import Path
from typing import get_args

from heliograph.model.delivery import DeliveryState
from heliograph.model.documents.configuration import DocumentKind
from heliograph.reference.views import NOUNS

SAID_OTHERWISE = {
    "un-merge": "merge",
    "change of a destination": "destination",
    "destination line": "destination",
    "person of an event": "person",
}
"""Nouns of the JSON page that are explained under another word."""


def entries(repo_root: Path) -> set[str]:
    """Return every word that has an entry; one entry may have several, parted by commas."""
    text = (repo_root / "docs/glossary.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)
    return {
        re.sub(r" \(.*\)", "", word).strip().lower() for head in heads for word in head.split(",")
    }


def test_what_is_shown_has_an_entry(repo_root: Path):
    shown = {SAID_OTHERWISE.get(noun, noun) for noun in NOUNS}
    shown |= {*get_args(DocumentKind), *get_args(DeliveryState)}
    assert shown - entries(repo_root) == set()


def test_no_word_has_two_entries(repo_root: Path):
    text = (repo_root / "docs/glossary.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)
    assert len(heads) == len(set(heads))


def test_words_of_the_rooms_have_an_entry(repo_root: Path):
    """The courier and the gateway have words of their own; each module that is one of them is explained."""
    own = {
        "lane",
        "turn",
        "ledger",
        "outlet",
        "shelf",
        "target",
        "circuit",
        "budget",
        "courier",
        "door",
    }
    modules = {
        path.stem
        for package in ("delivery", "gateway/doors", "engine")
        for path in (repo_root / "src/heliograph" / package).glob("*.py")
    }
    assert (own & modules) - entries(repo_root) == set()
    assert {"desk", "hook", "inlet", "lease"} <= entries(repo_root)
