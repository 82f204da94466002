"""`trace ID`: the whole life of a request, event, message, delivery or person."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.records.requests import show_rejected
from heliograph.cli.terminal.options import SettingsSource, json_option, local, settings_options
from heliograph.cli.terminal.output import at, counted, print_json, print_line, short, tell

if TYPE_CHECKING:
    from heliograph.operations.delivery_views import DeliveryView
    from heliograph.operations.views import EventView, PersonView, RequestView, TraceView


@click.command()
@click.argument("id_", metavar="ID")
@settings_options
@json_option
def trace(id_: str, source: SettingsSource, as_json: bool) -> None:
    """Show everything known under an id: what came in, what it became, where it went, what was said.

    ID is a request id (the answer to the sender has it), an event or message id, a delivery id, or the
    beginning or end of one; or a person's profile id, customer id, anonymous id or e-mail address: then the
    events received last are shown. What was not delivered yet says what it waits for.
    """
    from heliograph.operations.look.records.trace import trace as look

    with source.looking() as hub:
        found = look(local(), hub, id_)
    if as_json:
        print_json(found)
    else:
        show_trace(found, where=source.place())


def show_trace(trace: "TraceView", *, where: str = "") -> None:
    """Print a trace as an indented list, in the order in which things happened.

    Args:
        trace: what to print.
        where: what a further command takes to mean the same data folder.
    """
    if trace.note is not None:
        tell(trace.note, err=True)
    if trace.person is not None:
        _show_person(trace.person)
    if trace.request is not None:
        _show_request(trace.request)
    for life in trace.events:
        _show_event(life, of_person=trace.person is not None)
    if trace.person is not None:
        if not trace.events:
            print_line("no event of this person is known any more", indent=2)
        if trace.further:
            print_line(
                f"and {counted(trace.further, 'earlier event')}: heliograph events list --person "
                f"{trace.person.profile_id}{where}",
                indent=2,
            )


def _show_person(person: "PersonView") -> None:
    known = [person.customer_id, *person.other_customer_ids, *person.anonymous_ids]
    print_line(f"  workspace {person.workspace}", head=f"person {person.profile_id}")
    print_line(", ".join(one for one in known if one), indent=2)
    print_line(f"{counted(person.events, 'event')}; {short(person.traits, 200)}", indent=2)


def _show_request(request: "RequestView") -> None:
    print_line(f"  {request.state}", head=f"request {request.request_id}")
    print_line(
        f"received {at(request.received_at)} (UTC) from {request.source_id}: {request.path}",
        indent=2,
    )
    print_line(
        f"mapper {request.mapper or '-'}: {counted(request.items, 'item')}, "
        f"{counted(request.events, 'event')}, {request.rejected_total:,} rejected",
        indent=2,
    )
    print_line(f"body {short(request.body or '', 300)}", indent=2, ids=False)
    show_rejected(request, indent=2)


def _show_event(life: "EventView", *, of_person: bool) -> None:
    event = life.event
    name = "(trimmed)"
    if event is not None:
        name = event.event or f"({event.type})"
    elif life.fault is not None:
        name = f"(cannot be read: {life.fault})"
    state = life.state + (f" ({life.reason})" if life.reason else "")
    print_line(f"  {name}  {state}", indent=2, head=f"event {life.event_id}")
    if event is not None:
        who = event.customer_id or event.anonymous_id or "-"
        print_line(
            f"{who} at {at(event.timestamp)} (UTC); {short(event.properties, 200)}",
            indent=4,
            ids=False,
        )
        if event.remap is not None:
            verb = "takes back" if event.retracted else "replaces"
            done = f"{verb} {event.supersedes}" if event.supersedes else "added"
            print_line(f"generation {event.generation}: {done}, by {event.remap}", indent=4)
    if life.superseded_by is not None:
        print_line(f"superseded by {life.superseded_by}", indent=4)
    print_line(f"journal partition {life.partition}, position {life.position}", indent=4)
    if of_person and event is not None:
        print_line(f"received {at(life.received_at)} (UTC) in request {event.request_id}", indent=4)
    if life.person is not None and not of_person:
        traits, events = short(life.person.traits, 200), counted(life.person.events, "event")
        print_line(f"profile {life.person.profile_id}, {events}; {traits}", indent=4)
    if life.halted is not None:
        print_line(life.halted, indent=4)
    for delivery in life.deliveries or ():
        _show_delivery(delivery)


def _show_delivery(delivery: "DeliveryView") -> None:
    from heliograph.cli.records.deliveries import show_attempts, show_findings, show_waits

    reason = f" ({delivery.reason})" if delivery.reason else ""
    print_line(
        f"  {delivery.destination}  {delivery.state}{reason}",
        indent=4,
        head=f"delivery {delivery.delivery_id}",
    )
    show_waits(delivery, indent=6)
    show_findings(delivery, indent=6)
    show_attempts(delivery.attempts or (), indent=6)
