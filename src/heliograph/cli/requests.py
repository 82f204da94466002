"""`requests list` and `requests show`: what was received, raw."""

import click

from heliograph.cli.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, counted, print_json, print_table, short


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
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@settings_options
@json_option
def list_requests(
    *,
    workspace: str | None,
    source_id: str | None,
    states: tuple[str, ...],
    before: str | None,
    limit: int,
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List requests, newest first."""
    from heliograph.app import wiring
    from heliograph.storage.requests import RequestQuery

    query = RequestQuery(
        workspace=workspace, source_id=source_id, states=states, before_id=before, limit=limit
    )
    with wiring.reading(source.settings()) as data:
        found = data.requests.find(query)
    if as_json:
        print_json([_as_dict(request) for request in found])
        return
    rows = [
        (
            request.request_id,
            at(request.received_at),
            request.source_id,
            request.mapper,
            request.state,
            request.events,
            short(request.rejected[0].message) if request.rejected else "",
        )
        for request in found
    ]
    columns = ["REQUEST", "RECEIVED (UTC)", "SOURCE", "MAPPER", "STATE", "EVENTS", "REJECTED"]
    print_table(columns, rows, empty="No requests.")


@requests.command()
@click.argument("request_id", metavar="ID")
@settings_options
@json_option
def show(request_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one request with its headers, its raw body and what was rejected."""
    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found

    with wiring.reading(source.settings()) as data:
        request = data.requests.get(request_id)
    if request is None:
        raise not_found("request", request_id)
    if as_json:
        print_json({**_as_dict(request), "body": request.body.decode("utf-8", "replace")})
        return
    click.echo(f"{request.request_id}  {at(request.received_at)}  {request.state}")
    click.echo(f"source {request.source_id}, mapper {request.mapper or '-'}, {request.path}")
    click.echo(
        f"{counted(request.items, 'item')}: {counted(request.events, 'event')}, "
        f"{len(request.rejected)} rejected"
    )
    for item in request.rejected:
        place = f" at {item.path}" if item.path else ""
        click.echo(f"  item {item.index}: {item.code}: {item.message}{place}")
        for line in (item.explanation or "").splitlines():
            click.echo(f"    {line}")
    for name, value in request.headers.items():
        click.echo(f"{name}: {value}")
    click.echo()
    click.echo(request.body.decode("utf-8", "replace"))


def _as_dict(request: object) -> dict[str, object]:
    import msgspec

    fields = msgspec.structs.asdict(request)  # type: ignore[type-var]
    fields.pop("body")
    return fields
