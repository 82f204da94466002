"""`destination pause | resume | test`, and what `destination list` says of each: type and state."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.configure.destination import destination
from heliograph.cli.terminal.options import (
    SettingsSource,
    json_option,
    local,
    settings_options,
    workspace_option,
)
from heliograph.cli.terminal.output import at, print_json, print_table, say

if TYPE_CHECKING:
    from heliograph.operations.views import DocumentView

__all__ = ["destination", "show_destinations"]


def show_destinations(documents: "list[DocumentView]") -> None:
    """Print destinations with their types and whether they are sent to."""
    print_table(
        ["WORKSPACE", "NAME", "VERSION", "TYPE", "STATE", "DOCUMENT CHANGED (UTC)"],
        [
            (d.workspace, d.name, d.version, d.body.get("type", "?"), d.state, at(d.changed_at))
            for d in documents
        ],
        empty="No destinations. Apply a configuration: heliograph apply DIR",
    )
    for d in documents:
        if d.state != "active":
            say(f"{d.workspace}/{d.name} is {d.state}: {d.reason}")


@destination.command()
@click.argument("name")
@click.option("--reason", default="by hand", show_default=True, help="Shown with its state.")
@workspace_option
@settings_options
@json_option
def pause(
    *, name: str, reason: str, workspace: str | None, source: SettingsSource, as_json: bool
) -> None:
    """Stop sending to a destination until it is resumed; its deliveries are kept and wait."""
    _change_state(name, workspace, source, reason=reason, as_json=as_json)


@destination.command()
@click.argument("name")
@workspace_option
@settings_options
@json_option
def resume(name: str, workspace: str | None, source: SettingsSource, as_json: bool) -> None:
    """Send to a destination again, whether it was paused or had refused its credentials."""
    _change_state(name, workspace, source, reason=None, as_json=as_json)


def _change_state(
    name: str,
    workspace: str | None,
    source: SettingsSource,
    *,
    reason: str | None,
    as_json: bool,
) -> None:
    from heliograph.operations.act.sending import destinations as act

    with source.acting() as hub:
        if reason is None:
            change = act.resume(local(), hub, name, workspace=workspace)
        else:
            change = act.pause(local(), hub, name, reason=reason, workspace=workspace)
    if as_json:
        print_json(change)
        return
    full, stopped = change.destination, change.state in ("disabled", "removed")
    if change.before != change.after:
        now = "no longer " + change.before if change.after == "active" else change.after
        say(
            f"{full} is {now}."
            if stopped
            else f"{full} is {change.after} now; it was {change.before}."
        )
    elif not stopped:
        say(f"{full} was {change.after} already.")
    if stopped:
        # What its document says wins: no command here makes it send.
        say(f"Nothing is sent to {full}: it is {change.state}; {change.state_reason}.")


@destination.command("test")
@click.argument("name")
@workspace_option
@settings_options
@json_option
def probe(name: str, workspace: str | None, source: SettingsSource, as_json: bool) -> int:
    """Send a cheap request that tells whether address and credentials work.

    Exit 0: they work, or this type has no request that could tell without a side effect. Exit 1: they were
    refused, or no answer came that tells. Secrets are taken from the environment of this command.
    """
    import asyncio

    from heliograph.operations.act.sending.destinations import probe as act

    with source.looking() as hub:
        result = asyncio.run(act(local(), hub, name, workspace=workspace))
    if as_json:
        print_json(result)
    else:
        say(f"{result.destination}: {result.verdict}: {result.message}")
        if result.request:
            say(f"  {result.request} → {result.status or 'no answer'}")
    return 0 if result.verdict in ("accepted", "none") else 1
