"""Faults happen as often as told, evenly, and only where told."""

import msgspec
import pytest

from heliograph.twins.server.control import read_faults
from heliograph.twins.server.faults import Fault, FaultBox


def happened(box: FaultBox, requests: int, path: str = "/v1") -> list[bool]:
    return [box.due(path) is not None for _ in range(requests)]


def box_of(*faults: Fault) -> FaultBox:
    box = FaultBox()
    box.put(list(faults))
    return box


def test_without_faults_nothing_fails():
    assert happened(FaultBox(), 3) == [False] * 3


def test_a_rate_is_spread_evenly():
    assert happened(box_of(Fault(status=500, rate=0.25)), 8) == [False, False, False, True] * 2
    assert sum(happened(box_of(Fault(status=500, rate=0.1)), 1_000)) == 100
    assert not any(happened(box_of(Fault(status=500, rate=0)), 50))


def test_times_ends_it():
    box = box_of(Fault(status=503, times=2))
    assert happened(box, 4) == [True, True, False, False]
    assert box.shown()[0]["happened"] == 2


def test_a_path_narrows_it():
    box = box_of(Fault(status=500, path="/users"))
    assert happened(box, 2, "/v1/events") == [False, False]
    assert happened(box, 1, "/v1/users") == [True]


def test_the_first_that_is_due_happens():
    box = box_of(Fault(status=500, times=1), Fault(status=429))
    assert [fault.status for _ in range(3) if (fault := box.due("/"))] == [500, 429, 429]


def test_a_delay_alone_does_not_fail():
    assert not Fault(latency_ms=50).fails
    assert Fault(hang_s=1).fails
    assert Fault(drop=True).fails


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": 200}',
        b'{"status": 600}',
        b'{"rate": 1.5}',
        b'{"times": -1}',
        b'{"hang_s": -1}',
        b'{"phase": "during"}',
        b'{"statis": 500}',
        b"5",
        b"",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(body: bytes):
    with pytest.raises(msgspec.MsgspecError):
        read_faults(body)


def test_one_fault_or_a_list():
    assert read_faults(b'{"status": 500}') == [Fault(status=500)]
    assert read_faults(b' [{"status": 500}, {"drop": true}]') == [
        Fault(status=500),
        Fault(drop=True),
    ]
