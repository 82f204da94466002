"""`trace ID`: the whole life of a request, event, message or delivery."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.options import SettingsSource, json_option, settings_options
from heliograph.cli.output import at, counted, print_json, print_line, short

if TYPE_CHECKING:
    from heliograph.model.request import StoredRequest
    from heliograph.operations.look.trace import DeliveryLife, EventLife, Trace


@click.command()
@click.argument("id_", metavar="ID")
@settings_options
@json_option
def trace(id_: str, source: SettingsSource, as_json: bool) -> None:
    """Show everything known under an id: what came in, what it became, where it went, what was said.

    ID is a request id (the answer to the sender has it), an event or message id, or a delivery id.
    """
    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found
    from heliograph.operations.look.trace import trace as run_trace

    with wiring.reading(source.settings()) as data:
        found = run_trace(id_, data)
    if found is None:
        raise not_found("request or event", id_)
    if as_json:
        print_json(_as_dict(found))
    else:
        show_trace(found)


def show_trace(trace: "Trace") -> None:
    """Print a trace as an indented list, in the order in which things happened."""
    if trace.request is not None:
        _show_request(trace.request)
    for life in trace.events:
        _show_event(life)


def _show_request(request: "StoredRequest") -> None:
    print_line(f"  {request.state}", head=f"request {request.request_id}")
    print_line(
        f"received {at(request.received_at)} (UTC) from {request.source_id}: {request.path}",
        indent=2,
    )
    print_line(
        f"mapper {request.mapper or '-'}: {counted(request.items, 'item')}, "
        f"{counted(request.events, 'event')}, {len(request.rejected)} rejected",
        indent=2,
    )
    print_line(f"body {short(request.body.decode('utf-8', 'replace'), 300)}", indent=2)
    for item in request.rejected:
        place = f" at {item.path}" if item.path else ""
        print_line(f"rejected item {item.index}: {item.code}: {item.message}{place}", indent=2)
        for line in (item.explanation or "").splitlines():
            print_line(line, indent=4)


def _show_event(life: "EventLife") -> None:
    event = life.event
    name = (event.event or f"({event.type})") if event else "(trimmed)"
    state = life.state + (f" ({life.reason})" if life.reason else "")
    print_line(f"  {name}  {state}", indent=2, head=f"event {life.event_id}")
    if event is not None:
        who = event.customer_id or event.anonymous_id or "-"
        print_line(
            f"{who} at {at(event.timestamp)} (UTC); {short(event.properties, 200)}", indent=4
        )
        if event.remap is not None:
            verb = "takes back" if event.retracted else "replaces"
            done = f"{verb} {event.supersedes}" if event.supersedes else "added"
            print_line(f"generation {event.generation}: {done}, by {event.remap}", indent=4)
    if life.superseded_by is not None:
        print_line(f"superseded by {life.superseded_by}", indent=4)
    print_line(f"journal partition {life.partition}, position {life.position}", indent=4)
    if life.person is not None:
        traits, events = short(life.person.traits, 200), counted(life.person.events, "event")
        print_line(f"profile {life.person.profile_id}, {events}; {traits}", indent=4)
    for delivery in life.deliveries:
        _show_delivery(delivery)


def _show_delivery(life: "DeliveryLife") -> None:
    from heliograph.cli.deliveries import show_attempts

    delivery = life.delivery
    reason = f" ({delivery.reason})" if delivery.reason else ""
    print_line(
        f"  {delivery.destination}  {delivery.state}{reason}",
        indent=4,
        head=f"delivery {delivery.delivery_id}",
    )
    show_attempts(life.attempts, indent=6)


def _as_dict(trace: "Trace") -> dict[str, object]:
    """Return the trace for JSON: bytes as text, the event of a delivery left out (it is above it)."""
    import msgspec

    plain = msgspec.to_builtins(msgspec.structs.replace(trace, request=None, events=[]))
    plain["request"] = None
    if trace.request is not None:
        body = trace.request.body.decode("utf-8", "replace")
        plain["request"] = {
            **msgspec.to_builtins(msgspec.structs.replace(trace.request, body=b"")),
            "body": body,
        }
    plain["events"] = [_event_dict(life) for life in trace.events]
    return plain


def _event_dict(life: "EventLife") -> dict[str, object]:
    import msgspec

    deliveries: list[dict[str, object]] = []
    for each in life.deliveries:
        fields = msgspec.to_builtins(msgspec.structs.replace(each.delivery, event=b""))
        fields.pop("event")
        deliveries.append({**fields, "attempts": msgspec.to_builtins(each.attempts)})
    plain = msgspec.to_builtins(msgspec.structs.replace(life, deliveries=[]))
    return {**plain, "deliveries": deliveries}
