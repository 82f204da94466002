"""The folder of the first release: whole, old, and with work in it that is still owed."""

from contextlib import closing
from pathlib import Path

from heliograph.app.drill import first_release
from heliograph.app.wiring import copied
from heliograph.operations.look.condition.audit import audit

NOW_MS = 1_900_000_000_000


def test_it_is_old_and_owes_what_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first_release.place(folder, now_ms=NOW_MS)
    assert first_release.revisions(folder) == {"journal.db": "old", "store.db": "old"}
    old = first_release.story()
    assert old.acknowledged == tuple(range(old.next))
    with closing(copied(folder, writes=True)) as kept:
        report = audit(kept.data)
        with kept.data.store.read() as reader:
            due = [reader.deliveries.next_due(name) for name in reader.deliveries.counts()]
    assert first_release.revisions(folder) == {"journal.db": "new", "store.db": "new"}
    assert report.differences == ()
    assert report.engine.events == len(old.acknowledged)
    assert report.engine.lag > 0
    assert report.deliveries.delivered == len(old.receipts)
    assert report.deliveries.waiting > 0
    assert all(abs(at - NOW_MS) < 60_000 for at in due if at is not None), "it must be due soon"


def test_it_can_be_placed_again(tmp_path: Path) -> None:
    first_release.place(tmp_path, now_ms=NOW_MS)
    copied(tmp_path, writes=True).close()
    (tmp_path / "journal.db-wait").mkdir(exist_ok=True)
    first_release.place(tmp_path, now_ms=NOW_MS)
    assert set(first_release.revisions(tmp_path).values()) == {"old"}


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert set(first_release.revisions(tmp_path).values()) == {"nothing"}
