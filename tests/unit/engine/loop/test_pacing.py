"""Events wait for company only while little comes, and an engine only for a courier that goes fast."""

import threading

import pytest

from heliograph.engine.loop.pacing import LOOKS, MUCH, Pace, gap_s
from heliograph.engine.settings import EngineSettings

SETTINGS = EngineSettings(gather_s=0.05, gather_events=64)


class Counting(threading.Event):
    """An event that is waited for without time passing."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return self.is_set()


@pytest.mark.parametrize(
    ("events", "gap"),
    [(0, 0.0), (1, 0.1), (3, 0.1), (4, 0.05), (63, 0.05), (64, 0.0), (500, 0.0)],
)
def test_the_fewer_a_batch_held_the_longer_the_next_one_gathers(events, gap):
    assert gap_s(events, SETTINGS) == gap


def test_gathering_can_be_switched_off():
    settings = EngineSettings(gather_s=0)
    assert {gap_s(events, settings) for events in (1, 10, 100)} == {0.0}


def test_what_the_batch_itself_took_is_not_waited_for_again():
    stop = Counting()
    pace = Pace(SETTINGS, None)
    pace.rest(10, 0.02, stop)
    pace.rest(10, 0.06, stop)
    assert stop.waits == [pytest.approx(0.03)]


@pytest.mark.parametrize(
    ("left", "looks"),
    [
        ([MUCH - 1], 0),  # little is at hand
        ([2000, 1991], 1),  # much, but it goes slowly: no destination holds up the others
        ([2000, 1500, MUCH - 1], 2),
        ([*range(9000, 1000, -500)], LOOKS),  # the others wait no longer than that
    ],
)
def test_an_engine_takes_a_breath_while_what_it_handed_over_goes_fast(left, looks):
    stop = Counting()
    counts = iter(left)
    Pace(SETTINGS, lambda: next(counts)).rest(500, 0.1, stop)
    assert len(stop.waits) == looks
