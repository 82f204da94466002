"""Kill -9 in the middle of a migration: the file is the old one, whole, and the next start migrates it."""

import signal
import subprocess
from pathlib import Path

import pytest

from heliograph.app.drill import first_release
from heliograph.testing.running.processes import HubFolder
from heliograph.testing.running.struck import struck

STEP = "alembic.runtime.migration:HeadMaintainer.update_to_step"
"""Called at the end of each revision, in the transaction that holds all of them."""
JOURNAL_STEPS = 4
"""From the first release to now; the journal is opened before the store."""


@pytest.mark.parametrize(
    ("where", "times", "left"),
    [
        (STEP, 1, {"journal.db": "old", "store.db": "old"}),
        (STEP, JOURNAL_STEPS, {"journal.db": "old", "store.db": "old"}),
        ("alembic.command:upgrade", 1, {"journal.db": "new", "store.db": "old"}),
        (STEP, JOURNAL_STEPS + 3, {"journal.db": "new", "store.db": "old"}),
    ],
)
def test_a_migration_that_is_killed_leaves_a_whole_file_and_is_done_by_the_next_start(
    where: str, times: int, left: dict[str, str], tmp_path: Path
) -> None:
    hub = HubFolder(tmp_path)
    first_release.place(hub.data_dir, now_ms=1_900_000_000_000)
    died = subprocess.run(
        struck(hub, signal.SIGKILL, where, times, "worker"),
        env=hub.environ,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died
    assert first_release.revisions(hub.data_dir) == left
    with hub:
        worker = hub.start("worker")
        worker.wait_ready()
        assert worker.stop() == 0
    assert first_release.revisions(hub.data_dir) == {"journal.db": "new", "store.db": "new"}
    report = hub.json("audit")
    assert report["differences"] == []
    assert report["engine"]["events"] == len(first_release.story().acknowledged)
