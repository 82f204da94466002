"""A worker is frozen (SIGSTOP) past its leases while another one goes on; thawed, it must not do harm."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon

LEASE_TTL_MS = 600
FREEZE_S = 3.0
"""Longer than the leases of engine and courier (1.5 s by these settings), and than a living worker needs to
expel one that is silent."""
SHORT_LEASES = {
    **FAST_RETRIES,
    "engine.lease_ttl_ms": str(LEASE_TTL_MS),
    "delivery.lease_margin_s": "0.3",
    "delivery.budget_wait_s": "0.2",
    "delivery.request_timeout_s": "0.5",
    "delivery.sweep_s": "0.2",
}


@contextmanager
def workers(hub: HubFolder, owners: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run workers that do not hold the role's lock, each with a name of its own."""
    script = Path(__file__).parent / "lockless_worker.py"
    log = (hub.data_dir / "workers.log").open("ab")
    started = [
        subprocess.Popen(
            [sys.executable, str(script), owner, *hub.arguments],
            env=hub.environ, stdout=log, stderr=subprocess.STDOUT,
        )
        for owner in owners
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        log.close()


def test_a_worker_that_was_frozen_past_its_leases_is_fenced_off(tmp_path: Path, sink: Sink) -> None:
    choose = random.Random(5)
    pause = threading.Event()  # never set: how long a freeze lasts is what is tried
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings=SHORT_LEASES) as hub:
        hub.apply()
        gateway = hub.start("gateway")
        gateway.wait_ready()
        # Slow answers, so that a freeze always meets deliveries under way.
        sink.twin.fail(latency_ms=250)
        with workers(hub, ["first", "second"]) as processes:
            with Load(lambda: gateway.address) as load:
                for turn in range(6):
                    pause.wait(choose.uniform(0.1, 0.5))
                    frozen = processes[turn % 2]
                    frozen.send_signal(signal.SIGSTOP)
                    pause.wait(FREEZE_S)
                    frozen.send_signal(signal.SIGCONT)
            sink.twin.heal()
            assert all(process.poll() is None for process in processes), "a worker has died"
            reckon(hub, load, sink)
        said = (hub.data_dir / "workers.log").read_text(encoding="utf-8")
    # Without these the freezes would have met idle workers only, and proved nothing.
    assert "batch rolled back" in said or "lease lost" in said


def test_a_frozen_worker_is_seen_from_outside_and_so_is_its_return(
    tmp_path: Path, sink: Sink
) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings=SHORT_LEASES) as hub:
        hub.apply()
        gateway, worker = hub.start("gateway"), hub.start("worker")
        address = gateway.wait_ready()
        worker.wait_ready()
        assert address is not None
        wait_until(lambda: worker_check(address)[1] == "ok", "the worker is well", said=hub.output)
        pid: int = json.loads((hub.data_dir / "run" / "worker.json").read_bytes())["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(
                lambda: "does not respond" in worker_check(address)[2],
                "the page tells that the worker is frozen",
                said=hub.output,
            )
            assert worker_check(address)[:2] == (200, "warning")
            wait_until(
                lambda: "heliograph_hub_worker_up 0.0" in page(address, "/metrics")[1],
                "the gauge tells that it is frozen",
            )
            said = " ".join(hub.json("status")["problems"])
            assert f"(process {pid}) does not respond; frozen?" in said
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: worker_check(address)[1] == "ok", "it works again", said=hub.output)
        wait_until(
            lambda: "heliograph_hub_worker_up 1.0" in page(address, "/metrics")[1],
            "the gauge tells that it works again",
        )


def worker_check(address: str) -> tuple[int, str, str]:
    """Return the status of /readyz, and state and message of its check of the worker."""
    status, text = page(address, "/readyz")
    [check] = [each for each in json.loads(text)["checks"] if each["name"] == "worker"]
    return status, check["state"], check["message"]


def page(address: str, path: str) -> tuple[int, str]:
    """Return status and body of a page of the gateway."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
