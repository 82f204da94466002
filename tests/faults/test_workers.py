"""Several workers on one data folder share the work, and lose nothing when some are killed."""

import json
import os
import random
import signal
import threading
from pathlib import Path

from heliograph.backends.sqlite.file.database import connect
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon

WORKERS = 3
SHARED = {**FAST_RETRIES, "worker.count": str(WORKERS), "engine.lease_ttl_ms": "1500"}


def shares(hub: HubFolder) -> dict[str, int]:
    """Return worker -> number of partitions."""
    with hub.reading() as data, data.store.read() as reader:
        return {
            one.owner.partition("@")[0]: len(one.members) for one in reader.leases.holders("engine")
        }


def fairly_shared(hub: HubFolder) -> bool:
    return sorted(shares(hub).values()) == [5, 5, 6]


def test_workers_share_the_partitions_and_survive_kills(tmp_path: Path, sink: Sink) -> None:
    choose = random.Random(21)
    pause = threading.Event()  # never set: the moment of a kill is what is tried
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings=SHARED) as hub:
        hub.apply()
        up = hub.start("up")
        up.wait_ready()
        wait_until(lambda: fairly_shared(hub), "the partitions are shared", said=hub.output)
        sink.twin.fail(status=503, rate=0.05)
        with Load(lambda: up.address) as load:
            for _ in range(6):
                pause.wait(choose.uniform(0.2, 0.8))
                victim = choose.choice(["worker", "worker-2", "worker-3"])
                note = json.loads((hub.data_dir / "run" / f"{victim}.json").read_bytes())
                try:
                    os.kill(note["pid"], signal.SIGKILL)
                except ProcessLookupError:
                    continue  # killed before, and not yet started again
        sink.twin.heal()
        reckon(hub, load, sink)
        wait_until(lambda: fairly_shared(hub), "they are shared again", said=hub.output)
        roles = hub.json("status")["roles"]
        assert [role for role, note in roles.items() if note] == [
            "up",
            "gateway",
            "worker",
            "worker-2",
            "worker-3",
        ]


def test_a_worker_that_stays_away_is_replaced_by_the_others(tmp_path: Path, sink: Sink) -> None:
    """Started one by one, without a supervisor; the second is killed and stays dead."""
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings={**SHARED, "worker.count": "2"}) as hub:
        hub.apply()
        gateway, first = hub.start("gateway"), hub.start("worker")
        second = hub.start("worker", "--number", "2")
        for process in (gateway, first, second):
            process.wait_ready()
        wait_until(
            lambda: shares(hub) == {"worker": 8, "worker-2": 8}, "both work", said=hub.output
        )
        with Load(lambda: gateway.address) as load:
            wait_until(lambda: len(load.acknowledged) > 50, "orders come in")
            second.kill()
            before = len(load.acknowledged)
            wait_until(lambda: len(load.acknowledged) > before + 50, "more orders come in")
            wait_until(lambda: shares(hub) == {"worker": 16}, "one does it all", said=hub.output)
        reckon(hub, load, sink)
        roles = hub.json("status")["roles"]
        assert roles["worker"] is not None
        assert roles["worker-2"] is None


def test_the_house_is_kept_by_whichever_worker_runs(tmp_path: Path, sink: Sink) -> None:
    """Worker 2 alone: what was delivered goes when its time is up, though there is no worker 1."""
    folder = configuration(tmp_path / "configuration", sink.url)
    soon = {"retention.keep_delivered_days": "0.00001", "retention.check_s": "0.2"}
    with HubFolder(tmp_path, folder, settings={**FAST_RETRIES, **soon}) as hub:
        hub.apply()
        gateway, worker = hub.start("gateway"), hub.start("worker", "--number", "2")
        for process in (gateway, worker):
            process.wait_ready()
        with Load(lambda: gateway.address) as load:
            wait_until(lambda: len(load.acknowledged) > 20, "orders come in")

        def delivered() -> tuple[int, int]:
            """How many were delivered in all, and how many of their rows are left."""
            with hub.reading() as data, data.store.read() as reader:
                rows = reader.deliveries.find(DeliveryQuery(states=("delivered",), limit=1000))
                totals = reader.deliveries.counts().values()
                return sum(counts.get("delivered", 0) for counts in totals), len(rows)

        wait_until(
            lambda: delivered() == (len(load.acknowledged), 0), "all are gone", said=hub.output
        )


def parked(hub: HubFolder) -> dict[str, int]:
    with hub.reading() as data, data.store.read() as reader:
        return reader.parked.counts()


def test_a_worker_waits_and_says_so_while_a_workspace_has_no_configuration(
    tmp_path: Path, sink: Sink
) -> None:
    """A store from before the workspace was configured: nothing is applied without its deliveries."""
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings=FAST_RETRIES) as hub:
        hub.apply()
        gateway = hub.start("gateway")
        gateway.wait_ready()
        with Load(lambda: gateway.address) as load:
            wait_until(lambda: len(load.acknowledged) > 60, "orders come in")
        gateway.kill()
        store = connect(hub.data_dir / "store.db", read_only=False)
        store.execute("DELETE FROM documents")
        store.execute("UPDATE configuration SET revision = 0")
        store.close()
        worker = hub.start("worker")
        worker.wait_ready()

        def problems() -> str:
            return " ".join(hub.json("status")["problems"])

        wait_until(lambda: "wait, for this store" in problems(), "it says so", said=hub.output)
        assert "heliograph apply DIR" in problems()
        wait_until(
            lambda: hub.json("audit")["engine"]["lag"] == 0, "all are parked", said=hub.output
        )
        with hub.reading() as data, data.store.read() as reader:
            assert reader.applied.counts()["applied"] == 0
        worker.kill()
        hub.start("worker").wait_ready()
        hub.apply()
        wait_until(lambda: not parked(hub), "they are applied", said=hub.output)
        reckon(hub, load, sink)
        assert "wait, for this store" not in problems()
