"""`profiles list|show|merge|unmerge`: people and the identifiers they are made of."""

import getpass

import click

from heliograph.cli.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.output import at, counted, print_json, print_table, short


@click.group(cls=Commands)
def profiles() -> None:
    """People: identifiers, attributes and where each value came from."""


@profiles.command("list")
@click.option("--workspace", help="Only this workspace.")
@click.option("--after", help="Only profile ids behind this one (paging).")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@settings_options
@json_option
def list_profiles(
    *, workspace: str | None, after: str | None, limit: int, source: SettingsSource, as_json: bool
) -> None:
    """List profile records, one per identifier, ordered by id."""
    from heliograph.app import wiring

    with wiring.reading(source.settings()) as data, data.store.read() as reader:
        found = reader.profiles.find(workspace=workspace, after=after, limit=limit)
        canonical = reader.profiles.canonical_of([record.profile_id for record in found])
    if as_json:
        print_json(
            [
                {
                    "profile_id": r.profile_id,
                    "canonical": canonical.get(r.profile_id, r.profile_id),
                    "workspace": r.workspace,
                    "kind": r.kind,
                    "value": r.value,
                    "first_seen": r.first_seen,
                    "last_seen": r.last_seen,
                    "events": r.events,
                    "attributes": {name: value.value for name, value in r.attributes.items()},
                }
                for r in found
            ]
        )
        return
    rows = [
        (r.profile_id, r.kind, r.value, canonical.get(r.profile_id), r.events, at(r.last_seen))
        for r in found
    ]
    columns = ["PROFILE", "KIND", "VALUE", "MERGED INTO", "EVENTS", "LAST SEEN (UTC)"]
    print_table(columns, rows, empty="No profiles.")


@profiles.command()
@click.argument("identifier", metavar="ID")
@click.option("--workspace", help="Where to look for a customer id, when there are several.")
@settings_options
@json_option
def show(identifier: str, workspace: str | None, source: SettingsSource, as_json: bool) -> None:
    """Show one person by profile id, customer id or anonymous id, with the origin of every value."""
    from heliograph.app import wiring
    from heliograph.cli.lookup import not_found, profile_ids
    from heliograph.profiles.lookup import load_people

    with wiring.reading(source.settings()) as data, data.store.read() as reader:
        ids = profile_ids(reader, identifier, workspace)
        people = load_people(reader, ids)
    person = next((people[id_] for id_ in ids if id_ in people), None)
    if person is None:
        raise not_found("profile", identifier)
    if as_json:
        print_json(person)
        return
    click.echo(f"{person.profile_id}  workspace {person.workspace}")
    click.echo(f"customer id    {person.customer_id or '(anonymous)'}")
    if person.other_customer_ids:
        click.echo(f"also           {', '.join(person.other_customer_ids)}")
    if person.anonymous_ids:
        click.echo(f"anonymous ids  {', '.join(person.anonymous_ids)}")
    click.echo(
        f"{counted(person.events, 'event')} from {at(person.first_seen)} to {at(person.last_seen)} (UTC)"
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
    from heliograph.app import wiring
    from heliograph.cli.lookup import one_profile_id
    from heliograph.operations.act.people import merge_profiles

    now_ms = wiring.system_clock().now_ms()
    with wiring.writing_store(source.settings()) as store, store.transaction() as tx:
        done = merge_profiles(
            tx,
            keep=one_profile_id(tx, keep, workspace),
            absorb=one_profile_id(tx, absorb, workspace),
            operator=getpass.getuser(),
            now_ms=now_ms,
        )
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done.old} is now the same person as {done.canonical}.")


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
    from heliograph.app import wiring
    from heliograph.cli.lookup import one_profile_id
    from heliograph.operations.act.people import unmerge_profile

    with wiring.writing_store(source.settings()) as store, store.transaction() as tx:
        profile_id = one_profile_id(tx, identifier, workspace)
        before = unmerge_profile(tx, profile_id=profile_id)
    if as_json:
        print_json({"profile_id": profile_id, "was_merged_into": before})
    else:
        click.echo(f"{profile_id} is a person of its own again; it belonged to {before}.")
