"""The disk fills up under load: nothing is acknowledged that is not kept, and space heals everything."""

import http.client
import json
import resource
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from heliograph.testing.running.load import FAST_RETRIES, Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, reckon
from heliograph.testing.running.small_disk import SmallDisk, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", size_mb=48) as disk:
        yield disk


def readiness(address: str) -> tuple[int, dict[str, object]]:
    """Return status and body of /readyz."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=30)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_full_disk_refuses_and_free_space_heals(
    tmp_path: Path, disk: SmallDisk, sink: Sink
) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(disk.root, folder, settings=FAST_RETRIES) as hub:
        hub.apply()
        up = hub.start("up")
        address = up.wait_ready()
        assert address is not None
        gateway_pid = hub_pid(hub)
        with Load(lambda: address, pause_s=0.005) as load:
            wait_until(lambda: load.statuses[200] > 20, "some requests are taken", said=hub.output)
            disk.fill()
            wait_until(lambda: load.statuses[503] > 20, "requests are refused", said=hub.output)
            status, body = readiness(address)
            assert status == 503
            assert "disk" in json.dumps(body) or "journal" in json.dumps(body)
            taken = load.statuses[200]
            disk.free()
            wait_until(
                lambda: load.statuses[200] > taken + 20, "requests are taken again", said=hub.output
            )
        assert load.statuses.keys() == {200, 503}
        assert hub_pid(hub) == gateway_pid, "it healed only by a restart"
        reckon(hub, load, sink)


def test_a_limit_on_file_sizes_is_not_ready_until_it_is_lifted(tmp_path: Path, sink: Sink) -> None:
    """Like a quota: there is room on the disk and a few bytes could still be written, a commit could not."""
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder) as hub:
        hub.apply()
        gateway = hub.start("gateway")
        address = gateway.wait_ready()
        assert address is not None
        pid = hub_pid(hub)
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 20, unlimited[1]))
        with Load(lambda: address, pause_s=0.005) as load:
            wait_until(lambda: load.statuses[503] > 20, "requests are refused", said=hub.output)
            for _ in range(3):
                refused = load.statuses[503]
                status, body = readiness(address)
                assert status == 503, body
                assert "requests are refused" in json.dumps(body)
                # Longer than an answer of the page is remembered.
                wait_until(
                    lambda least=refused + 400: load.statuses[503] > least,
                    "requests are refused on and on",
                    said=hub.output,
                )
        wait_until(
            lambda: "requests are refused" not in json.dumps(readiness(address)[1]),
            "the page speaks of a probe when nobody sends",
        )
        assert readiness(address)[0] == 503
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        wait_until(lambda: readiness(address)[0] == 200, "it is ready without a request")
        with Load(lambda: address) as load:
            wait_until(lambda: load.statuses[200] > 20, "requests are taken", said=hub.output)
        assert load.statuses.keys() == {200}
        assert hub_pid(hub) == pid, "it healed only by a restart"


def hub_pid(hub: HubFolder) -> int:
    """Return the gateway's process id."""
    note: int = json.loads((hub.data_dir / "run" / "gateway.json").read_bytes())["pid"]
    return note
