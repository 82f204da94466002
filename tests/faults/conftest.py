"""A sink whose record can be reconciled against."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.testing.running.reckoning import Sink
from heliograph.twins.fixture import running_twins


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A sink whose record can be reconciled against."""
    record = tmp_path / "sink.jsonl"
    with running_twins(["sink"], record=record) as twins:
        yield Sink(twins["sink"], record)
