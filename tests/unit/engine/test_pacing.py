"""Events wait for company only while little comes."""

import pytest

from heliograph.engine.pacing import gap_s
from heliograph.engine.settings import EngineSettings

SETTINGS = EngineSettings(gather_s=0.05, gather_events=64)


@pytest.mark.parametrize(
    ("events", "gap"), [(1, 0.1), (3, 0.1), (4, 0.05), (63, 0.05), (64, 0.0), (500, 0.0)]
)
def test_the_fewer_a_batch_held_the_longer_the_next_one_gathers(events, gap):
    assert gap_s(events, SETTINGS) == gap


def test_gathering_can_be_switched_off():
    settings = EngineSettings(gather_s=0)
    assert {gap_s(events, settings) for events in (1, 10, 100)} == {0.0}
