import pytest

from heliograph.delivery.pace.ratelimit import header_pause_s, throttle_pause_s, too_long
from heliograph.destinations.base import Response


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 0.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "20"}, 0.0),
        ({"x-ratelimit-remaining": "0"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}, 20.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000"}, 300.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 0.0),
        ({"x-ratelimit-remaining": "none", "x-ratelimit-reset": "20"}, 0.0),
    ],
)
def test_a_good_answer_stops_the_destination_only_when_nothing_remains(headers, expected):
    assert header_pause_s(Response(status=200, headers=headers)) == expected


def test_a_reset_in_epoch_seconds_counts_from_the_answers_own_date():
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1767225630",
        "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    assert header_pause_s(Response(status=200, headers=headers)) == 30.0


def test_the_destinations_wish_is_followed():
    assert throttle_pause_s(7.5, now_ms=0, window_s=60.0, streak=0) == 7.5
    assert throttle_pause_s(70.5, now_ms=0, window_s=60.0, streak=9) == 70.5


def test_no_wish_and_no_window_stops_a_destination_for_more_than_an_hour():
    assert throttle_pause_s(86_400.0, now_ms=0, window_s=None, streak=0) == 3600.0
    assert throttle_pause_s(None, now_ms=0, window_s=86_400.0, streak=0) == 3600.0
    assert "asked to wait 86400 s" in too_long(86_400.0, 3600.0)
    assert too_long(3600.0, 3600.0) == too_long(None, 1.0) == ""


def test_a_wish_to_be_asked_at_once_is_believed_three_times():
    pauses = [throttle_pause_s(0.0, now_ms=0, window_s=60.0, streak=n) for n in range(11)]
    assert pauses == [0.05, 0.05, 0.05, 1, 2, 4, 8, 16, 32, 64, 64]


@pytest.mark.parametrize(("second", "expected"), [(0, 60.0), (15, 45.0), (59.9, 1.0)])
def test_without_a_wish_it_waits_for_the_next_window(second, expected):
    now_ms = 1_767_225_600_000 + round(second * 1000)
    assert throttle_pause_s(None, now_ms=now_ms, window_s=60.0, streak=0) == expected


def test_without_a_limit_the_pauses_double_up_to_a_minute():
    pauses = [throttle_pause_s(None, now_ms=0, window_s=None, streak=n) for n in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
