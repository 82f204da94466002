"""Documents in force: `source`, `destination`, `pipeline` and `mapper`, each with `list` and `show`.

`destination` and `mapper` bring the commands that need no hub (plan, run, test, …) from modules of
their own; what is added here reads or changes a data folder.
"""

import getpass
from typing import TYPE_CHECKING

import click

from heliograph.cli.destination import destination
from heliograph.cli.mapper import mapper
from heliograph.cli.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, print_json, print_table, short

if TYPE_CHECKING:
    from heliograph.model.configuration import DocumentKind
    from heliograph.storage.configuration import Document

__all__ = ["destination", "mapper", "pipeline", "source"]


@click.group(cls=Commands)
def source() -> None:
    """Sources: the configured origins of requests."""


@click.group(cls=Commands)
def pipeline() -> None:
    """Pipelines: which sources feed which destinations."""


def _documents(settings_source: SettingsSource, kind: "DocumentKind") -> "list[Document]":
    from heliograph.app import wiring

    store = wiring.open_store(settings_source.settings(), writes=False)
    try:
        with store.read() as reader:
            return [d for d in reader.configuration.all() if d.kind == kind]
    finally:
        store.close()


def _summary(document: "Document") -> str:
    body = document.body
    match document.kind:
        case "source":
            return f"{body.get('kind', 'webhook')}, partner {body.get('partner', document.name)}"
        case "pipeline":
            targets = body.get("destinations", [])
            names = [str(t["name"]) for t in targets if isinstance(t, dict)]  # type: ignore[union-attr]
            return f"{short(body.get('sources', ['*']))} → {', '.join(names)}"
        case "mapper":
            return f"{body.get('mapping_type', '?')}{', batching' if body.get('batching') else ''}"
        case _:
            return ""


def _add_list_and_show(group: click.Group, kind: "DocumentKind") -> None:
    @group.command("list", help=f"List the {kind}s in force.")
    @settings_options
    @json_option
    def list_(source: SettingsSource, as_json: bool) -> None:
        found = _documents(source, kind)
        if as_json:
            print_json(found)
            return
        rows = [(d.workspace, d.name, d.version, _summary(d), at(d.changed_at)) for d in found]
        columns = ["WORKSPACE", "NAME", "VERSION", "WHAT", "CHANGED (UTC)"]
        print_table(columns, rows, empty=f"No {kind}s. Apply a configuration: heliograph apply DIR")

    @group.command("show", help=f"Show one {kind} as it is in force, or an earlier version of it.")
    @click.argument("name")
    @click.option("--version", type=click.IntRange(1), help="Default: the current one.")
    @click.option("--workspace", help="Which one, when several have this name.")
    @settings_options
    @json_option
    def show(
        name: str,
        version: int | None,
        workspace: str | None,
        source: SettingsSource,
        as_json: bool,
    ) -> None:
        document = _find(source, kind, name, version=version, workspace=workspace)
        if as_json:
            print_json(document)
            return
        from heliograph.app.configuration.files import text_of
        from heliograph.app.configuration.layout import file_of

        click.echo(
            f"# {file_of(kind, document.name)}, workspace {document.workspace}, "
            f"version {document.version} of {at(document.changed_at)} (UTC)",
            err=True,
        )
        click.echo(text_of(kind, document.body), nl=False)

    del list_, show


def _find(
    settings_source: SettingsSource,
    kind: "DocumentKind",
    name: str,
    *,
    version: int | None,
    workspace: str | None,
) -> "Document":
    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found

    name, _, address_version = name.partition("@")
    version = version or (int(address_version) if address_version.isdigit() else None)
    store = wiring.open_store(settings_source.settings(), writes=False)
    try:
        with store.read() as reader:
            there = {document.workspace for document in reader.configuration.all()}
            for candidate in sorted(there) if workspace is None else [workspace]:
                document = reader.configuration.get(candidate, kind, name, version)
                if document is not None:
                    return document
    finally:
        store.close()
    raise not_found(kind, name if version is None else f"{name}, version {version}")


_GROUPS: "dict[DocumentKind, click.Group]" = {
    "source": source,
    "pipeline": pipeline,
    "destination": destination,
    "mapper": mapper,
}
for _kind, _group in _GROUPS.items():
    _add_list_and_show(_group, _kind)


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
    from heliograph.delivery.operations import pause_destination, resume_destination

    clock, by = wiring.system_clock(), getpass.getuser()
    with wiring.writing_store(source.settings()) as store:
        with store.read() as reader:
            full = full_destination(reader, name)
        if reason is None:
            change = resume_destination(store, full, clock=clock, by=by)
        else:
            change = pause_destination(store, full, reason=reason, clock=clock, by=by)
    if as_json:
        print_json(change)
    elif change.changed:
        click.echo(f"{full} is {change.after} now; it was {change.before}.")
    else:
        click.echo(f"{full} was {change.after} already.")


@destination.command("test")
@click.argument("name")
@settings_options
@json_option
def probe(name: str, source: SettingsSource, as_json: bool) -> int:
    """Send a cheap request that tells whether address and credentials work; exit 1 when refused.

    Secrets are taken from the environment of this command.
    """
    import asyncio

    from heliograph.app import wiring
    from heliograph.app.probe import probe_destination
    from heliograph.cli.lookup import full_destination

    with wiring.reading(source.settings()) as data:
        _, catalog = data.catalog().current()
        with data.store.read() as reader:
            full = full_destination(reader, name)
    workspace, _, short_name = full.partition("/")
    tenant = catalog[workspace]
    problem = tenant.problems.get(("destination", short_name))
    if problem is not None:
        raise problem
    result = asyncio.run(probe_destination(full, tenant.destinations[short_name]))
    if as_json:
        print_json(result)
    else:
        click.echo(f"{full}: {result.verdict}: {result.message}")
        if result.request:
            click.echo(f"  {result.request} → {result.status or 'no answer'}")
    return 0 if result.verdict in ("accepted", "none") else 1
