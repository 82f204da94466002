"""Times are read in the documented forms only."""

import pytest

from heliograph.twins.times import read_epoch, read_iso, read_offset_seconds

INSTANT = 1_780_770_540_000  # 2026-06-06T18:29:00Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-06T18:29:00+0000", INSTANT),
        ("2026-06-06T23:59:00+0530", INSTANT),
        ("2026-06-06T18:29:00.5+0000", INSTANT + 500),
        ("2026-06-06T18:29:00.025+0000", INSTANT + 25),
        ("2026-06-06T18:29:00.0000+0000", None),
        ("2026-06-06T18:29:00Z", None),
        ("2026-06-06T18:29:00+00:00", None),
        ("2026-06-06 18:29:00+0000", None),
        ("2026-13-06T18:29:00+0000", None),
        ("2026-06-06T18:29:00+9900", None),
        ("", None),
    ],
)
def test_offset_seconds(text: str, expected: int | None):
    assert read_offset_seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-06T18:29:00Z", INSTANT),
        ("2026-06-06T18:29:00.000Z", INSTANT),
        ("2026-06-06T18:29:00.123456789Z", INSTANT + 123),
        ("2026-06-06T23:59:00+05:30", INSTANT),
        ("2026-06-06 18:29:00", INSTANT),
        ("2026-06-06T18:29", INSTANT),
        ("2026-06-06", INSTANT - 66_540_000),
        ("2026-02-30", None),
        ("06/06/2026", None),
        ("2026-W23-6", None),
        ("20260606", None),
    ],
)
def test_iso(text: str, expected: int | None):
    assert read_iso(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_780_770_540, INSTANT),
        ("1780770540", INSTANT),
        (INSTANT, INSTANT),
        (1_780_770_540.5, INSTANT + 500),
        (-1, None),
        (10**18, None),
        ("soon", None),
        (float("nan"), None),
    ],
)
def test_epoch(value: float | str, expected: int | None):
    assert read_epoch(value) == expected
