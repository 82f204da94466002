"""Files that are damaged while no process runs: each ends in a clear statement, and what can goes on."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.reckoning import Sink
from heliograph.testing.running.small_disk import small_disk


def fold(path: Path) -> None:
    """Bring what is in the WAL into the file, as the last process that may write does when it ends."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def flip(path: Path, before: bytes, after: bytes) -> None:
    """Change bytes of a file in place, once."""
    content = path.read_bytes()
    at = content.index(before)
    with path.open("rb+") as file:
        file.seek(at)
        file.write(after)


@pytest.mark.parametrize("faults", [{"another checksum"}, {"another checksum", "not unpacked"}])
def test_a_flipped_bit_in_an_event_is_skipped_and_said_never_applied(
    shop: HubAtWork, faults: set[str]
) -> None:
    """It may still be JSON and still an event: then only its checksum tells."""
    shop.start("gateway")
    shop.send(range(700, 720))
    shop.stop()
    with shop.hub.reading() as data:
        entries = [e for p in range(data.journal.partitions) for e in data.journal.read(p, 0, 100)]
    (record,) = [one.record for one in entries if b'"number":713' in one.record.value]
    event_id = record.id
    path = shop.data / "journal.db"
    fold(path)
    with closing(sqlite3.connect(path)) as connection:
        if faults == {"another checksum"}:
            # As values were stored before they were packed; still JSON, and still an event.
            value = record.value.replace(b'"number":713', b'"number":613')
            connection.execute("UPDATE records SET value = ? WHERE id = ?", (value, event_id))
            connection.commit()
        found = connection.execute("SELECT value FROM records WHERE id = ?", (event_id,))
        (packed,) = found.fetchone()
    if faults != {"another checksum"}:
        assert len(packed) < len(record.value)
        flip(path, packed, packed[:-1] + bytes((packed[-1] ^ 1,)))
    shop.start("gateway", "worker")
    shop.settle()
    assert shop.received().keys() == {*range(700, 713), *range(714, 720)}
    life = shop.hub.run("trace", event_id)
    assert any(fault in life.stdout for fault in faults)
    audit = shop.hub.json("audit", "--full")
    assert audit["engine"]["skipped"] == 1
    assert "event unreadable" in shop.hub.output()


@pytest.mark.parametrize("name", ["journal.db", "store.db"])
def test_a_file_that_is_no_database_ends_the_roles_with_a_sentence(
    shop: HubAtWork, name: str
) -> None:
    shop.start("gateway", "worker")
    shop.send(range(20))
    shop.settle()
    shop.stop()
    fold(shop.data / name)
    with (shop.data / name).open("rb+") as file:
        file.write(b"not a database at all" * 10)
    for command in (("gateway",), ("worker",), ("audit",)):
        said = shop.hub.run(*command)
        assert said.returncode == 3, (command, said.stdout, said.stderr)
        assert "damaged" in said.stderr, (command, said.stderr)
        assert name in said.stderr
        assert "Traceback" not in said.stderr
    refused = shop.hub.run("backup", str(shop.data.parent / "kept"), "--json")
    assert json.loads(refused.stdout)["error"]["code"] == "store.corrupt"


def test_a_truncated_journal_is_never_taken_for_a_whole_one(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(200))
    shop.settle()
    shop.stop()
    path = shop.data / "journal.db"
    fold(path)
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)
    audit = shop.hub.run("audit", "--full")
    assert audit.returncode in (1, 3), audit.stdout + audit.stderr
    assert "Traceback" not in audit.stderr
    kept = shop.hub.run("backup", str(shop.data.parent / "kept"))
    assert kept.returncode != 0
    assert "damaged" in kept.stderr or "belong" in kept.stderr, kept.stderr


def test_a_folder_that_may_only_be_read_is_said(tmp_path: Path, sink: Sink) -> None:
    with small_disk(tmp_path / "disk", size_mb=64) as disk:
        shop = HubAtWork(disk.root, sink)
        with shop.hub:
            shop.hub.apply()
            shop.start("gateway", "worker")
            shop.send(range(10))
            shop.settle()
            shop.stop()
            subprocess.run(["mount", "-o", "remount,ro", disk.root], check=True)
            try:
                for role in ("gateway", "worker"):
                    said = shop.hub.run(role)
                    assert said.returncode == 3, said.stdout + said.stderr
                    assert "Traceback" not in said.stderr
                    assert "read-only" in said.stderr or "may be written" in said.stderr
            finally:
                subprocess.run(["mount", "-o", "remount,rw", disk.root], check=True)
            shop.start("gateway", "worker")
            shop.send(range(10, 20))
            shop.settle()
            shop.must_be_whole()
