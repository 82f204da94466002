"""Documents in force: `source`, `destination`, `pipeline` and `mapper`, each with `list` and `show`.

`destination` and `mapper` bring the commands that need no hub (plan, run, test, …) from modules of
their own; what is added here reads or changes a data folder.
"""

from typing import TYPE_CHECKING, Any

import click

from heliograph.cli.destination_states import destination, destination_states, show_destinations
from heliograph.cli.mapper import mapper
from heliograph.cli.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, print_json, print_table, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.model.configuration import DocumentKind
    from heliograph.storage.configuration import Document

__all__ = ["destination", "mapper", "pipeline", "source"]


@click.group(cls=Commands)
def source() -> None:
    """Sources: the configured origins of requests."""


@click.group(cls=Commands)
def pipeline() -> None:
    """Pipelines: which sources feed which destinations."""


def _documents(
    settings_source: SettingsSource, kind: "DocumentKind", workspace: str | None
) -> "list[Document]":
    from heliograph.app import wiring

    store = wiring.open_store(settings_source.settings(), writes=False)
    try:
        with store.read() as reader:
            return [
                d
                for d in reader.configuration.all()
                if d.kind == kind and workspace in (None, d.workspace)
            ]
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
            return str(body.get("type", "?"))


def _add_list_and_show(group: click.Group, kind: "DocumentKind") -> None:
    @group.command("list", help=f"List the {kind}s in force.")
    @click.option("--workspace", help="Only this workspace.")
    @settings_options
    @json_option
    def list_(workspace: str | None, source: SettingsSource, as_json: bool) -> None:
        from heliograph.operations.configuration.masking import masked_document

        found = [masked_document(document) for document in _documents(source, kind, workspace)]
        if kind == "destination":
            show_destinations(found, destination_states(source), as_json=as_json)
            return
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
    @_reveal_option(kind)
    @settings_options
    @json_option
    def show(
        name: str,
        version: int | None,
        workspace: str | None,
        source: SettingsSource,
        as_json: bool,
        reveal: bool = False,
    ) -> None:
        from heliograph.operations.configuration.masking import masked_document

        document = _find(source, kind, name, version=version, workspace=workspace)
        if not reveal:
            document = masked_document(document)
        if as_json:
            print_json(document)
            return
        from heliograph.operations.configuration.files import text_of
        from heliograph.operations.configuration.layout import file_of

        click.echo(
            f"# {file_of(kind, document.name)}, workspace {document.workspace}, "
            f"version {document.version} of {at(document.changed_at)} (UTC)",
            err=True,
        )
        click.echo(text_of(kind, document.body), nl=False)

    del list_, show


def _reveal_option(kind: "DocumentKind") -> "Callable[[Callable[..., Any]], Callable[..., Any]]":
    """Return the option that shows secrets, for kinds that can hold some."""
    if kind not in ("source", "destination"):
        return lambda command: command
    return click.option(
        "--reveal", is_flag=True, help="Show literal secrets instead of masking them."
    )


def _find(
    settings_source: SettingsSource,
    kind: "DocumentKind",
    name: str,
    *,
    version: int | None,
    workspace: str | None,
) -> "Document":
    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found, require_one_workspace

    name, _, address_version = name.partition("@")
    version = version or (int(address_version) if address_version.isdigit() else None)
    store = wiring.open_store(settings_source.settings(), writes=False)
    try:
        with store.read() as reader:
            there = {document.workspace for document in reader.configuration.all()}
            found = [
                document
                for candidate in (sorted(there) if workspace is None else [workspace])
                if (document := reader.configuration.get(candidate, kind, name, version))
            ]
    finally:
        store.close()
    require_one_workspace(kind, name, (document.workspace for document in found))
    if found:
        return found[0]
    raise not_found(kind, name if version is None else f"{name}, version {version}")


_GROUPS: "dict[DocumentKind, click.Group]" = {
    "source": source,
    "pipeline": pipeline,
    "destination": destination,
    "mapper": mapper,
}
for _kind, _group in _GROUPS.items():
    _add_list_and_show(_group, _kind)
