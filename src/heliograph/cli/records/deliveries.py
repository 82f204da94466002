"""`deliveries` and `deadletters`: what is to be sent, what was sent, what was given up."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from heliograph.cli.terminal.options import (
    Commands,
    F,
    SettingsSource,
    json_option,
    local,
    page_options,
    settings_options,
)
from heliograph.cli.terminal.output import at, print_json, print_line, print_listed, say, short

if TYPE_CHECKING:
    from heliograph.model.delivery import Attempt, DeliveryState
    from heliograph.operations.page import Page
    from heliograph.operations.views import DeliveryView

STATES: Final = ("queued", "waiting", "held", "delivered", "dead")


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
@filter_options
@page_options
@settings_options
@json_option
def list_deliveries(states: "tuple[DeliveryState, ...]", **options: object) -> None:
    """List deliveries, newest first."""
    _list(states, **options)  # type: ignore[arg-type]


@deadletters.command("list")
@filter_options
@page_options
@settings_options
@json_option
def list_dead(**options: object) -> None:
    """List dead letters, newest first, with the reason."""
    _list(("dead",), **options)  # type: ignore[arg-type]


def _list(
    states: "tuple[DeliveryState, ...]",
    *,
    workspace: str | None,
    destination: str | None,
    event_id: str | None,
    page: "Page",
    source: SettingsSource,
    as_json: bool,
) -> None:
    from heliograph.operations.look.records import deliveries as look

    wanted = look.DeliveryFilter(
        workspace=workspace, destination=destination, event_id=event_id, states=states
    )
    with source.looking() as hub:
        found = look.list_deliveries(local(), hub, wanted, page)
    print_listed(
        found,
        ["DELIVERY", "DESTINATION", "STATE", "REQUESTS", "DUE OR ENDED (UTC)", "EVENT", "REASON"],
        _row,
        empty="No dead letters." if states == ("dead",) else "No deliveries.",
        as_json=as_json,
    )


def _row(d: "DeliveryView") -> tuple[object, ...]:
    return (
        d.delivery_id,
        d.destination,
        d.state,
        d.attempts_made,
        at(d.due_at) if d.state == "waiting" else at(d.finished_at),
        d.event_id,
        short(d.reason or ""),
    )


@click.command()
@click.argument("delivery_id", metavar="ID")
@settings_options
@json_option
def show(delivery_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one delivery with every attempt: request, response, verdict. Secrets are masked.

    ID may be the beginning of the delivery id when only one begins so.
    """
    from heliograph.operations.look.records.deliveries import show_delivery

    with source.looking() as hub:
        delivery = show_delivery(local(), hub, delivery_id)
    if as_json:
        print_json(delivery)
        return
    print_line(f"{delivery.delivery_id}  {delivery.state}  {delivery.reason or ''}".rstrip())
    print_line(
        f"event {delivery.event_id} to {delivery.destination} by pipeline {delivery.pipeline}, "
        f"blueprint {delivery.blueprint or 'none'}"
    )
    print_line(f"made {at(delivery.created_at)}, ended {at(delivery.finished_at)} (UTC)")
    if delivery.fault:
        print_line(f"its event cannot be read: {delivery.fault}")
    show_attempts(delivery.attempts or ())


def show_attempts(attempts: "Sequence[Attempt]", indent: int = 0) -> None:
    """Print each attempt: when, how long, what was sent, what came back, the verdict.

    Of a delivery that makes several requests each attempt says which it was, by its place in the plan.
    """
    several = any(a.step for a in attempts)
    for a in attempts:
        step = f" (request {a.step + 1} of its plan)" if several else ""
        answer = f"{a.status}" if a.status is not None else "no response"
        said = f"{a.verdict}: {a.reason}" if a.reason else a.verdict
        print_line(
            f"attempt {a.number}{step}  {at(a.at)}  {a.duration_ms:.0f} ms  {answer}  {said}",
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
    from heliograph.operations.act.replay import replay as act
    from heliograph.operations.look.records.deliveries import DeliveryFilter

    if not (delivery_ids or all_ or workspace or destination or event_id):
        raise click.UsageError("Say which: ids, --workspace, --destination, --event or --all.")
    wanted = DeliveryFilter(workspace=workspace, destination=destination, event_id=event_id)
    with source.acting() as hub:
        done = act(local(), hub, wanted, ids=delivery_ids, newest_blueprint=newest_blueprint)
    if as_json:
        print_json(done)
    else:
        say(f"{done.replayed} deliver{'y is' if done.replayed == 1 else 'ies are'} open again.")
    return 0 if done.replayed or all_ else 1


for group in (deliveries, deadletters):
    group.add_command(show)
    group.add_command(replay)
