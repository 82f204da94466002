"""A real hub for end-to-end tests: processes, twins, the demo's configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.testing.running.demo_hub import open_hub
from heliograph.testing.running.processes import HubFolder
from heliograph.twins.fixture import TwinHandle, running_twins


@pytest.fixture(scope="module")
def module_twins() -> Iterator[dict[str, TwinHandle]]:
    with running_twins() as twins:
        yield twins


@pytest.fixture(scope="module")
def running_hub(
    tmp_path_factory: pytest.TempPathFactory, module_twins: dict[str, TwinHandle]
) -> Iterator[tuple[HubFolder, str]]:
    """A hub that runs for a whole module, and its address."""
    with open_hub(tmp_path_factory.mktemp("hub"), module_twins) as hub:
        hub.apply()
        address = hub.start("up").wait_ready()
        assert address is not None
        yield hub, address


@pytest.fixture
def own_twins() -> Iterator[dict[str, TwinHandle]]:
    with running_twins() as twins:
        yield twins


@pytest.fixture
def own_hub(tmp_path: Path, own_twins: dict[str, TwinHandle]) -> Iterator[HubFolder]:
    """A data folder with the configuration applied, on which the test starts what it needs."""
    with open_hub(tmp_path, own_twins) as hub:
        hub.apply()
        yield hub
