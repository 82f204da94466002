"""`events list` and `events show`: the facts made from requests."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import (
    Commands,
    SettingsSource,
    json_option,
    local,
    page_options,
    settings_options,
)
from heliograph.cli.terminal.output import at, indented_json, print_json, print_line, print_listed

if TYPE_CHECKING:
    from heliograph.operations.page import Page
    from heliograph.operations.views import EventView


@click.group(cls=Commands)
def events() -> None:
    """Events in the canonical form, from the journal."""


@events.command("list")
@click.option("--workspace", help="Only this workspace.")
@click.option("--name", help="Only events of this name.")
@click.option("--source", "source_id", help="Only this source.")
@click.option("--person", help="Only of this person: an identifier or a profile id.")
@click.option("--generations", is_flag=True, help="Also those that a remap has replaced.")
@page_options
@settings_options
@json_option
def list_events(
    *,
    workspace: str | None,
    name: str | None,
    source_id: str | None,
    person: str | None,
    generations: bool,
    page: "Page",
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List events as they stand, the last received first.

    One whose stored bytes cannot be decoded is listed with the reason, unless a filter is given.
    """
    from heliograph.operations.look.records import events as look

    wanted = look.EventFilter(
        workspace=workspace,
        name=name,
        source_id=source_id,
        person=person,
        generations=generations,
    )
    with source.looking() as hub:
        found = look.list_events(local(), hub, wanted, page)
    print_listed(
        found,
        ["EVENT", "RECEIVED (UTC)", "SOURCE", "NAME", "PERSON", "HAPPENED (UTC)"],
        _row,
        empty="No events.",
        as_json=as_json,
    )


def _row(view: "EventView") -> tuple[object, ...]:
    event = view.event
    if event is None:
        place = f"partition {view.partition}, position {view.position}"
        return (view.event_id, at(view.received_at), None, f"(unreadable, {place})", None, None)
    return (
        view.event_id,
        at(view.received_at),
        event.source_id,
        event.event or f"({event.type})",
        event.customer_id or event.anonymous_id,
        at(event.timestamp),
    )


@events.command()
@click.argument("event_id", metavar="ID")
@settings_options
@json_option
def show(event_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one event, its place in the journal and what became of it.

    ID may be the beginning or the end of the event id when only one has it.
    """
    from heliograph.operations.look.records.events import show_event

    with source.looking() as hub:
        found = show_event(local(), hub, event_id)
    if as_json:
        print_json(found)
        return
    fate = "not applied yet" if found.state == "pending" else found.state
    if found.profile_id:
        fate += f", profile {found.profile_id}"
    if found.reason:
        fate += f" ({found.reason})"
    if found.superseded_by is not None:
        fate += f"; superseded by {found.superseded_by}"
    print_line(f"{found.event_id}: partition {found.partition}, position {found.position}; {fate}")
    if found.halted is not None:
        print_line(found.halted)
    if found.event is None:
        print_line(f"cannot be read: {found.fault}" if found.fault else "trimmed from the journal")
        return
    for line in indented_json(found.event):
        print_line(line)
