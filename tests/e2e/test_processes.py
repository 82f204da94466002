"""The processes of the hub: one per folder, started again, drained, and never left alone."""

import os
import signal

import pytest

from heliograph.storage.folder.run_files import running
from heliograph.testing.running.demo_hub import FORM_PATH, form, post, settle
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.twins.fixture import TwinHandle

pytestmark = pytest.mark.integration


def pid_of(hub: HubFolder, role: str) -> int:
    """Return the process of a role once it has one; never 0, which would signal this very process."""
    found: list[int] = []

    def there() -> bool:
        note = running(hub.data_dir, role)
        found[:] = [note.pid] if note is not None and note.pid else []
        return bool(found)

    wait_until(there, f"the {role} runs", said=hub.output)
    return found[0]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_killed_role_is_started_again_and_nothing_acknowledged_is_missing(own_hub: HubFolder):
    up = own_hub.start("up")
    address = up.wait_ready()
    assert address is not None
    accepted = 1
    assert post(address, FORM_PATH, form("first@example.com")).status == 200
    for role in ("gateway", "worker"):
        pid = pid_of(own_hub, role)
        os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda role=role, pid=pid: pid_of(own_hub, role) != pid,
            f"the {role} is started again",
            said=own_hub.output,
        )

    def answered() -> bool:
        try:
            return post(address, FORM_PATH, form("second@example.com")).status == 200
        except OSError:
            return False

    wait_until(answered, "the gateway answers at the same address", said=own_hub.output)
    report = settle(own_hub)
    assert report.balanced
    assert report.engine.events == accepted + 1
    assert up.stop() == 0


def test_a_second_hub_on_the_folder_is_refused_and_told_who_the_first_is(own_hub: HubFolder):
    up = own_hub.start("up")
    up.wait_ready()
    outcome = own_hub.run("up")
    assert outcome.returncode == 3
    assert str(up.pid) in outcome.stderr
    assert "--data-dir" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert up.exit_code is None, "the first one is not disturbed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_drains_and_leaves_no_process_behind(own_hub: HubFolder, number: int):
    up = own_hub.start("up")
    address = up.wait_ready()
    assert address is not None
    replies = [post(address, FORM_PATH, form(f"{n}@example.com")) for n in range(20)]
    pids = [pid_of(own_hub, role) for role in ("gateway", "worker")]
    up.send_signal(number)
    assert up.wait() == 0
    assert all(gone(pid) for pid in pids)
    assert "Traceback" not in own_hub.output()
    assert "The hub has stopped" in own_hub.output()
    with own_hub.reading() as data:
        stored = [data.requests.get(reply.body["request_id"]) for reply in replies]
        with data.store.read() as reader:
            holders = [*reader.leases.holders("courier"), *reader.leases.holders("engine")]
    assert all(request is not None for request in stored)
    assert holders == []


def test_children_of_a_killed_supervisor_stop_by_themselves_and_a_new_hub_takes_over(
    own_hub: HubFolder,
):
    up = own_hub.start("up")
    address = up.wait_ready()
    assert address is not None
    assert post(address, FORM_PATH, form("before@example.com")).status == 200
    pids = [pid_of(own_hub, role) for role in ("gateway", "worker")]
    up.kill()
    again = own_hub.start("up")
    again.wait_ready()
    wait_until(lambda: all(gone(pid) for pid in pids), "the orphans have ended")
    assert settle(own_hub).balanced
    assert again.stop() == 0


def test_each_role_runs_alone_and_the_worker_catches_up(
    own_hub: HubFolder, own_twins: dict[str, TwinHandle]
):
    gateway = own_hub.start("gateway")
    address = gateway.wait_ready()
    assert address is not None
    assert post(address, FORM_PATH, form("alone@example.com")).status == 200
    status = own_hub.json("status")
    assert (status["lag"], status["roles"]["worker"]) == (1, None)
    assert gateway.stop() == 0
    worker = own_hub.start("worker")
    assert worker.wait_ready() is None
    own_twins["heap"].until(lambda stats: stats["applied"] >= 2)
    assert settle(own_hub).balanced
    assert worker.stop() == 0


def test_a_port_that_is_taken_is_said_at_once(own_hub: HubFolder):
    gateway = own_hub.start("gateway")
    address = gateway.wait_ready()
    assert address is not None
    port = address.rpartition(":")[2]
    with HubFolder(own_hub.data_dir.parent / "second") as second:
        outcome = second.run("up", "--set", f"gateway.port={port}", settings=False)
        assert outcome.returncode == 3, outcome.stderr
        assert f"127.0.0.1:{port}" in outcome.stderr
        assert "Traceback" not in outcome.stderr
