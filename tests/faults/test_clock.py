"""A clock that is set while real processes run: nothing is frozen, and nothing is deleted for it.

libfaketime sets the clock of our processes only, and leaves the clocks that run by themselves alone.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from heliograph.storage.data import Data
from heliograph.storage.events.requests import RequestQuery
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.running.load import Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, wait_settled

ROOT = Path(__file__).parents[2]
DAY_S = 86_400


class FakeTime:
    """The clock of processes that are started with `environ`."""

    def __init__(self, library: Path, folder: Path) -> None:
        self._file = folder / "faketime"
        self.set("+0")
        self.environ = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def set(self, offset: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.replace(self._file)


@pytest.fixture
def fake_time(tmp_path: Path) -> FakeTime:
    if shutil.which("faketime") is None:
        subprocess.run(["sh", ROOT / "scripts/services", "faketime"], check=False, timeout=300)
    found = sorted(Path("/usr/lib").rglob("libfaketime.so.1"))
    if not found:
        pytest.skip("no faketime: libfaketime is not installed and cannot be")
    return FakeTime(found[0], tmp_path)


SETTINGS = {
    "delivery.retry.first_s": "1800",
    "delivery.retry.factor": "1",
    "delivery.retry.cap_s": "1800",
    "retention.keep_requests_days": "30",
    "retention.keep_events_days": "30",
    "retention.keep_delivered_days": "14",
    "retention.check_s": "0.2",
}


def kept(hub: HubFolder) -> tuple[int, int, int]:
    """Return how many requests, events and deliveries are there."""
    with hub.reading() as data, data.store.read() as reader:
        requests = data.requests.find(RequestQuery(limit=1000))
        events = sum(b.last - b.first + 1 for b in data.journal.heads())
        deliveries = reader.deliveries.find(DeliveryQuery(limit=1000))
    return len(requests), events, len(deliveries)


def ids(data: Data) -> list[str]:
    """Return the ids of all requests."""
    return [one.request_id for one in data.requests.find(RequestQuery(limit=10_000))]


def problems(hub: HubFolder) -> str:
    return " ".join(hub.json("status")["problems"])


@pytest.mark.integration
def test_a_clock_set_forward_deletes_nothing_until_a_person_believes_it(
    tmp_path: Path, sink: Sink, fake_time: FakeTime
) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path / "hub", folder, environ=fake_time.environ, settings=SETTINGS) as hub:
        hub.apply()
        up = hub.start("up")
        up.wait_ready()
        with hub.reading() as data:
            with Load(lambda: up.address) as load:
                wait_until(lambda: load.acknowledged, "something was taken", said=hub.output)
            wait_settled(data, hub.output)
        before = kept(hub)
        assert min(before) > 0
        fake_time.set(f"+{400 * DAY_S}")
        wait_until(lambda: "retention waits" in hub.output(), "it is said", said=hub.output)
        assert "the clock was set" in hub.output()
        # Three rounds of housekeeping and more pass while status is asked.
        assert "heliograph clock accept" in problems(hub)
        assert kept(hub) == before
        # Nor does a restart make the jump believable.
        assert up.stop() == 0
        up = hub.start("up")
        up.wait_ready()
        assert "heliograph clock accept" in problems(hub)
        assert kept(hub) == before
        hub.json("clock", "accept")
        wait_until(lambda: kept(hub) == (0, 0, 0), "what is old now was removed", said=hub.output)
        assert hub.run("audit").returncode == 0


@pytest.mark.integration
@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it is down"])
def test_a_clock_set_back_freezes_no_delivery(
    tmp_path: Path, sink: Sink, fake_time: FakeTime, *, running: bool
) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    settings = {**SETTINGS, "delivery.retry.first_s": "6", "delivery.retry.cap_s": "6"}
    with HubFolder(tmp_path / "hub", folder, environ=fake_time.environ, settings=settings) as hub:
        hub.apply()
        up = hub.start("up")
        up.wait_ready()
        sink.twin.fail(status=503, rate=1.0)
        with Load(lambda: up.address) as load:
            wait_until(lambda: load.acknowledged, "something was taken", said=hub.output)
        sink.twin.until(lambda stats: stats["requests"] > 0)
        if not running:
            assert up.stop() == 0
        fake_time.set(f"-{5 * 3600}")
        sink.twin.heal()
        if not running:
            up = hub.start("up")
            up.wait_ready()
        with hub.reading() as data:
            wait_settled(data, hub.output)  # five hours would be too long
            before = max(ids(data))
        with Load(lambda: up.address) as load:
            wait_until(lambda: load.acknowledged, "something was taken", said=hub.output)
        with hub.reading() as data:
            wait_settled(data, hub.output)
            assert max(ids(data)) > before
            assert sum(each > before for each in ids(data)) >= load.statuses[200], "ids fell back"
        assert "direction=back" in hub.output().replace("'", "")
        assert "was set back by 5 hours" in problems(hub)
        assert hub.run("audit").returncode == 0
