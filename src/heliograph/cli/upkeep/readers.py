"""`readers list|gaps|acknowledge|forget`: who reads the journal, how far, what was missed, who is gone."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import (
    Commands,
    SettingsSource,
    json_option,
    local,
    settings_options,
)
from heliograph.cli.terminal.output import at, counted, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heliograph.operations.views import GapView


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
@click.argument("group", required=False)
@settings_options
@json_option
def gaps(group: str | None, source: SettingsSource, as_json: bool) -> None:
    """List the events that were gone from the journal before GROUP had read them, or any group."""
    from heliograph.operations.look.condition import readers as look

    with source.looking() as hub:
        _show_gaps(look.list_gaps(local(), hub, group), as_json=as_json)


@readers.command()
@click.argument("group")
@click.option("--reason", required=True, metavar="TEXT", help="Why they stay as they are; kept.")
@click.option(
    "--events",
    type=int,
    metavar="N",
    help="How many you saw missing; refused when it is another number.",
)
@settings_options
@json_option
def acknowledge(
    group: str, reason: str, events: int | None, source: SettingsSource, as_json: bool
) -> None:
    """Say that you have looked at what GROUP missed and leave it as it is.

    `status` tells of it with exit 0 from then on, and `audit` goes on counting it. What is missed later is
    not covered. Your name, the time and the reason are kept.
    """
    from heliograph.operations.act.readers import acknowledge_gaps

    with source.acting() as hub:
        done = acknowledge_gaps(local(), hub, group, reason=reason, events=events)
    _show_gaps(done, as_json=as_json)
    if not as_json:
        say(
            f"Acknowledged: {counted(sum(one.events for one in done), 'event')} that {group} missed."
        )


def _show_gaps(gaps: "Sequence[GapView]", *, as_json: bool) -> None:
    if as_json:
        print_json(gaps)
        return
    print_table(
        [
            "GROUP",
            "PARTITION",
            "POSITIONS",
            "EVENTS",
            "FOUND (UTC)",
            "ACKNOWLEDGED (UTC)",
            "BY",
            "REASON",
        ],
        [
            (
                one.group,
                str(one.partition),
                f"{one.first:,}" if one.first == one.last else f"{one.first:,} to {one.last:,}",
                f"{one.events:,}",
                at(one.found_at),
                at(one.acknowledged_at),
                one.acknowledged_by or "-",
                one.reason or "-",
            )
            for one in gaps
        ],
        empty="Nothing was missed.",
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
