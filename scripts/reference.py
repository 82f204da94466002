"""Writes the reference pages that follow from the code; `--check` says which are stale instead."""

import sys
from pathlib import Path

from heliograph.reference.pages import NOTICE, PAGES

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def stale() -> list[str]:
    """Return the names of the pages whose text on disk is not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text("utf-8") != page(NOTICE)
    ]


if __name__ == "__main__":
    behind = stale()
    if "--check" in sys.argv[1:]:
        if behind:
            sys.exit(f"stale: {', '.join(behind)}; run `make docs`")
    else:
        for name in behind:
            (REFERENCE / name).write_text(PAGES[name](NOTICE), "utf-8")
            print(f"wrote docs/reference/{name}")
