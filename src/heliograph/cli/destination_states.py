"""`destination pause | resume | test`, and what `destination list` says of each: type and state."""

import getpass
from typing import TYPE_CHECKING

import click

from heliograph.cli.destination import destination
from heliograph.cli.options import SettingsSource, json_option, settings_options
from heliograph.cli.output import at, print_json, print_table

if TYPE_CHECKING:
    from heliograph.operations.look.status import DestinationLine
    from heliograph.storage.configuration import Document

__all__ = ["destination", "destination_states", "show_destinations"]


def destination_states(settings_source: SettingsSource) -> "dict[str, DestinationLine]":
    """Return type and state of every destination that is configured or has deliveries, by full name."""
    from heliograph.app import wiring
    from heliograph.model.catalog import build_catalog
    from heliograph.operations.look.status import destination_lines

    store = wiring.open_store(settings_source.settings(), writes=False)
    try:
        with store.read() as reader:
            catalog = build_catalog(reader.configuration.all(), None)
            lines = destination_lines(
                catalog, reader.deliveries.counts(), reader.destinations.get_all()
            )
    finally:
        store.close()
    return {line.name: line for line in lines}


def show_destinations(
    documents: "list[Document]", lines: "dict[str, DestinationLine]", *, as_json: bool
) -> None:
    """Print destinations with their types and whether they are sent to."""
    import msgspec

    # One that was applied between the two looks at the store has no line yet.
    found = [(d, lines.get(f"{d.workspace}/{d.name}")) for d in documents]
    if as_json:
        print_json(
            [
                {
                    **msgspec.to_builtins(document),
                    "state": line.state if line else "active",
                    "reason": line.reason if line else "",
                }
                for document, line in found
            ]
        )
        return
    print_table(
        ["WORKSPACE", "NAME", "VERSION", "TYPE", "STATE", "CHANGED (UTC)"],
        [
            (
                document.workspace,
                document.name,
                document.version,
                document.body.get("type", "?"),
                line.state if line else "active",
                at(document.changed_at),
            )
            for document, line in found
        ],
        empty="No destinations. Apply a configuration: heliograph apply DIR",
    )
    for _, line in found:
        if line and line.state != "active":
            click.echo(f"{line.name} is {line.state}: {line.reason}")


@destination.command()
@click.argument("name")
@click.option("--reason", default="by hand", show_default=True, help="Shown with its state.")
@settings_options
@json_option
def pause(name: str, reason: str, source: SettingsSource, as_json: bool) -> None:
    """Stop sending to a destination until it is resumed; its deliveries are kept and wait."""
    _change_state(name, source, reason=reason, as_json=as_json)


@destination.command()
@click.argument("name")
@settings_options
@json_option
def resume(name: str, source: SettingsSource, as_json: bool) -> None:
    """Send to a destination again, whether it was paused or had refused its credentials."""
    _change_state(name, source, reason=None, as_json=as_json)


def _change_state(name: str, source: SettingsSource, *, reason: str | None, as_json: bool) -> None:
    from heliograph.app import wiring
    from heliograph.cli.lookup import full_destination
    from heliograph.operations.act.deliveries import pause_destination, resume_destination

    clock, by = wiring.system_clock(), getpass.getuser()
    with wiring.writing_store(source.settings()) as store:
        with store.read() as reader:
            full = full_destination(reader, name)
        if reason is None:
            change = resume_destination(store, full, clock=clock, by=by)
        else:
            change = pause_destination(store, full, reason=reason, clock=clock, by=by)
    line = destination_states(source).get(full)
    # What its document says wins: no command here makes it send.
    stopped = line if line is not None and line.state in ("disabled", "removed") else None
    if as_json:
        import msgspec

        state = {"state": stopped.state if stopped else change.after}
        print_json({**msgspec.to_builtins(change), **state})
        return
    if change.changed:
        now = "no longer " + change.before if change.after == "active" else change.after
        click.echo(
            f"{full} is {now}."
            if stopped
            else f"{full} is {change.after} now; it was {change.before}."
        )
    elif not stopped:
        click.echo(f"{full} was {change.after} already.")
    if stopped:
        click.echo(f"Nothing is sent to {full}: it is {stopped.state}; {stopped.reason}.")


@destination.command("test")
@click.argument("name")
@settings_options
@json_option
def probe(name: str, source: SettingsSource, as_json: bool) -> int:
    """Send a cheap request that tells whether address and credentials work.

    Exit 0: they work, or this type has no request that could tell without a side effect. Exit 1: they were
    refused, or no answer came that tells. Secrets are taken from the environment of this command.
    """
    import asyncio

    from heliograph.app import wiring
    from heliograph.cli.lookup import full_destination, not_found
    from heliograph.operations.act.probe import probe_destination

    with wiring.reading(source.settings()) as data:
        _, catalog = data.catalog().current()
        with data.store.read() as reader:
            full = full_destination(reader, name)
    workspace, _, short_name = full.partition("/")
    tenant = catalog.get(workspace)
    problem = tenant.problems.get(("destination", short_name)) if tenant else None
    if problem is not None:
        raise problem
    if tenant is None or short_name not in tenant.destinations:
        # It was removed, and is known only for its deliveries.
        raise not_found("destination", name)
    result = asyncio.run(probe_destination(full, tenant.destinations[short_name]))
    if as_json:
        print_json(result)
    else:
        click.echo(f"{full}: {result.verdict}: {result.message}")
        if result.request:
            click.echo(f"  {result.request} → {result.status or 'no answer'}")
    return 0 if result.verdict in ("accepted", "none") else 1
