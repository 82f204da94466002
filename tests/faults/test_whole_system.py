"""What befalls a whole hub: a storm of signals, too few file descriptors, a copy of a folder in use."""

import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.storage.folder.run_files import running
from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon

FILES = 64


def hub_of(tmp_path: Path, sink: Sink) -> HubFolder:
    folder = configuration(tmp_path / "configuration", sink.url)
    return HubFolder(tmp_path / "hub", folder, settings=FAST_RETRIES)


def gone(hub: HubFolder) -> bool:
    return all(running(hub.data_dir, role) is None for role in ("up", "gateway", "worker"))


def test_a_storm_of_signals_ends_the_hub_and_loses_nothing(tmp_path: Path, sink: Sink) -> None:
    with hub_of(tmp_path, sink) as hub:
        hub.apply()
        up = hub.start("up")
        up.wait_ready()
        with Load(lambda: up.address) as load:
            wait_until(lambda: len(load.acknowledged) > 20, "orders are taken", said=hub.output)
            for number in [signal.SIGTERM, signal.SIGINT] * 10:
                if up.exit_code is None:
                    up.send_signal(number)
            assert up.wait() == 0
            wait_until(lambda: gone(hub), "no role is left behind", said=hub.output)
        assert "Traceback" not in hub.output()
        up = hub.start("up")
        up.wait_ready()
        reckon(hub, load, sink)


def test_too_few_file_descriptors_refuse_connections_and_lose_nothing(
    tmp_path: Path, sink: Sink
) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with hub_of(tmp_path, sink) as hub:
        hub.apply()
        worker = hub.start("worker")
        worker.wait_ready()
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, before[1]))
        try:
            gateway = hub.start("gateway")  # a child keeps the limit it was born with
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        address = gateway.wait_ready()
        assert address is not None
        host, port = address.removeprefix("http://").split(":")
        with Load(lambda: address, senders=2) as load:
            wait_until(lambda: load.acknowledged, "orders are taken", said=hub.output)
            idle = [socket.create_connection((host, int(port)), timeout=30) for _ in range(FILES)]
            used = Path(f"/proc/{gateway.pid}/fd")
            wait_until(
                lambda: len(list(used.iterdir())) > FILES - 4, "none is left", said=hub.output
            )
            taken = len(load.acknowledged)
            for one in idle:
                one.close()
            wait_until(
                lambda: len(load.acknowledged) > taken, "orders are taken again", said=hub.output
            )
        assert gateway.exit_code is None
        assert load.statuses.keys() <= {200, 503}
        reckon(hub, load, sink)


@pytest.mark.timeout(600)
def test_a_copy_of_a_folder_in_use_says_what_it_is(tmp_path: Path, sink: Sink) -> None:
    """`cp` of files that are written to is no backup; opened elsewhere it fits, or says that it does not."""
    with hub_of(tmp_path, sink) as hub:
        hub.apply()
        up = hub.start("up")
        up.wait_ready()
        copies: list[Path] = []
        with Load(lambda: up.address, pause_s=0.002) as load:
            for number in range(4):
                taken = len(load.acknowledged)
                wait_until(
                    lambda taken=taken: len(load.acknowledged) > taken + 40,
                    "orders are taken",
                    said=hub.output,
                )
                copies.append(tmp_path / f"copy-{number}")
                copies[-1].mkdir()
                for file in sorted(hub.data_dir.glob("*.db*"), reverse=bool(number % 2)):
                    if file.is_file():
                        shutil.copyfile(file, copies[-1] / file.name)
        for copy in copies:
            outcome = subprocess.run(
                [sys.executable, "-m", "heliograph.cli", "audit", "--data-dir", str(copy)],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                env=hub.environ,
                timeout=120,
                check=False,
            )
            said = outcome.stdout + outcome.stderr
            assert "Traceback" not in said, said
            assert outcome.returncode in (0, 1, 3), said
            if outcome.returncode:
                assert "next:" in said or "difference" in said or "repair" in said, said
        reckon(hub, load, sink)
