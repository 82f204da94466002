"""`rebuild`: profiles and derived state made anew from the journal."""

import click

from heliograph.cli.terminal.options import SettingsSource, json_option, local, settings_options
from heliograph.cli.terminal.output import counted, print_json, say
from heliograph.cli.terminal.progress import Progress
from heliograph.cli.terminal.questions import ask


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_options
@json_option
def rebuild(source: SettingsSource, yes: bool, as_json: bool) -> None:
    """Make profiles and derived state anew from the journal, without sending anything.

    For a store that was lost (apply the configuration first) or whose profiles are wrong. No worker may run;
    the gateway may. Deliveries that are there keep their state, and no new ones are made of events that
    were read before; with a lost store, of none that is in the journal now. Interrupted, it goes on when the
    command is given again, and no worker reads before it is through.
    """
    from heliograph.operations.act import rebuild as act

    with source.mending() as hub:
        planned = act.plan(local(), hub)
        if not as_json:
            say(
                f"To be read anew: {counted(planned.events, 'event')} of the journal"
                + (", going on where it was interrupted." if planned.begun else ".")
            )
            if planned.trimmed:
                say(
                    f"{counted(planned.trimmed, 'event')} were trimmed by retention: what they did to "
                    "profiles is lost."
                )
            if planned.lost_store:
                say(
                    "The store was lost: none of these events is delivered, because nobody knows which were. "
                    "Deliveries and their attempts are lost with it."
                )
        if not yes:
            ask("Do it?")
        with Progress(quiet=as_json) as progress:
            done = act.rebuild(
                local(), hub, planned, progress=lambda d, total: progress("Reading", d, total)
            )
    if as_json:
        print_json(
            {
                "plan": planned,
                "applied": done.applied,
                "skipped": done.skipped,
                "duplicates": done.duplicates,
            }
        )
    else:
        for line in what_became(done.applied, done.skipped, done.duplicates):
            say(line)
        say(f"Start the hub: heliograph up{source.place()}")


def what_became(applied: int, skipped: int, duplicates: int) -> list[str]:
    """Return what became of the events that were read, in lines that add up to all of them."""
    lines = [f"Applied {counted(applied, 'event')}."]
    if skipped:
        lines.append(
            f"{counted(skipped, 'event')} had no effect, as before: replaced by a remap, or with a reason "
            "that heliograph events list shows."
        )
    if duplicates:
        lines.append(f"{counted(duplicates, 'repetition')} of events that were applied.")
    return lines
