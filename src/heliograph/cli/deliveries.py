"""`deliveries` and `deadletters`: what is to be sent, what was sent, what was given up."""

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from heliograph.cli.options import Commands, F, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, print_json, print_line, print_table, short

if TYPE_CHECKING:
    from heliograph.model.delivery import Attempt, DeliveryState

STATES: Final = ("queued", "waiting", "leased", "held", "delivered", "dead")


def filter_options(function: F) -> F:
    """Add the options that narrow a list or a replay."""
    function = click.option("--event", "event_id", help="Only deliveries of this event.")(function)
    function = click.option("--workspace", help="Only this workspace.")(function)
    return click.option("--destination", help="Only this one: <name> or <workspace>/<name>.")(
        function
    )


@click.group(cls=Commands)
def deliveries() -> None:
    """Deliveries: the intent to send one event to one destination, with every attempt."""


@click.group(cls=Commands)
def deadletters() -> None:
    """Deliveries that are not tried again unless a person says so."""


@deliveries.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@filter_options
@settings_options
@json_option
def list_deliveries(
    *,
    states: "tuple[DeliveryState, ...]",
    limit: int,
    workspace: str | None,
    destination: str | None,
    event_id: str | None,
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List deliveries, newest first."""
    _list(
        source,
        states,
        limit=limit,
        workspace=workspace,
        destination=destination,
        event_id=event_id,
        as_json=as_json,
    )


@deadletters.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@filter_options
@settings_options
@json_option
def list_dead(
    *,
    limit: int,
    workspace: str | None,
    destination: str | None,
    event_id: str | None,
    source: SettingsSource,
    as_json: bool,
) -> None:
    """List dead letters, newest first, with the reason."""
    _list(
        source,
        ("dead",),
        limit=limit,
        workspace=workspace,
        destination=destination,
        event_id=event_id,
        as_json=as_json,
    )


@click.command()
@click.argument("delivery_id", metavar="ID")
@settings_options
@json_option
def show(delivery_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one delivery with every attempt: request, response, verdict. Secrets are masked."""
    import msgspec

    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found

    with wiring.reading(source.settings()) as data, data.store.read() as reader:
        delivery = reader.deliveries.get(delivery_id)
        attempts = reader.deliveries.attempts(delivery_id)
    if delivery is None:
        raise not_found("delivery", delivery_id)
    if as_json:
        event = msgspec.json.decode(delivery.event)
        print_json({**msgspec.structs.asdict(delivery), "event": event, "attempts": attempts})
        return
    click.echo(f"{delivery.delivery_id}  {delivery.state}  {delivery.reason or ''}".rstrip())
    click.echo(
        f"event {delivery.event_id} to {delivery.destination} by pipeline {delivery.pipeline}, "
        f"blueprint {delivery.blueprint or 'none'}"
    )
    click.echo(f"made {at(delivery.created_at)}, ended {at(delivery.finished_at)} (UTC)")
    show_attempts(attempts)


def show_attempts(attempts: "Sequence[Attempt]", indent: int = 0) -> None:
    """Print each try: when, how long, what was sent, what came back, the verdict."""
    for a in attempts:
        answer = f"{a.status}" if a.status is not None else "no response"
        said = f"{a.verdict}: {a.reason}" if a.reason else a.verdict
        print_line(
            f"attempt {a.number}  {at(a.at)}  {a.duration_ms:.0f} ms  {answer}  {said}",
            indent=indent,
        )
        print_line(f"{a.method} {a.url}", indent=indent + 2)
        print_line(f"> {short(a.request_body, 400)}", indent=indent + 2)
        print_line(f"< {short(a.response_body or '(empty)', 400)}", indent=indent + 2)


@click.command()
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--all", "all_", is_flag=True, help="Every dead letter, of all workspaces unless one is named."
)
@click.option(
    "--newest-blueprint",
    is_flag=True,
    help="With today's text of the blueprint, not the one each was made with.",
)
@filter_options
@settings_options
@json_option
def replay(
    *,
    delivery_ids: tuple[str, ...],
    all_: bool,
    newest_blueprint: bool,
    workspace: str | None,
    destination: str | None,
    event_id: str | None,
    source: SettingsSource,
    as_json: bool,
) -> int:
    """Send dead letters again, oldest first; they keep their idempotency key. Exit 1 when none matched."""
    from heliograph.app import wiring
    from heliograph.cli.lookup import belongs, full_destination, not_found
    from heliograph.operations.act.deliveries import replay_dead_letters
    from heliograph.storage.deliveries import DeliveryQuery

    if not (delivery_ids or all_ or workspace or destination or event_id):
        raise click.UsageError("Say which: ids, --workspace, --destination, --event or --all.")
    with wiring.writing_store(source.settings()) as store:
        with store.read() as reader:
            for delivery_id in delivery_ids:
                found = reader.deliveries.get(delivery_id)
                if found is None or not belongs(found.destination, workspace):
                    raise not_found("delivery", delivery_id)
            name = full_destination(reader, destination, workspace) if destination else None
        replayed = replay_dead_letters(
            store,
            DeliveryQuery(
                workspace=workspace,
                destination=name,
                event_id=event_id,
                delivery_ids=delivery_ids,
                limit=0,
            ),
            clock=wiring.system_clock(),
            by=getpass.getuser(),
            newest_blueprint=newest_blueprint,
        ).replayed
    if as_json:
        print_json({"replayed": replayed})
    else:
        click.echo(f"{replayed} deliver{'y is' if replayed == 1 else 'ies are'} open again.")
    return 0 if replayed or all_ else 1


for group in (deliveries, deadletters):
    group.add_command(show)
    group.add_command(replay)


def _list(
    source: SettingsSource,
    states: "tuple[DeliveryState, ...]",
    *,
    limit: int,
    workspace: str | None,
    destination: str | None,
    event_id: str | None,
    as_json: bool,
) -> None:
    import msgspec

    from heliograph.app import wiring
    from heliograph.cli.lookup import full_destination
    from heliograph.storage.deliveries import DeliveryQuery

    with wiring.reading(source.settings()) as data, data.store.read() as reader:
        name = full_destination(reader, destination, workspace) if destination else None
        query = DeliveryQuery(
            workspace=workspace, destination=name, states=states, event_id=event_id, limit=limit
        )
        found = reader.deliveries.find(query)
    if as_json:
        rows_json: list[dict[str, object]] = []
        for delivery in found:
            fields = msgspec.structs.asdict(delivery)
            fields.pop("event")
            rows_json.append(fields)
        print_json(rows_json)
        return
    rows = [
        (
            d.delivery_id,
            d.destination,
            d.state,
            d.attempts,
            at(d.due_at) if d.state == "waiting" else at(d.finished_at),
            d.event_id,
            short(d.reason or ""),
        )
        for d in found
    ]
    columns = ["DELIVERY", "DESTINATION", "STATE", "TRIES", "DUE OR ENDED (UTC)", "EVENT", "REASON"]
    print_table(columns, rows, empty="No deliveries.")
