"""`clock show` and `clock accept`: whether the machine's clock was set, and that it is right."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import (
    Commands,
    SettingsSource,
    json_option,
    local,
    settings_options,
)
from heliograph.cli.terminal.output import at, print_json, say

if TYPE_CHECKING:
    from heliograph.operations.views import ClockState


@click.group(cls=Commands)
def clock() -> None:
    """The machine's clock: retention goes by time that was seen to pass, not by a clock that jumps."""


@clock.command()
@settings_options
@json_option
def show(source: SettingsSource, as_json: bool) -> None:
    """Show what the clock says, what retention goes by, and the last step that was seen."""
    from heliograph.operations.look.condition.clock import clock_state

    with source.looking() as hub:
        show_clock(clock_state(local(), hub), as_json=as_json)


@clock.command()
@settings_options
@json_option
def accept(source: SettingsSource, as_json: bool) -> None:
    """Say that the clock is right: retention goes by it from now on.

    Look first whether it is (`date`). What was received while the clock was wrong keeps the times it
    showed then, and counts as old or new by them.
    """
    from heliograph.operations.act.clock import accept as act

    with source.acting() as hub:
        show_clock(act(local(), hub), as_json=as_json)


def show_clock(state: "ClockState", *, as_json: bool) -> None:
    """Print what is known of the clock."""
    if as_json:
        print_json(state)
        return
    say(f"the clock shows        {at(state.now)} (UTC)")
    say(f"retention goes by      {at(state.trusted) if state.trusted else 'nothing yet'}")
    if state.stepped_at is not None:
        from heliograph.operations.look.condition.clock import span

        way = "forward" if state.step_s > 0 else "back"
        say(f"last step              {way} by {span(abs(state.step_s))}, to {at(state.stepped_at)}")
    if state.trusted and not state.held_s:
        say("Retention goes by the clock; nothing is to be done.")
