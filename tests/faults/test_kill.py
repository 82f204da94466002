"""Gateway and worker are killed with `kill -9` at random moments under load; nothing may be missing."""

import os
import random
import threading
from pathlib import Path

import pytest

from heliograph.app.processes import RoleProcess
from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon


def kill_often(hub: HubFolder, roles: dict[str, RoleProcess], *, kills: int, seed: int) -> None:
    """Kill one role at a time and start it again on its old address, each time at another moment."""
    choose = random.Random(seed)
    pause = (
        threading.Event()
    )  # never set: the moment of a kill is what is tried, no condition tells it
    for _ in range(kills):
        role = choose.choice(sorted(roles))
        pause.wait(choose.uniform(0.0, 0.6))
        victim = roles[role]
        victim.kill()
        port = (victim.address or ":0").rpartition(":")[2]
        roles[role] = hub.start(role, gateway__port=port)
        if choose.random() < 0.7:  # else the next kill may meet it while it starts
            roles[role].wait_ready()
        else:
            roles[role].address = victim.address


def run_kills(tmp_path: Path, sink: Sink, *, kills: int, seed: int) -> None:
    """Run the hub under load, kill it again and again, and reckon."""
    with HubFolder(
        tmp_path, configuration(tmp_path / "configuration", sink.url), settings=FAST_RETRIES
    ) as hub:
        hub.apply()
        roles = {role: hub.start(role) for role in ("gateway", "worker")}
        for process in roles.values():
            process.wait_ready()
        sink.twin.fail(status=503, rate=0.05)
        with Load(lambda: roles["gateway"].address) as load:
            kill_often(hub, roles, kills=kills, seed=seed)
        assert load.acknowledged, "no request was acknowledged: the test would prove nothing"
        assert load.statuses.keys() <= {200, 503}
        sink.twin.heal()
        reckon(hub, load, sink)


def test_acknowledged_items_survive_random_kills(tmp_path: Path, sink: Sink) -> None:
    run_kills(tmp_path, sink, kills=6, seed=11)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_acknowledged_items_survive_a_hundred_random_kills(tmp_path: Path, sink: Sink) -> None:
    run_kills(tmp_path, sink, kills=int(os.environ.get("HELIOGRAPH_KILLS", "100")), seed=12)


def test_retries_survive_the_loss_of_every_process_at_once(tmp_path: Path, sink: Sink) -> None:
    """What was tried before is known afterwards, and goes on from there; nothing is tried anew."""
    with HubFolder(
        tmp_path, configuration(tmp_path / "configuration", sink.url), settings=FAST_RETRIES
    ) as hub:
        hub.apply()
        roles = {role: hub.start(role) for role in ("gateway", "worker")}
        for process in roles.values():
            process.wait_ready()
        sink.twin.fail(status=500)
        # Slow enough that one page of the list shows all.
        with Load(lambda: roles["gateway"].address, senders=1, pause_s=0.2) as load:
            wait_until(lambda: len(tried(hub)) >= 3, "deliveries are tried", said=hub.output)
        for process in roles.values():
            process.kill()
        before = tried(hub)
        assert before
        sink.twin.heal()
        roles = {role: hub.start(role) for role in ("gateway", "worker")}
        for process in roles.values():
            process.wait_ready()
        reckon(hub, load, sink)
        after = {one["delivery_id"]: one for one in deliveries(hub)}
        for delivery_id, (attempts, retries) in before.items():
            assert after[delivery_id]["attempts_made"] > attempts
            assert after[delivery_id]["retries"] >= retries >= 1


def deliveries(hub: HubFolder) -> list[dict]:
    found: list[dict] = hub.json("deliveries", "list", "--limit", "1000")
    assert len(found) < 1000, "there are more than are looked at"
    return found


def tried(hub: HubFolder) -> dict[str, tuple[int, int]]:
    """Return delivery id -> (attempts, retries) of what was tried and is not delivered."""
    return {
        one["delivery_id"]: (one["attempts_made"], one["retries"])
        for one in deliveries(hub)
        if one["attempts_made"] and one["state"] == "waiting"
    }
