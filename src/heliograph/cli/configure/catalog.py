"""Documents in force: `source`, `destination`, `pipeline` and `mapper`, each with `list` and `show`.

`destination` and `mapper` bring the commands that need no hub (plan, run, test, …) from modules of
their own; what is added here reads or changes a data folder.
"""

from typing import TYPE_CHECKING, Any

import click

from heliograph.cli.configure.destination_states import destination, show_destinations
from heliograph.cli.mapper.command import mapper
from heliograph.cli.terminal.options import (
    Commands,
    SettingsSource,
    json_option,
    local,
    settings_options,
)
from heliograph.cli.terminal.output import at, print_document, print_json, print_table, say, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.model.documents.configuration import DocumentKind
    from heliograph.operations.views import DocumentView

__all__ = ["destination", "mapper", "pipeline", "source"]


@click.group(cls=Commands)
def source() -> None:
    """Sources: the configured origins of requests."""


@click.group(cls=Commands)
def pipeline() -> None:
    """Pipelines: which sources feed which destinations."""


def _summary(document: "DocumentView") -> str:
    body = document.body
    match document.kind:
        case "source":
            return f"{body.get('kind', 'webhook')}, partner {body.get('partner', document.name)}"
        case "pipeline":
            targets = body.get("destinations", [])
            names = [str(t["name"]) for t in targets if isinstance(t, dict)]  # type: ignore[union-attr]
            return f"{short(body.get('sources', ['*']))} → {', '.join(names)}"
        case "mapper":
            variants = body.get("variants")
            several = f"{len(variants)} variants" if isinstance(variants, list) else "?"
            return (
                f"{body.get('mapping_type', several)}{', batching' if body.get('batching') else ''}"
            )
        case _:
            return str(body.get("type", "?"))


def _add_list_and_show(group: click.Group, kind: "DocumentKind") -> None:
    @group.command("list", help=f"List the {kind}s in force.")
    @click.option("--workspace", help="Only this workspace.")
    @settings_options
    @json_option
    def list_(workspace: str | None, source: SettingsSource, as_json: bool) -> None:
        from heliograph.operations.look.records.documents import list_documents

        with source.looking() as hub:
            found = list_documents(local(), hub, kind, workspace=workspace)
        if as_json:
            print_json(found)
            return
        if kind == "destination":
            show_destinations(found)
            return
        rows = [(d.workspace, d.name, d.version, _summary(d), at(d.changed_at)) for d in found]
        columns = ["WORKSPACE", "NAME", "VERSION", "WHAT", "DOCUMENT CHANGED (UTC)"]
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
        from heliograph.model.documents.files import file_of
        from heliograph.operations.configuration.files import text_of
        from heliograph.operations.look.records.documents import show_document

        with source.looking() as hub:
            document = show_document(
                local(), hub, kind, name, version=version, workspace=workspace, reveal=reveal
            )
        if as_json:
            print_json(document)
            return
        say(
            f"# {file_of(kind, document.name)}, workspace {document.workspace}, "
            f"version {document.version} of {at(document.changed_at)} (UTC)",
            err=True,
        )
        print_document(text_of(kind, document.body))

    del list_, show


def _reveal_option(kind: "DocumentKind") -> "Callable[[Callable[..., Any]], Callable[..., Any]]":
    """Return the option that shows secrets, for kinds that can hold some."""
    if kind not in ("source", "destination"):
        return lambda command: command
    return click.option(
        "--reveal", is_flag=True, help="Show literal secrets instead of masking them."
    )


_GROUPS: "dict[DocumentKind, click.Group]" = {
    "source": source,
    "pipeline": pipeline,
    "destination": destination,
    "mapper": mapper,
}
for _kind, _group in _GROUPS.items():
    _add_list_and_show(_group, _kind)
