"""Journal and store that do not belong together any more: the worker stalls, says so, and goes on when told.

Files are damaged and exchanged between processes that really ran on them; what a sender got a 200 for is
reckoned afterwards.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.processes import wait_until
from heliograph.testing.running.reckoning import Sink


def tear_wal(shop: HubAtWork, keep_bytes: Callable[[int], int]) -> None:
    """Cut the journal's WAL, as a crash of a machine whose disk lies about fsync does."""
    wal = shop.data / "journal.db-wal"
    size = wal.stat().st_size
    assert size > 0, "the WAL is empty: nothing would be torn"
    with wal.open("rb+") as file:
        file.truncate(keep_bytes(size))


@pytest.mark.parametrize("grown", [False, True], ids=["at once", "grown past the cursors"])
def test_an_older_journal_stalls_the_worker_until_it_is_repaired(
    shop: HubAtWork, tmp_path: Path, grown: bool
) -> None:
    shop.start("gateway", "worker")
    shop.send(range(40))
    shop.settle()
    shop.stop()
    shop.keep("journal.db", tmp_path / "kept")
    shop.start("gateway", "worker")
    shop.send(range(40, 80))
    shop.settle()
    shop.stop()
    shop.put_back("journal.db", tmp_path / "kept")
    shop.start("gateway")
    if grown:
        shop.send(range(1000, 1120))
    shop.start("worker")
    shop.must_stall("journal.rewritten" if grown else "journal.behind")
    shop.send(range(2000, 2010))
    repaired = shop.hub.json("repair")
    assert repaired["kind"] == "repaired"
    shop.settle()
    wanted = {*range(80), *range(2000, 2010), *(range(1000, 1120) if grown else ())}
    keys = shop.received()
    assert keys.keys() == wanted
    assert all(len(each) == 1 for each in keys.values()), "an order was sent under two keys"
    shop.must_be_whole()
    assert shop.hub.json("repair")["kind"] == "none"


@pytest.mark.parametrize("left", [0.0, 0.4], ids=["WAL gone", "WAL torn"])
def test_a_torn_wal_is_noticed_although_requests_are_acknowledged_again(
    shop: HubAtWork, left: float
) -> None:
    shop.start("gateway", "worker")
    shop.send(range(60))
    shop.settle()
    shop.roles["worker"].kill()
    shop.roles["gateway"].kill()
    tear_wal(shop, lambda size: int(size * left))
    (shop.data / "journal.db-shm").unlink()
    shop.start("gateway")
    shop.send(range(100, 200))
    shop.start("worker")
    wait_until(
        lambda: "journal.rewritten" in shop.hub.output() or "journal.behind" in shop.hub.output(),
        "the worker stalls",
        said=shop.hub.output,
    )
    assert shop.hub.run("audit").returncode == 1
    shop.hub.json("repair")
    shop.settle()
    assert shop.received().keys() == {*range(60), *range(100, 200)}
    shop.must_be_whole()


def test_a_lost_journal_stalls_the_worker_until_it_is_repaired(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.settle()
    shop.stop()
    shop.put_back("journal.db", None)
    shop.start("gateway", "worker")
    shop.send(range(100, 140))
    shop.must_stall("journal.journal_new")
    assert shop.roles["worker"].stop() == 1, "it was stopped while it stalled"
    shop.start("worker")
    shop.hub.json("repair")
    shop.settle()
    assert shop.received().keys() == {*range(30), *range(100, 140)}
    shop.must_be_whole(full=False)


def test_no_command_makes_an_empty_journal_beside_a_store(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(10))
    shop.settle()
    shop.stop()
    shop.put_back("journal.db", None)
    for command in (
        ["apply", str(shop.hub.configuration), "--yes"],
        ["deadletters", "replay", "--all"],
    ):
        refused = shop.hub.run(*command)
        assert refused.returncode == 3, refused.stdout
        assert "store.db, without journal.db" in refused.stderr
        assert "heliograph restore DIR --replace" in refused.stderr
        assert not (shop.data / "journal.db").exists()


def test_a_lost_store_stalls_the_worker_and_repair_refuses(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.settle()
    shop.stop()
    shop.put_back("store.db", None)
    shop.hub.apply()
    shop.start("gateway", "worker")
    shop.send(range(100, 110))
    shop.must_stall("journal.store_new")
    refused = shop.hub.run("repair")
    assert refused.returncode != 0
    assert "rebuild" in refused.stderr
    assert shop.received().keys() == set(range(30)), "nothing may be sent again"
    shop.stop()
    up = shop.hub.start("up")
    seen = up.output().count("engine stalled")
    up.wait_ready()
    wait_until(lambda: up.output().count("engine stalled") > seen, "the hub's worker stalls")
    assert up.stop() == 1, "a worker stalled when it was stopped"
    assert "status" in up.output().rpartition("stopped while a worker stalled")[2]


def test_a_store_of_another_hub_stalls_the_worker(
    shop: HubAtWork, tmp_path: Path, sink: Sink
) -> None:
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.settle()
    shop.stop()
    other = HubAtWork(tmp_path / "other", sink)
    with other.hub:
        other.hub.apply()
        other.start("gateway", "worker")
        other.send(range(500, 560))
        other.settle()
        other.stop()
        other.keep("store.db", tmp_path / "kept")
    shop.put_back("store.db", tmp_path / "kept")
    shop.start("gateway", "worker")
    shop.must_stall("journal.other_journal")
    assert shop.received().keys() == {*range(30), *range(500, 560)}


def test_a_missing_shm_is_made_again(shop: HubAtWork) -> None:
    """It holds nothing but an index of the WAL."""
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.roles["worker"].kill()
    shop.roles["gateway"].kill()
    for name in ("journal.db-shm", "store.db-shm"):
        (shop.data / name).unlink()
    shop.start("gateway", "worker")
    shop.send(range(30, 60))
    shop.settle()
    assert shop.received().keys() == set(range(60))
    shop.must_be_whole()


def test_what_was_acknowledged_and_skipped_is_found_by_its_id(shop: HubAtWork) -> None:
    """An event that is not applied and another that is counted for it: the sums come out, the ids do not."""
    shop.start("gateway", "worker")
    shop.send(range(30))
    shop.settle()
    shop.stop()
    shop.must_be_whole()
    with closing(sqlite3.connect(shop.data / "store.db")) as store, store:
        (event_id,) = store.execute("SELECT event_id FROM applied LIMIT 1 OFFSET 5").fetchone()
        store.execute("DELETE FROM applied WHERE event_id = ?", (event_id,))
    assert shop.hub.run("audit").returncode == 0, "it was verified before, and sums come out"
    found = shop.hub.run("audit", "--full")
    assert found.returncode == 1
    assert event_id in found.stdout
