"""What can be known of a wall clock that may be set: steps, and how much time has really passed. Pure.

Two sightings within one boot of the machine are compared with the clock that runs since the boot (it
counts suspended time too): the difference is a step. Across a boot nothing was measured; a wall clock that
shows less than before was set back in any case, and one that shows more is believed for `GAP_MS` only.

`trusted_ms` is the time that retention may go by. It never advances faster than time was seen to pass, so
that a clock that is set to next year deletes nothing. What it lags behind is believed when a person says
so (`accepted`).
"""

from typing import Final

import msgspec

STEP_MS: Final = 2_000
"""A difference that no drift and no slow look makes."""
GAP_MS: Final = 2 * 86_400_000
"""So much of an unmeasured gap is believed: a machine that was off for the weekend."""
HELD_MS: Final = 600_000
"""How far the trusted time may lag before somebody is told."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the clocks of a machine."""

    wall_ms: int
    """UTC epoch milliseconds, as the machine believes."""
    boot_id: str
    """Which boot of the machine; measured times of two boots have nothing to do with each other."""
    boot_ms: int
    """Milliseconds since the boot, suspended time included."""


class ClockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of the clocks from look to look, across restarts."""

    seen: Sighting
    trusted_ms: int
    """No later than the wall clock was seen to reach by itself."""
    step_ms: int = 0
    """The last step: forward when positive; 0 when none was seen."""
    stepped_at: int = 0
    """What the wall clock showed after it."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a new sighting says."""

    record: ClockRecord
    step_ms: int
    """The step since the last sighting, 0 for none."""
    expected_ms: int
    """What the wall clock would show without it."""


def look(before: ClockRecord | None, now: Sighting) -> Look:
    """Compare a sighting with what is remembered."""
    if before is None:
        record = ClockRecord(seen=now, trusted_ms=now.wall_ms)
        return Look(record=record, step_ms=0, expected_ms=now.wall_ms)
    measured = passed_ms(before.seen, now)
    if measured is None:
        expected = now.wall_ms if now.wall_ms >= before.seen.wall_ms else before.seen.wall_ms
        believed = before.trusted_ms + GAP_MS
    else:
        expected = before.seen.wall_ms + measured
        believed = before.trusted_ms + measured
    difference = now.wall_ms - expected
    step = difference if abs(difference) >= STEP_MS else 0
    if 0 <= difference < STEP_MS:
        believed += difference  # drift is no jump
    record = ClockRecord(
        seen=now,
        trusted_ms=max(before.trusted_ms, min(now.wall_ms, believed)),
        step_ms=step or before.step_ms,
        stepped_at=now.wall_ms if step else before.stepped_at,
    )
    return Look(record=record, step_ms=step, expected_ms=expected)


def passed_ms(earlier: Sighting, later: Sighting) -> int | None:
    """Return how much time has passed, or None when it was not measured: another boot."""
    if earlier.boot_id != later.boot_id or later.boot_ms < earlier.boot_ms:
        return None
    return later.boot_ms - earlier.boot_ms


def trusted_now_ms(record: ClockRecord | None, now: Sighting) -> int | None:
    """Return the time that retention may go by at a sighting; None: nobody has looked since the boot."""
    if record is None:
        return None
    measured = passed_ms(record.seen, now)
    if measured is None:
        return None
    return min(now.wall_ms, record.trusted_ms + measured)


def held_ms(record: ClockRecord, now: Sighting) -> int:
    """Return by how much the trusted time lags behind the wall clock; 0 within `HELD_MS`."""
    trusted = trusted_now_ms(record, now)
    lag = now.wall_ms - (record.trusted_ms if trusted is None else trusted)
    return lag if lag > HELD_MS else 0


def accepted(record: ClockRecord, now: Sighting) -> ClockRecord:
    """Return the record of a clock that a person has said is right."""
    return msgspec.structs.replace(record, seen=now, trusted_ms=now.wall_ms)


def age_ms(written_ms: int, record: ClockRecord | None, now: Sighting) -> int:
    """Return how long ago something was written down, though the clock may have been set since.

    What bears a time of before the last step is reckoned by the clock of then. Which of the two a time is of
    is not written beside it: of those that make sense, not in the future, the later one is taken.

    Args:
        written_ms: UTC epoch milliseconds, as the clock showed then.
        record: what is remembered of the clock.
        now: what it shows.
    """
    steps = {0}
    if record is not None:
        since = look(record, now).step_ms
        steps |= {since, record.step_ms, since + record.step_ms}
    ages = [now.wall_ms - step - written_ms for step in steps]
    return min((age for age in ages if age > -STEP_MS), default=max(ages))
