"""`events list` and `events show`: the facts made from requests."""

import click

from heliograph.cli.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, print_json, print_table


@click.group(cls=Commands)
def events() -> None:
    """Events in the canonical form, from the journal."""


@events.command("list")
@click.option("--workspace", help="Only this workspace.")
@click.option("--name", help="Only events of this name.")
@click.option("--source", "source_id", help="Only this source.")
@click.option("--person", help="Only this customer id or anonymous id.")
@click.option("--generations", is_flag=True, help="Also those that a remap has replaced.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@settings_options
@json_option
def list_events(
    *,
    workspace: str | None,
    name: str | None,
    source_id: str | None,
    person: str | None,
    generations: bool,
    limit: int,
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List events as they stand, the last received first."""
    from heliograph.app import wiring
    from heliograph.operations.look.events import EventQuery, recent_events

    query = EventQuery(
        limit=limit,
        workspace=workspace,
        name=name,
        source_id=source_id,
        person=person,
        generations=generations,
    )
    with wiring.reading(source.settings()) as data:
        found = recent_events(data, query)
    if as_json:
        print_json([placed.event for placed in found])
        return
    rows = [
        (
            e.event_id,
            at(e.received_at),
            e.source_id,
            e.event or f"({e.type})",
            e.customer_id or e.anonymous_id,
            at(e.timestamp),
        )
        for e in (placed.event for placed in found)
    ]
    columns = ["EVENT", "RECEIVED (UTC)", "SOURCE", "NAME", "PERSON", "HAPPENED (UTC)"]
    print_table(columns, rows, empty="No events.")


@events.command()
@click.argument("event_id", metavar="ID")
@settings_options
@json_option
def show(event_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one event, its place in the journal and what became of it."""
    import json

    import msgspec

    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found
    from heliograph.operations.look.events import find_event

    with wiring.reading(source.settings()) as data:
        found = find_event(data, event_id)
    if found is None:
        raise not_found("event", event_id)
    placed, applied = found.placed, found.applied
    if as_json:
        print_json(
            {
                "event": placed.event,
                "partition": placed.partition,
                "position": placed.position,
                "applied": applied,
                "superseded_by": found.superseded_by,
            }
        )
        return
    fate = "not applied yet"
    if applied is not None:
        fate = f"{applied.effect}, profile {applied.profile_id}"
        fate += f" ({applied.reason})" if applied.reason else ""
    if found.superseded_by is not None:
        fate += f"; superseded by {found.superseded_by}"
    click.echo(f"{event_id}: partition {placed.partition}, position {placed.position}; {fate}")
    click.echo(json.dumps(msgspec.to_builtins(placed.event), indent=2, ensure_ascii=False))
