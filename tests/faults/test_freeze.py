"""A worker is frozen (SIGSTOP) past its leases while another one goes on; thawed, it must not do harm."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heliograph.testing.load import FAST_RETRIES, Load, configuration
from heliograph.testing.processes import HubFolder
from heliograph.testing.reckoning import Sink, reckon

LEASE_TTL_MS = 600
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
                    pause.wait(3 * LEASE_TTL_MS / 1000)
                    frozen.send_signal(signal.SIGCONT)
            sink.twin.heal()
            assert all(process.poll() is None for process in processes), "a worker has died"
            reckon(hub, load, sink)
        said = (hub.data_dir / "workers.log").read_text(encoding="utf-8")
    # Without these the freezes would have met idle workers only, and proved nothing.
    assert "batch rolled back" in said or "lease lost" in said
