"""Steps of the wall clock, and the time that retention may go by."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.model.clock_steps import (
    GAP_MS,
    HELD_MS,
    ClockRecord,
    Sighting,
    accepted,
    held_ms,
    look,
    trusted_now_ms,
)

DAY = 86_400_000
NOW = 1_800_000_000_000


def at(wall: int, passed: int, boot: str = "a") -> Sighting:
    return Sighting(wall_ms=NOW + wall, boot_id=boot, boot_ms=10_000 + passed)


FIRST = look(None, at(0, 0)).record


def test_time_that_passes_is_no_step():
    seen = look(FIRST, at(60_050, 60_000))
    assert (seen.step_ms, seen.record.trusted_ms) == (0, NOW + 60_050)
    assert held_ms(seen.record, at(60_050, 60_000)) == 0


@pytest.mark.parametrize("by", [3_600_000, 400 * DAY])
def test_a_step_forward_is_seen_and_not_trusted(by: int):
    seen = look(FIRST, at(60_000 + by, 60_000))
    assert seen.step_ms == by
    assert seen.expected_ms == NOW + 60_000
    assert seen.record.trusted_ms == NOW + 60_000
    assert held_ms(seen.record, at(60_000 + by, 60_000)) == by
    # Measured time goes on counting, whatever the clock shows.
    assert trusted_now_ms(seen.record, at(by + DAY, DAY)) == NOW + DAY


@pytest.mark.parametrize("by", [-3_000, -3_600_000, -400 * DAY])
def test_a_step_back_is_seen_and_nothing_counts_as_older(by: int):
    now = at(60_000 + by, 60_000)
    seen = look(FIRST, now)
    assert seen.step_ms == by
    assert seen.expected_ms == NOW + 60_000
    assert (trusted_now_ms(seen.record, now) or 0) <= now.wall_ms


def test_a_step_back_while_the_machine_was_off_is_seen():
    seen = look(FIRST, at(-3_600_000, 0, boot="b"))
    assert (seen.step_ms, seen.expected_ms) == (-3_600_000, NOW)


def test_a_machine_that_was_off_is_believed_for_a_weekend_only():
    weekend = look(FIRST, at(GAP_MS - 1, 0, boot="b"))
    assert (weekend.step_ms, weekend.record.trusted_ms) == (0, NOW + GAP_MS - 1)
    month = look(FIRST, at(30 * DAY, 0, boot="b"))
    assert month.step_ms == 0
    assert month.record.trusted_ms == NOW + GAP_MS
    assert held_ms(month.record, at(30 * DAY, 0, boot="b")) == 30 * DAY - GAP_MS


def test_nothing_is_trusted_before_somebody_has_looked_since_the_boot():
    assert trusted_now_ms(None, at(0, 0)) is None
    assert trusted_now_ms(FIRST, at(DAY, 0, boot="b")) is None


def test_a_clock_that_a_person_accepted_is_trusted():
    now = at(400 * DAY, 60_000)
    record = accepted(look(FIRST, now).record, now)
    assert trusted_now_ms(record, now) == now.wall_ms
    assert held_ms(record, now) == 0
    later = look(record, at(400 * DAY + 1_000, 61_000))
    assert later.step_ms == 0


def test_a_lag_that_does_no_harm_is_not_told():
    seen = look(FIRST, at(HELD_MS, 0))
    assert seen.step_ms == HELD_MS
    assert held_ms(seen.record, at(HELD_MS, 0)) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 40 * DAY), st.integers(-500 * DAY, 500 * DAY), st.booleans()),
        max_size=20,
    )
)
def test_the_trusted_time_never_outruns_time(steps: list[tuple[int, int, bool]]):
    record, passed, wall, boots = FIRST, 0, 0, 0
    allowed = NOW
    for length, jump, reboot in steps:
        passed += length
        wall += length + jump
        boots += reboot
        now = Sighting(wall_ms=NOW + wall, boot_id=str(boots), boot_ms=10_000 + passed)
        known = record.seen.boot_id == now.boot_id
        before = record.trusted_ms
        record = look(record, now).record
        allowed += length + 2_000 if known else GAP_MS
        assert before <= record.trusted_ms <= max(before, allowed)
        assert record == msgspec.json.decode(msgspec.json.encode(record), type=ClockRecord)
