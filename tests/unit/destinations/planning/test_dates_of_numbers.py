"""Which day does a number among a person's attributes stand for?"""

from datetime import UTC, datetime, timedelta

import pytest

from heliograph.destinations.planning.times import read_date, read_number


@pytest.mark.parametrize("unit", [1, 1000])
def test_every_month_that_people_were_born_in_is_read_in_seconds_and_milliseconds(
    unit: int,
) -> None:
    for month in range(12 * 110):
        born = datetime(1910 + month // 12, month % 12 + 1, 15, tzinfo=UTC)
        number = round(born.timestamp()) * unit
        near_1970 = abs(born - datetime(1970, 1, 1, tzinfo=UTC)) < timedelta(days=49)
        day_in_digits = 19_000_101 <= number <= 21_001_231
        if not (unit == 1000 and near_1970) and not day_in_digits:
            assert read_number(number) == read_date(float(number)) == born


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**30, -(10**30)])
def test_a_number_beyond_the_calendar_is_no_day(number: float) -> None:
    assert read_date(number) is None
