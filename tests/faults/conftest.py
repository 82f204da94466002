"""A sink whose record can be reconciled against, and a hub that delivers to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.reckoning import Sink
from heliograph.twins.fixture import running_twins


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A sink whose record can be reconciled against."""
    record = tmp_path / "sink.jsonl"
    with running_twins(["sink"], record=record) as twins:
        yield Sink(twins["sink"], record)


@pytest.fixture
def shop(tmp_path: Path, sink: Sink) -> Iterator[HubAtWork]:
    """A hub with a configuration; none of its processes is started."""
    shop = HubAtWork(tmp_path, sink)
    with shop.hub:
        shop.hub.apply()
        yield shop
