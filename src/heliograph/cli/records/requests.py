"""`requests list` and `requests show`: what was received, raw."""

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
from heliograph.cli.terminal.output import at, counted, print_json, print_line, print_listed, short

if TYPE_CHECKING:
    from heliograph.operations.page import Page
    from heliograph.operations.views import RequestView


@click.group(cls=Commands)
def requests() -> None:
    """Requests as they were received, the refused ones too."""


@requests.command("list")
@click.option("--workspace", help="Only this workspace.")
@click.option("--source", "source_id", help="Only this source.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(["accepted", "partial", "refused"])
)
@click.option("--before", help="Only requests older than this request id.")
@page_options
@settings_options
@json_option
def list_requests(
    *,
    workspace: str | None,
    source_id: str | None,
    states: tuple[str, ...],
    before: str | None,
    page: "Page",
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List requests, newest first."""
    from heliograph.operations.look.records import requests as look

    wanted = look.RequestFilter(
        workspace=workspace, source_id=source_id, states=states, before=before
    )
    with source.looking() as hub:
        found = look.list_requests(local(), hub, wanted, page)
    print_listed(
        found,
        ["REQUEST", "RECEIVED (UTC)", "SOURCE", "MAPPER", "STATE", "EVENTS", "REJECTED"],
        _row,
        empty="No requests.",
        as_json=as_json,
    )


def _row(request: "RequestView") -> tuple[object, ...]:
    said = request.fault or (request.rejected[0].message if request.rejected else "")
    return (
        request.request_id,
        at(request.received_at),
        request.source_id,
        request.mapper,
        request.state,
        request.events,
        short(said),
    )


@requests.command()
@click.argument("request_id", metavar="ID")
@settings_options
@json_option
def show(request_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one request with its headers, its raw body and what was rejected.

    ID may be the beginning or the end of the request id when only one has it.
    """
    from heliograph.operations.look.records.requests import show_request

    with source.looking() as hub:
        request = show_request(local(), hub, request_id)
    if as_json:
        print_json(request)
        return
    print_line(f"{request.request_id}  {at(request.received_at)}  {request.state}")
    print_line(f"source {request.source_id}, mapper {request.mapper or '-'}, {request.path}")
    print_line(
        f"{counted(request.items, 'item')}: {counted(request.events, 'event')}, "
        f"{request.rejected_total:,} rejected"
    )
    show_rejected(request, indent=2)
    for name, value in request.headers.items():
        print_line(f"{name}: {value}")
    print_line("")
    for line in (request.body or "").splitlines():
        print_line(line)


def show_rejected(request: "RequestView", *, indent: int) -> None:
    """Print what could not be read of a request, and each rejected item with its explanation."""
    if request.fault:
        print_line(f"cannot be read in full: {request.fault}", indent=indent)
    for item in request.rejected:
        place = f" at {item.path}" if item.path else ""
        print_line(f"item {item.index}: {item.code}: {item.message}{place}", indent=indent)
        for line in (item.explanation or "").splitlines():
            print_line(line, indent=indent + 2)
    more = request.rejected_total - len(request.rejected)
    if more > 0:
        print_line(f"and {more:,} more, of which only the number is kept", indent=indent)
