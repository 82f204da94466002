"""Profiles made anew from the journal: the same as before, and nothing is sent twice."""

import signal
import sqlite3
import subprocess
from contextlib import closing
from typing import Any

from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.struck import struck

REBUILD = ("rebuild", "--yes")


def people(shop: HubAtWork) -> list[Any]:
    with shop.hub.reading() as data, data.store.read() as reader:
        return reader.profiles.find(workspace=None, after=None, limit=10_000)


def test_profiles_are_made_anew_and_nothing_is_sent_again(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(200))
    shop.settle()
    before = people(shop)
    running = shop.hub.run(*REBUILD)
    assert running.returncode == 3, "a worker runs"
    shop.stop()
    with closing(sqlite3.connect(shop.data / "store.db")) as store, store:
        store.execute("DELETE FROM profiles WHERE rowid % 2")
    # A killed one goes on: this one dies after its third page.
    died = subprocess.run(
        struck(shop.hub, signal.SIGKILL, "heliograph.engine.rebuild:_Work.apply", 3, *REBUILD),
        env=shop.hub.environ,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died
    with shop.hub.reading() as data, data.store.read() as reader:
        assert reader.cursors.positions("rebuild"), "it was done already"
    assert people(shop) != before
    shop.hub.json(*REBUILD)
    assert people(shop) == before
    shop.must_be_whole()
    shop.start("gateway", "worker")
    shop.send(range(200, 220))
    shop.settle()
    received = list(shop.sink.received())
    assert len(received) == 220, "something was sent twice, or not at all"
    shop.must_be_whole()


def test_a_lost_store_is_made_anew_and_sends_nothing_again(shop: HubAtWork) -> None:
    shop.start("gateway", "worker")
    shop.send(range(100))
    shop.settle()
    before = people(shop)
    shop.stop()
    shop.put_back("store.db", None)
    shop.hub.apply()
    shop.start("gateway", "worker")
    shop.send(range(100, 110))
    shop.must_stall("journal.store_new")
    shop.roles.pop("worker").stop()
    planned = shop.hub.json(*REBUILD)["plan"]
    assert planned["lost_store"] is True
    assert planned["events"] == 110
    shop.send(range(110, 130))
    shop.start("worker")
    shop.settle()
    assert len(people(shop)) == len(before)
    assert [one.profile_id for one in people(shop)] == [one.profile_id for one in before]
    received = [request["body"]["properties"]["number"] for request in shop.sink.received()]
    assert sorted(received) == [*range(100), *range(110, 130)]
    shop.must_be_whole()
