"""`readers list|forget`: who reads the journal, how far, and who is gone."""

import click

from heliograph.cli.terminal.options import (
    Commands,
    SettingsSource,
    json_option,
    local,
    settings_options,
)
from heliograph.cli.terminal.output import at, print_json, print_table, say


@click.group(cls=Commands)
def readers() -> None:
    """Groups that read the journal; retention waits for the slowest."""


@readers.command("list")
@settings_options
@json_option
def list_readers(source: SettingsSource, as_json: bool) -> None:
    """List the groups that read the journal, with how far each is behind.

    BEHIND: events that a group has not read. MISSED: events that were gone before it had read them. HOLDS
    BACK: events that every other group has read and that retention keeps for this one alone.
    """
    from heliograph.operations.look.condition import readers as look

    with source.looking() as hub:
        found = look.list_readers(local(), hub)
    if as_json:
        print_json(found)
        return
    print_table(
        ["GROUP", "SEEN (UTC)", "BEHIND", "MISSED", "HOLDS BACK"],
        [
            (one.name, at(one.seen_at), f"{one.behind:,}", f"{one.missed:,}", f"{one.holds_back:,}")
            for one in found
        ],
        empty="Nobody reads the journal yet.",
    )


@readers.command()
@click.argument("name")
@settings_options
@json_option
def forget(name: str, source: SettingsSource, as_json: bool) -> None:
    """Forget a group that is gone for good, so that retention no longer waits for it."""
    from heliograph.operations.act.readers import forget_reader

    with source.acting() as hub:
        gone = forget_reader(local(), hub, name)
    if as_json:
        print_json(gone)
        return
    say(f"{gone.name} is forgotten; the journal no longer keeps {gone.holds_back:,} events for it.")
