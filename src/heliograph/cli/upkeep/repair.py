"""`repair`: go on with a journal that is older than the store, or was replaced."""

import click

from heliograph.cli.terminal.options import SettingsSource, json_option, local, settings_options
from heliograph.cli.terminal.output import counted, print_json, say


@click.command()
@settings_options
@json_option
def repair(source: SettingsSource, as_json: bool) -> None:
    """Make a worker go on that stalls because the journal is not the one it has read.

    That happens when the journal lost its newest part in a crash, was put back from an older copy, or was
    lost. The journal gets a new incarnation, and what is in it is read again: what was applied before is
    known by its id and passed over, the rest is applied. The hub may run meanwhile. Changes nothing when
    journal and store belong together.
    """
    from heliograph.operations.act.repair import repair as run_repair

    with source.mending() as hub:
        done = run_repair(local(), hub)
    if as_json:
        print_json(done)
    elif done.found is None:
        say("Journal and store belong together; nothing was changed.")
    else:
        say(f"Found: {done.found}.")
        say(
            f"The journal begins incarnation {done.incarnation}; {counted(done.events, 'event')} of "
            f"{counted(len(done.reset), 'partition')} are read again, and what was applied is passed over."
        )
        if done.passed_over:
            say(
                f"{counted(done.passed_over, 'event')} that retention had removed were in this journal, and "
                "were removed again: what is known of them is gone, and they would count twice."
            )
