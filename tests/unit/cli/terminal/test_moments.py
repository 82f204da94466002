import click
import pytest

from heliograph.cli.terminal.moments import MOMENT


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-03-01", 1_772_323_200_000),
        ("2026-03-01T14:30:00Z", 1_772_375_400_000),
        ("2026-03-01 14:30", 1_772_375_400_000),
        ("2026-03-01T14:30:00.250+01:00", 1_772_371_800_250),
    ],
)
def test_dates_and_times_are_utc_unless_they_say_otherwise(text: str, ms: int) -> None:
    assert MOMENT.convert(text, None, None) == ms


def test_how_long_ago_is_counted_from_now() -> None:
    day, week = (MOMENT.convert(text, None, None) for text in ("1d", "1w"))
    assert 6 * 86_400_000 <= day - week <= 6 * 86_400_000 + 60_000


@pytest.mark.parametrize("text", ["yesterday", "7", "7y", "2026-13-01", ""])
def test_anything_else_is_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(click.BadParameter, match="how long ago"):
        MOMENT.convert(text, None, None)
