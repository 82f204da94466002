"""Journal and store each run out of space alone: what senders get, what is said, and that it goes on.

A limit on the size of files, set on the process that writes one of them, stands for a disk of its own: the
gateway writes the journal, the worker the store.
"""

import http.client
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon


@pytest.fixture
def hub(tmp_path: Path, sink: Sink) -> Iterator[HubFolder]:
    folder = configuration(tmp_path / "configuration", sink.url)
    settings = {**FAST_RETRIES, "engine.retry_s": "0.1", "engine.lease_ttl_ms": "1000"}
    with HubFolder(tmp_path, folder, settings=settings) as hub:
        hub.apply()
        yield hub


@contextmanager
def no_room(pid: int, file: Path) -> Iterator[None]:
    """Let a process write no file beyond the size that one has now."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    size = file.stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def ready(address: str) -> tuple[int, str]:
    """Return status and text of /readyz."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=30)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_store_without_room_holds_up_no_sender_and_goes_on(hub: HubFolder, sink: Sink) -> None:
    gateway, worker = hub.start("gateway"), hub.start("worker")
    address = gateway.wait_ready()
    worker.wait_ready()
    assert address is not None
    with Load(lambda: address) as load:
        wait_until(lambda: load.statuses[200] > 20, "orders are taken", said=hub.output)
        with no_room(worker.pid, hub.data_dir / "store.db-wal"):
            wait_until(lambda: "engine waits" in hub.output(), "the worker waits", said=hub.output)
            taken = load.statuses[200]
            wait_until(lambda: load.statuses[200] > taken + 50, "senders notice nothing")
            # Nothing is applied meanwhile, and everything one can ask says so.
            wait_until(
                lambda: "does not respond" in ready(address)[1], "the page says it", said=hub.output
            )
            assert ready(address)[0] == 200, "a sender is not to be turned away"
            status = hub.json("status")
            assert status["lag"] > 0
            assert any("does not respond" in each for each in status["problems"])
        assert worker.exit_code is None
        wait_until(lambda: "does not respond" not in ready(address)[1], "it goes on")
    assert load.statuses.keys() == {200}
    reckon(hub, load, sink)
    assert worker.exit_code is None, "it healed only by a restart"


def test_a_journal_without_room_refuses_and_what_was_taken_goes_out(
    hub: HubFolder, sink: Sink
) -> None:
    gateway, worker = hub.start("gateway"), hub.start("worker")
    address = gateway.wait_ready()
    worker.wait_ready()
    assert address is not None
    with Load(lambda: address) as load:
        wait_until(lambda: load.statuses[200] > 20, "orders are taken", said=hub.output)
        with no_room(gateway.pid, hub.data_dir / "journal.db-wal"):
            wait_until(lambda: load.statuses[503] > 20, "orders are refused", said=hub.output)
            status, said = ready(address)
            assert status == 503
            assert "requests are refused" in said
            assert "journal" in said
            # The worker delivers what was acknowledged before.
            wait_until(lambda: lag(hub) == 0, "what was taken is applied", said=hub.output)
            found = hub.json("status")
            assert found["needs_person"]
            assert any("refuses requests: journal" in each for each in found["problems"])
        taken = load.statuses[200]
        wait_until(lambda: load.statuses[200] > taken + 20, "orders are taken again")
    assert load.statuses.keys() == {200, 503}
    assert gateway.exit_code is None, "it healed only by a restart"
    reckon(hub, load, sink)


def lag(hub: HubFolder) -> int:
    """Return how many events wait to be applied."""
    waits: int = hub.json("status")["lag"]
    return waits


def test_a_frozen_gateway_is_said(hub: HubFolder) -> None:
    gateway = hub.start("gateway")
    gateway.wait_ready()
    hub.start("worker").wait_ready()
    assert not any("gateway" in each for each in hub.json("status")["problems"])
    gateway.send_signal(signal.SIGSTOP)
    try:
        found = hub.json("status")
    finally:
        gateway.send_signal(signal.SIGCONT)
    assert found["needs_person"]
    assert any("does not answer within 5 s; frozen?" in each for each in found["problems"])
