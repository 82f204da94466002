"""What is known of the machine's clock: whether it was set, and whether retention waits for it."""

from typing import Final

from heliograph.model.clock_steps import ClockRecord, Sighting, held_ms, trusted_now_ms
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.views import ClockState

TOLD_MS: Final = 86_400_000
"""How long `status` goes on telling of a step."""


def clock_state(caller: Caller, hub: Hub) -> ClockState:
    """Return what the clocks show and what is remembered of them.

    Raises:
        StoreUnavailable: the store cannot be read.
        InputError: `caller.refused`.
    """
    caller.require("look")
    caller.require_whole_hub("the clock")
    with hub.data.store.read() as reader:
        record = reader.clock.get()
    return state_of(record, hub.sightings())


def state_of(record: ClockRecord | None, now: Sighting) -> ClockState:
    """Return what a record says at a sighting. Pure."""
    if record is None:
        return ClockState(now=now.wall_ms)
    held = held_ms(record, now)
    return ClockState(
        now=now.wall_ms,
        trusted=trusted_now_ms(record, now) or record.trusted_ms,
        held_s=held // 1000,
        step_s=record.step_ms / 1000,
        stepped_at=record.stepped_at or None,
    )


def clock_problems(record: ClockRecord | None, now: Sighting) -> list[str]:
    """Return what a person should know of the clock; empty while all is well. Pure."""
    state = state_of(record, now)
    problems: list[str] = []
    if state.held_s:
        problems.append(
            f"The clock shows {span(state.held_s)} more than was seen to pass: retention removes nothing "
            "that is younger by what did pass. If the clock is right, say so: heliograph clock accept"
        )
    if state.stepped_at is not None and abs(now.wall_ms - state.stepped_at) < TOLD_MS:
        way = "forward" if state.step_s > 0 else "back"
        problems.append(
            f"The clock of this machine was set {way} by {span(abs(state.step_s))} within the last day; "
            "what waits for delivery was moved along. Times of what was received before it stay as they are."
        )
    return problems


def span(seconds: float) -> str:
    """Return a length of time in words, e.g. `400 days`, as every message about the clock has it."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
