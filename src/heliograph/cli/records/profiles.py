"""`profiles list|show|merge|unmerge`: people and the identifiers they are made of."""

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
from heliograph.cli.terminal.output import (
    at,
    counted,
    print_json,
    print_line,
    print_listed,
    print_table,
    short,
    tell,
)

if TYPE_CHECKING:
    from heliograph.operations.page import Page
    from heliograph.operations.views import IdentifierView


@click.group(cls=Commands)
def profiles() -> None:
    """People: identifiers, attributes and where each value came from."""


@profiles.command("list")
@click.option("--workspace", help="Only this workspace.")
@page_options
@settings_options
@json_option
def list_profiles(
    *, workspace: str | None, page: "Page", source: SettingsSource, as_json: bool
) -> None:
    """List profile records, one per identifier, ordered by id."""
    from heliograph.operations.look.records.people import list_identifiers

    with source.looking() as hub:
        found = list_identifiers(local(), hub, page, workspace=workspace)
    print_listed(
        found,
        ["PROFILE", "KIND", "VALUE", "MERGED INTO", "EVENTS", "LAST SEEN (UTC)"],
        _row,
        empty="No profiles.",
        as_json=as_json,
    )


def _row(one: "IdentifierView") -> tuple[object, ...]:
    merged = one.canonical if one.canonical != one.profile_id else None
    return (one.profile_id, one.kind, one.value, merged, one.events, at(one.last_seen))


@profiles.command()
@click.argument("identifier", metavar="ID")
@click.option("--workspace", help="Where to look for a customer id, when there are several.")
@settings_options
@json_option
def show(identifier: str, workspace: str | None, source: SettingsSource, as_json: bool) -> None:
    """Show one person with the origin of every value.

    ID is a profile id or a part of it, a customer id, an anonymous id, or an e-mail address in any case.
    """
    from heliograph.operations.look.records.people import show_person

    with source.looking() as hub:
        person = show_person(local(), hub, identifier, workspace=workspace)
    if as_json:
        print_json(person)
        return
    if person.note is not None:
        tell(person.note, err=True)
    print_line(f"{person.profile_id}  workspace {person.workspace}")
    print_line(f"customer id    {person.customer_id or '(anonymous)'}")
    if person.other_customer_ids:
        print_line(f"also           {', '.join(person.other_customer_ids)}")
    if person.anonymous_ids:
        print_line(f"anonymous ids  {', '.join(person.anonymous_ids)}")
    print_line(
        f"{counted(person.events, 'event')} from {at(person.first_seen)} to {at(person.last_seen)} (UTC)"
    )
    print_table(
        ["SOURCE", "FIRST SEEN (UTC)", "LAST SEEN (UTC)"],
        [(one.source_id, at(one.first_seen), at(one.last_seen)) for one in person.sources],
        empty="No source was noted for this person yet.",
    )
    rows = [
        (name, short(a.value), at(a.at), a.source_id, a.event_id)
        for name, a in person.attributes.items()
    ]
    print_table(
        ["ATTRIBUTE", "VALUE", "SET AT (UTC)", "BY SOURCE", "BY EVENT"],
        rows,
        empty="No attributes.",
    )
    where = source.place()
    print_line(f"What became of the events: heliograph trace {person.profile_id}{where}")
    print_line(f"What is sent: heliograph deliveries list --person {person.profile_id}{where}")


@profiles.command()
@click.argument("keep")
@click.argument("absorb")
@click.option("--workspace", help="Where to look for customer ids, when there are several.")
@settings_options
@json_option
def merge(
    *, keep: str, absorb: str, workspace: str | None, source: SettingsSource, as_json: bool
) -> None:
    """Make ABSORB the same person as KEEP; `profiles unmerge ABSORB` takes it back.

    Each is a profile id, a customer id or an anonymous id.
    """
    from heliograph.operations.act.merges import merge as act

    with source.acting() as hub:
        done = act(local(), hub, keep=keep, absorb=absorb, workspace=workspace)
    if as_json:
        print_json(done)
    else:
        print_line(f"{done.old} is now the same person as {done.canonical}.")


@profiles.command()
@click.argument("identifier", metavar="ID")
@click.option("--workspace", help="Where to look for a customer id, when there are several.")
@settings_options
@json_option
def unmerge(
    *, identifier: str, workspace: str | None, source: SettingsSource, as_json: bool
) -> None:
    """Make what was merged a person of its own again; events will not merge it by themselves.

    ID is the profile id, anonymous id or customer id that was merged into another person.
    """
    from heliograph.operations.act.merges import unmerge as act

    with source.acting() as hub:
        done = act(local(), hub, identifier, workspace=workspace)
    if as_json:
        print_json(done)
    else:
        print_line(
            f"{done.profile_id} is a person of its own again; it belonged to {done.was_merged_into}."
        )
