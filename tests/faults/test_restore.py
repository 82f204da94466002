"""A backup of a hub that is at work, a kill, a restore, and a comparison of everything."""

import json
import os
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from heliograph.app.keeping import restore as restoring
from heliograph.app.wiring import holding
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.journal.state import read_state
from heliograph.errors import HeliographError
from heliograph.model.clock import SystemClock
from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.load import Load
from heliograph.testing.running.processes import HubFolder
from heliograph.testing.running.reckoning import Sink


def cursors_and_heads(folder: Path) -> tuple[dict[int, int], dict[int, int]]:
    with closing(sqlite3.connect(folder / "store.db")) as store:
        cursors = dict(store.execute("SELECT partition, position FROM cursors"))
    with closing(connect(folder / "journal.db", read_only=True)) as journal:
        heads = dict(enumerate(read_state(journal).lasts))
    return cursors, heads


def test_a_backup_under_load_comes_back_whole_after_a_kill(
    shop: HubAtWork, tmp_path: Path, sink: Sink
) -> None:
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.send(range(10_000, 10_050))
    with Load(lambda: shop.roles["gateway"].address) as load:
        manifest = shop.hub.json("backup", str(kept))
        acknowledged = set(load.acknowledged)
    cursors, heads = cursors_and_heads(kept)
    assert all(cursors[p] <= heads[p] for p in cursors), "a cursor is ahead of its journal"
    shop.settle()
    for process in shop.roles.values():
        process.kill()
    shop.roles.clear()
    shop.put_back("journal.db", None)
    shop.put_back("store.db", None)
    restored = shop.hub.json("restore", str(kept), "--yes")
    assert restored["restored"]["files"] == manifest["files"]
    shop.start("gateway", "worker")
    shop.send(range(20_000, 20_010))
    shop.settle()
    shop.must_be_whole()
    keys = shop.received()
    assert all(len(each) == 1 for each in keys.values()), "sent again under another key"
    # What was acknowledged before the backup began is in it; here that is the first fifty at least.
    with shop.hub.reading() as data, data.store.read() as reader:
        applied = reader.applied.counts()["applied"]
    assert applied == manifest["events"] + 10
    assert {*range(10_000, 10_050), *range(20_000, 20_010)} <= keys.keys()
    assert acknowledged <= keys.keys(), "it was delivered before the kill"


def test_what_a_restore_sends_again_is_said_before(shop: HubAtWork, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.sink.twin.fail(status=503, rate=1.0)
    shop.send(range(20))
    shop.wait_applied()
    shop.hub.json("backup", str(kept))
    shop.sink.twin.heal()
    shop.settle()
    running = shop.hub.run("restore", str(kept), "--yes", "--replace")
    assert running.returncode == 3, "the hub runs"
    assert "process.locked" in running.stderr or "running" in running.stderr
    shop.stop()
    in_the_way = shop.hub.run("restore", str(kept), "--yes")
    assert in_the_way.returncode == 1
    assert "--replace" in in_the_way.stderr
    said = shop.hub.run("restore", str(kept), "--yes", "--replace")
    assert said.returncode == 0, said.stderr
    assert "20" in said.stdout
    assert "faults/sink" in said.stdout
    assert said.stdout.index("faults/sink") < said.stdout.index("Restored into")
    assert list((shop.data / "run").glob("replaced-*/store.db")), "what was there is kept"
    shop.start("gateway", "worker")
    shop.settle()
    shop.must_be_whole()
    keys = shop.received()
    assert keys.keys() == set(range(20))
    assert all(len(each) == 1 for each in keys.values()), "sent again under the same key"


def test_a_changed_backup_is_refused(shop: HubAtWork, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.send(range(20))
    shop.settle()
    shop.stop()
    shop.hub.json("backup", str(kept))
    again = shop.hub.run("backup", str(kept))
    assert again.returncode == 1
    other = HubFolder(tmp_path / "other")
    with (kept / "journal.db").open("rb+") as file:
        file.seek(5_000)
        byte = file.read(1)
        file.seek(5_000)
        file.write(bytes([byte[0] ^ 1]))
    refused = other.run("restore", str(kept), "--yes", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"]["code"] == "backup.invalid"
    assert not (other.data_dir / "journal.db").exists()


def test_a_worker_that_begins_while_a_restore_does_is_noticed_by_one_of_the_two(
    shop: HubAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a number that never ran here, so that no lock of it was there to be held."""
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.send(range(10))
    shop.settle()
    shop.stop()
    shop.hub.json("backup", str(kept))
    clock = SystemClock()
    before = (shop.data / "journal.db").read_bytes()
    with ExitStack() as held:

        def sync(path: Path) -> None:
            if not held_role:
                held_role.append(path)
                held.enter_context(holding(shop.hub.settings, "worker-7", clock))

        held_role: list[Path] = []
        monkeypatch.setattr(restoring, "sync", sync)
        with pytest.raises(HeliographError) as refused:
            restoring.restore(
                shop.hub.settings, kept, replace=True, clock=clock, progress=lambda *_: None
            )
    assert refused.value.code == "process.locked"
    assert (shop.data / "journal.db").read_bytes() == before
    assert not (shop.data / "run" / "restore.json").exists(), "nothing was begun"


def test_what_was_copied_long_ago_is_copied_anew(shop: HubAtWork, tmp_path: Path) -> None:
    """An old store beside a new journal would send again what came in between."""
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.send(range(10))
    shop.settle()
    kept.mkdir()
    with closing(sqlite3.connect(shop.data / "store.db")) as store:
        store.execute("VACUUM INTO ?", (str(kept / "store.db"),))
    os.utime(kept / "store.db", (1_000_000_000, 1_000_000_000))
    shop.send(range(10, 20))
    shop.settle()
    assert shop.hub.json("backup", str(kept))["unread"] == 0


def test_an_interrupted_backup_goes_on_and_an_interrupted_restore_too(
    shop: HubAtWork, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.settle()
    shop.stop()
    whole = shop.hub.json("backup", str(tmp_path / "whole"))
    # As a kill between the two files leaves it, and one within the second.
    kept.mkdir()
    (kept / "store.db").write_bytes((tmp_path / "whole" / "store.db").read_bytes())
    (kept / "journal.db.copying").write_bytes(b"half")
    halfway = shop.hub.run("restore", str(kept), "--yes", "--replace")
    assert halfway.returncode == 1, "it has no manifest yet"
    assert shop.hub.json("backup", str(kept))["events"] == whole["events"]
    # A restore that was killed: its mark is there, the files are half in place.
    shop.put_back("journal.db", None)
    (shop.data / "run" / "restore.json").write_text("{}")
    start = shop.hub.run("worker")
    assert start.returncode == 3
    assert "restore" in start.stderr
    shop.hub.json("restore", str(kept), "--yes")
    shop.start("gateway", "worker")
    shop.send(range(30, 40))
    shop.settle()
    shop.must_be_whole()
    assert shop.received().keys() == set(range(40))
