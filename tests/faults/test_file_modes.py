"""Real processes under a loose and a tight umask: what they keep is their owner's alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.testing.running.load import Load, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, wait_settled


@pytest.fixture(params=[0o000, 0o077], ids="umask {:03o}".format)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Return path -> kind and mode of a folder and everything below it."""
    found = {".": folder.stat()}
    for path in folder.rglob("*"):
        try:
            found[str(path.relative_to(folder))] = path.lstat()
        except FileNotFoundError:
            continue  # a pipe or a temporary file that has done its work
    return {
        name: f"{'folder' if stat.S_ISDIR(each.st_mode) else 'file'} {stat.S_IMODE(each.st_mode):04o}"
        for name, each in found.items()
    }


def only_the_owners(folder: Path) -> set[str]:
    seen = modes(folder)
    assert set(seen.values()) <= {"folder 0700", "file 0600"}, seen
    return set(seen)


@pytest.mark.usefixtures("_umask")
def test_data_is_the_owners_alone_under_any_umask(tmp_path: Path, sink: Sink) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path / "hub", folder) as hub:
        hub.data_dir.rmdir()  # the hub is to make it
        hub.apply()
        only_the_owners(hub.data_dir)
        up = hub.start("up")
        up.wait_ready()
        with hub.reading() as data:
            with Load(lambda: up.address) as load:
                wait_until(lambda: load.acknowledged, "some are acknowledged", said=hub.output)
            wait_settled(data, hub.output)
        seen = only_the_owners(hub.data_dir)
        assert {"journal.db-wal", "journal.db-shm", "store.db-wal", "store.db-shm"} <= seen
        assert {"run/up.lock", "run/gateway.json", "run/worker.json"} <= seen
        assert load.acknowledged
        assert up.stop() == 0
        only_the_owners(hub.data_dir)
        hub.json("backup", str(tmp_path / "kept"))
        assert "manifest.json" in only_the_owners(tmp_path / "kept")


def test_a_folder_of_a_looser_time_is_tightened_and_said(tmp_path: Path, sink: Sink) -> None:
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path / "hub", folder) as hub:
        hub.apply()
        for path in (hub.data_dir, *hub.data_dir.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        problems = hub.json("status")["problems"]
        assert any("store.db can be used by others (mode 0644)" in each for each in problems)
        hub.start("worker").wait_ready()
        only_the_owners(hub.data_dir)
        assert f"{hub.data_dir} was 0755 and is 0700 now" in hub.output()
        assert not [each for each in hub.json("status")["problems"] if "by others" in each]
