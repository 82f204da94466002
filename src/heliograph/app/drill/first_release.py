"""A data folder as the first release left it, so that a drill can begin with an upgrade.

`first_release.zip` was written by a hub of revisions journal_0003 and store_0002 with the documents of
`orders.documents`: its worker was killed with deliveries in hand, its gateway later, with events that nobody
has read. One destination took what it was sent, the other one answered 503. `story.json` tells what was
acknowledged and what was received.
"""

import zipfile
from pathlib import Path
from typing import Final

import msgspec

FILES: Final = ("journal.db", "store.db")
KEPT: Final = Path(__file__).with_name("first_release.zip")


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What had happened on the folder."""

    made_at: int
    """UTC epoch milliseconds of the last kill."""
    acknowledged: tuple[int, ...]
    """Orders that were answered 200."""
    next: int
    """First number that was never sent."""
    receipts: tuple[tuple[str, int, str], ...]
    """Destination, order and idempotency key of each request that was answered 200, oldest first."""


def story() -> Story:
    """Return what had happened."""
    with zipfile.ZipFile(KEPT) as kept:
        return msgspec.json.decode(kept.read("story.json"), type=Story)


def place(data_dir: Path, *, now_ms: int) -> None:
    """Put the folder in place of what is there, as if the last kill had just been.

    Args:
        data_dir: where; no process may work on it.
        now_ms: what the clock shows: due times are reckoned from it.
    """
    from heliograph.backends.sqlite.file.database import connect

    data_dir.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        for end in ("", "-wal", "-shm"):
            (data_dir / f"{name}{end}").unlink(missing_ok=True)
    with zipfile.ZipFile(KEPT) as kept:
        for name in kept.namelist():
            if name.startswith(FILES):
                kept.extract(name, data_dir)
    by_ms = now_ms - story().made_at
    store = connect(data_dir / "store.db", read_only=False)
    try:
        store.execute(
            "UPDATE deliveries SET due_at = due_at + ?, first_attempt_at = first_attempt_at + ?,"
            " lease_until = lease_until + ?",
            (by_ms, by_ms, by_ms),
        )
    finally:
        store.close()


def revisions(data_dir: Path) -> dict[str, str]:
    """Return `nothing`, `old`, `new`, or in words what else the schema of each file is."""
    from heliograph.backends.sqlite.schema.migrate import NEWEST, revision_of

    known = {
        "journal.db": {"journal_0003": "old", NEWEST["journal"]: "new"},
        "store.db": {"store_0002": "old", NEWEST["store"]: "new"},
    }
    found: dict[str, str] = {}
    for name, words in known.items():
        path = data_dir / name
        revision = revision_of(path) if path.exists() else None
        found[name] = "nothing" if revision is None else words.get(revision, f"at {revision}")
    return found
