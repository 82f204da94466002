"""`deliveries` and `deadletters`: what is to be sent, what was sent, what was given up."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

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
from heliograph.cli.terminal.output import (
    at,
    counted,
    print_json,
    print_line,
    print_listed,
    say,
    short,
)

if TYPE_CHECKING:
    from heliograph.model.delivery import Attempt, DeliveryState
    from heliograph.operations.delivery_views import DeliveryView
    from heliograph.operations.look.records.deliveries import DeliveryFilter
    from heliograph.operations.page import Page

STATES: Final = ("queued", "waiting", "held", "delivered", "dead")


def filter_options(function: F) -> F:
    """Add the options that narrow a list or a replay."""
    function = click.option(
        "--person", help="Only deliveries of this person: an identifier or a profile id."
    )(function)
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
    """List deliveries, newest first.

    queued: behind another one of the same person. waiting: goes when it is due. held: until the person is
    identified. delivered. dead: not tried again unless a person says so.
    """
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
    person: str | None,
    page: "Page",
    source: SettingsSource,
    as_json: bool,
) -> None:
    from heliograph.operations.look.records import deliveries as look

    wanted = look.DeliveryFilter(
        workspace=workspace,
        destination=destination,
        event_id=event_id,
        person=person,
        states=states,
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
    """Show one delivery: why it waits, and every attempt with request, response and verdict.

    Secrets are masked. ID may be the beginning or the end of the delivery id when only one has it.
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
    show_waits(delivery)
    show_findings(delivery)
    show_attempts(delivery.attempts or ())


def show_waits(delivery: "DeliveryView", indent: int = 0) -> None:
    """Print why a delivery was not sent yet, a line for each reason."""
    for one in delivery.waits or ():
        print_line(f"waits: {one.text}", indent=indent)


def show_findings(delivery: "DeliveryView", indent: int = 0) -> None:
    """Print what of the event the requests do not say, a line for each finding."""
    for one in delivery.findings or ():
        print_line(f"finding {one.code} at {one.where}: {one.message}", indent=indent, ids=False)


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
        print_line(f"> {short(a.request_body, 400)}", indent=indent + 2, ids=False)
        print_line(f"< {short(a.response_body or '(empty)', 400)}", indent=indent + 2, ids=False)


@click.command("try")
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="Everything that waits, of all workspaces unless one is named.",
)
@filter_options
@settings_options
@json_option
def try_(
    *,
    delivery_ids: tuple[str, ...],
    all_: bool,
    source: SettingsSource,
    as_json: bool,
    **narrowed: Any,
) -> int:
    """Try deliveries now that wait for a later try. Exit 1 when none waited.

    For one that stands behind another of the same person, that one is tried: order holds.
    """
    from heliograph.operations.act.sending.trying import try_now

    wanted = _wanted(delivery_ids, all_, narrowed)
    with source.acting() as hub:
        done = try_now(local(), hub, wanted, ids=delivery_ids)
    if as_json:
        print_json(done)
    else:
        say(f"{counted(done.hurried, 'delivery', 'deliveries')} that waited for later: due now.")
        for note in done.notes:
            print_line(note)
    return 0 if done.hurried or all_ else 1


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
    source: SettingsSource,
    as_json: bool,
    **narrowed: Any,
) -> int:
    """Send dead letters again, oldest first; they keep their idempotency key. Exit 1 when none matched."""
    from heliograph.operations.act.sending.replay import replay as act

    wanted = _wanted(delivery_ids, all_, narrowed)
    with source.acting() as hub:
        done = act(local(), hub, wanted, ids=delivery_ids, newest_blueprint=newest_blueprint)
    if as_json:
        print_json(done)
    else:
        say(f"{done.replayed} deliver{'y is' if done.replayed == 1 else 'ies are'} open again.")
    return 0 if done.replayed or all_ else 1


def _wanted(delivery_ids: Sequence[str], all_: bool, narrowed: dict[str, Any]) -> "DeliveryFilter":
    """Return the filter that the options of `filter_options` say; something must be said."""
    from heliograph.operations.look.records.deliveries import DeliveryFilter

    if not (delivery_ids or all_ or any(narrowed.values())):
        raise click.UsageError(
            "Say which: ids, --workspace, --destination, --event, --person or --all."
        )
    return DeliveryFilter(**narrowed)


deliveries.add_command(try_)
for group in (deliveries, deadletters):
    group.add_command(show)
    group.add_command(replay)
