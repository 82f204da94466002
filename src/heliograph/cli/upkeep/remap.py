"""`remap`: map stored requests again, show what would change, and correct history."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.moments import MOMENT
from heliograph.cli.terminal.options import (
    SettingsSource,
    json_option,
    local,
    page_options,
    settings_options,
)
from heliograph.cli.terminal.output import (
    at,
    counted,
    paint,
    print_json,
    print_listed,
    say,
    short,
)
from heliograph.cli.terminal.progress import Progress
from heliograph.cli.terminal.questions import ask, refuse_without_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.operations.page import Page
    from heliograph.operations.views import RemapView
    from heliograph.remap.compare import EventChange
    from heliograph.remap.run import RemapReport
    from heliograph.remap.wish import RemapPlan

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.group(invoke_without_command=True)
@click.option("--source", "source_name", metavar="NAME", help="Whose requests.")
@click.option("--mapper", metavar="NAME", help="What maps them now: config, or partner/config.")
@click.option("--from", "since_ms", type=MOMENT, help="Received from here on; default: all kept.")
@click.option("--to", "until_ms", type=MOMENT, help="Received before; default: now.")
@click.option(
    "--of", multiple=True, metavar="NAME",
    help="Requests received under this mapper; may be repeated.",
)  # fmt: skip
@click.option("--workspace", help="When several workspaces have the source.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--resend", is_flag=True, help="Send corrected events to destinations.")
@click.option("--examples", default=3, show_default=True, type=click.IntRange(0, 100))
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_options
@json_option
@click.pass_context
def remap(
    ctx: click.Context,
    *,
    source_name: str | None,
    mapper: str | None,
    since_ms: int | None,
    until_ms: int | None,
    of: tuple[str, ...],
    workspace: str | None,
    dry_run: bool,
    resend: bool,
    examples: int,
    yes: bool,
    source: SettingsSource,
    as_json: bool,
) -> None:
    """Run a mapper over stored requests and put what comes out in the place of what came out before.

    TIME is a date (2026-03-01), a date and time (2026-03-01T14:30:00Z), or how long ago (7d, 12h, 30m).
    Shows the events that would be added, removed and changed, and asks. Corrected events are appended as
    a new generation; in profiles and history they replace the old ones. Destinations get nothing
    unless --resend is given.
    """
    if ctx.invoked_subcommand is not None:
        return
    if source_name is None or mapper is None:
        raise click.UsageError("Say --source and --mapper, or a command: list, show, resume.")
    from heliograph.app import wiring
    from heliograph.operations.act import remap as act
    from heliograph.remap.wish import RemapWish

    wish = RemapWish(
        source=source_name,
        mapper=mapper,
        workspace=workspace,
        of=of,
        since_ms=since_ms,
        until_ms=until_ms,
        resend=resend,
    )
    with source.looking() as hub:
        _require_span(since_ms, until_ms, now_ms=hub.clock.now_ms())
        plan = act.planned(local(), hub, wish, remap_id=wiring.new_ids(hub.clock).new("rmp"))
        _require_kind(plan)
        if dry_run or not (yes or as_json):
            with Progress(quiet=as_json) as progress:
                told = _told(progress, "comparing requests", plan)
                report = act.preview(local(), hub, plan, examples=examples, progress=told)
            if not as_json:
                _show(plan, report, done=False)
            elif dry_run:
                print_json(_as_dict(plan, report, dry_run=True))
            if dry_run:
                if not as_json:
                    say("Nothing was written (--dry-run).")
                return
            if not _touched(report):
                return
            _confirm()
    _run(source, plan, examples=examples, as_json=as_json)


@remap.command("list")
@click.option("--workspace", help="Only this workspace.")
@page_options
@settings_options
@json_option
def list_remaps(
    *, workspace: str | None, page: "Page", source: SettingsSource, as_json: bool
) -> None:
    """List remaps, the last one first."""
    from heliograph.operations.look.records import remaps as look

    with source.looking() as hub:
        found = look.list_remaps(local(), hub, page, workspace=workspace)
    print_listed(
        found,
        ["REMAP", "STARTED (UTC)", "SOURCE", "MAPPER", "STATE", "ADDED", "REMOVED", "CHANGED"],
        _row,
        empty="No remaps.",
        as_json=as_json,
    )


def _row(each: "RemapView") -> tuple[object, ...]:
    return (
        each.remap_id,
        at(each.started_at),
        each.source_id,
        each.mapper,
        each.state,
        f"{each.counts.added:,}",
        f"{each.counts.removed:,}",
        f"{each.counts.changed:,}",
    )


@remap.command()
@click.argument("remap_id", metavar="ID")
@settings_options
@json_option
def show(remap_id: str, source: SettingsSource, as_json: bool) -> None:
    """Show one remap: what was asked, how far it came, what it changed."""
    from heliograph.operations.look.records.remaps import show_remap

    with source.looking() as hub:
        found = show_remap(local(), hub, remap_id)
    if as_json:
        print_json(found)
        return
    _show_remap(found)


@remap.command()
@click.argument("remap_id", metavar="ID")
@settings_options
@json_option
def resume(remap_id: str, source: SettingsSource, as_json: bool) -> None:
    """Go on with a remap that was interrupted."""
    from heliograph.operations.act import remap as act

    with source.looking() as hub:
        plan = act.unfinished(local(), hub, remap_id)
    _run(source, plan, examples=0, as_json=as_json)


def _require_span(since_ms: int | None, until_ms: int | None, *, now_ms: int) -> None:
    """Refuse a time in which nothing can have been received, which would look like nothing to correct."""
    if since_ms is None:
        return
    end = now_ms if until_ms is None else min(until_ms, now_ms)
    if since_ms < end:
        return
    name = "now" if end == now_ms else "--to"
    raise click.BadParameter(
        f"the time ends before it begins; found from {at(since_ms)} to {at(end)} (UTC), allowed is a "
        f"moment before {name}.",
        param_hint="--from",
    )


def _require_kind(plan: "RemapPlan") -> None:
    """Refuse a mapper when all that was received came in under mappers of the other kind."""
    if plan.remap.received_under or not plan.left_alone:
        return
    kind = plan.task.mapper.kind
    other = "users" if kind == "events" else "events"
    raise click.BadParameter(
        f"{plan.remap.mapper} is for {kind}, and what {plan.remap.source_id} received in this time is for "
        f"{other}; found requests under {', '.join(sorted(plan.left_alone))}, allowed is a mapper for "
        f"{other}, or to name with --of whose requests are meant.",
        param_hint="--mapper",
    )


def _run(source: SettingsSource, plan: "RemapPlan", *, examples: int, as_json: bool) -> None:
    from heliograph.app import wiring
    from heliograph.operations.act import remap as act
    from heliograph.operations.look.records.remaps import remap_view

    try:
        with (
            wiring.correcting(source.settings(), plan.remap.remap_id) as hub,
            Progress(quiet=as_json) as progress,
        ):
            report, applied = act.correct(
                local(),
                hub,
                plan,
                examples=examples,
                progress=_told(progress, "correcting requests", plan),
            )
            done = remap_view(hub, report.remap)
    except KeyboardInterrupt:
        _say_how_to_go_on(source, plan.remap.remap_id)
        raise
    if as_json:
        print_json({**_as_dict(plan, report, dry_run=False), "applied": applied})
        return
    _show_remap(done)
    if not applied:
        say("  The worker does not run: profiles change when it does.")


def _say_how_to_go_on(source: SettingsSource, remap_id: str) -> None:
    """Say what an interruption left behind: what was appended stays, and nothing is appended twice."""
    from heliograph.errors import HeliographError
    from heliograph.operations.look.records.remaps import show_remap

    try:
        with source.looking() as hub:
            left = show_remap(local(), hub, remap_id)
    except HeliographError:
        say("Interrupted before anything was corrected.", err=True)
        return
    counts = left.counts
    corrected = counts.added + counts.removed + counts.changed
    say(
        f"Interrupted; {counted(counts.requests, 'request')} done, {counted(corrected, 'event')} corrected. "
        f"Go on with: heliograph remap resume {remap_id}",
        err=True,
    )


def _told(progress: Progress, what: str, plan: "RemapPlan") -> "Callable[[int], None]":
    """Return what is told the number of requests that are done; there may be more than were counted."""
    return lambda done: progress(what, done, max(done, plan.requests))


def _show(plan: "RemapPlan", report: "RemapReport", *, done: bool) -> None:
    summary, counts = report.summary, report.remap.counts
    until = at(plan.remap.until_ms)
    say(
        f"{counted(counts.requests, 'request')} of {plan.remap.source_id}, received under "
        f"{', '.join(plan.remap.received_under) or 'no mapper'} before {until} (UTC), "
        f"mapped by {plan.remap.mapper}:"
    )
    say(
        f"  events: {counts.added:,} added, {counts.removed:,} removed, {counts.changed:,} changed, "
        f"{counts.unchanged:,} unchanged"
    )
    if summary.now_accepted or summary.now_refused:
        say(
            f"  requests: {summary.now_accepted:,} give events that gave none, "
            f"{summary.now_refused:,} give none any more"
        )
    if counts.out_of_reach:
        say(
            f"  out of reach (their events were trimmed): {counted(counts.out_of_reach, 'request')}"
        )
    if counts.unreadable:
        say(f"  left as they are (changed on the disk): {counted(counts.unreadable, 'request')}")
    for address, number in plan.left_alone.items():
        say(f"  left alone: {counted(number, 'request')} received under {address} (see --of)")
    if summary.fields:
        named = [f"{field} ({number:,})" for field, number in list(summary.fields.items())[:12]]
        say(f"  fields that change: {', '.join(named)}")
    for changes in summary.examples.values():
        for change in changes:
            _show_change(change)


def _show_change(change: "EventChange") -> None:
    shown = change.after or change.before
    name = "" if shown is None else shown.event or "(profile)"
    who = "" if shown is None else shown.customer_id or shown.anonymous_id or "-"
    say(f"  {SIGNS[change.kind]} {change.event_id}  {name}  {who}")
    for field in change.fields[:8]:
        before, after = _value(change.before, field), _value(change.after, field)
        say(f"      {field}: {before} → {after}")
    if change.reason is not None:
        say(f"      {change.reason.code}: {change.reason.message}")


def _value(item: object, field: str) -> str:
    group, dot, name = field.partition(".")
    value = getattr(item, group, None)
    if dot:
        if not isinstance(value, dict) or name not in value:
            return "(nothing)"
        value = value[name]  # type: ignore[reportUnknownVariableType]
    elif field in ("type", "update_existing_only"):
        return "(differs)"
    return short(value, 60)  # type: ignore[reportUnknownArgumentType]


def _show_remap(remap: "RemapView") -> None:
    counts = remap.counts
    say(paint(remap.remap_id, bold=True), f"  {remap.state}")
    since = f"from {at(remap.since_ms)} " if remap.since_ms is not None else ""
    say(
        f"  {remap.source_id}: requests received under {', '.join(remap.received_under) or '-'} "
        f"{since}before {at(remap.until_ms)} (UTC), mapped by {remap.mapper}"
    )
    say(
        f"  {counted(counts.requests, 'request')}: {counted(counts.added, 'event')} added, "
        f"{counts.removed:,} removed, {counts.changed:,} changed, {counts.unchanged:,} unchanged"
    )
    if counts.out_of_reach:
        say(f"  {counted(counts.out_of_reach, 'request')} out of reach: their events were trimmed")
    if counts.unreadable:
        say(
            f"  {counted(counts.unreadable, 'request')} left as they are: the disk has changed them"
        )
    say(f"  corrected events {'are' if remap.resend else 'are not'} sent to destinations")
    if remap.state == "interrupted":
        say(f"  go on with: heliograph remap resume {remap.remap_id}")


def _touched(report: "RemapReport") -> bool:
    counts = report.remap.counts
    if counts.added or counts.removed or counts.changed:
        return True
    say("Nothing is to be corrected.")
    return False


def _confirm() -> None:
    refuse_without_terminal()
    ask("Append these corrections?")


def _as_dict(plan: "RemapPlan", report: "RemapReport", *, dry_run: bool) -> dict[str, object]:
    import msgspec

    remap = report.remap
    summary = msgspec.to_builtins(report.summary)
    counts = msgspec.to_builtins(remap.counts)
    return {
        "dry_run": dry_run,
        "remap_id": None if dry_run else remap.remap_id,
        "state": None if dry_run else remap.state,
        "source": remap.source_id,
        "mapper": remap.mapper,
        "received_under": list(remap.received_under),
        "left_alone": plan.left_alone,
        "since_ms": remap.since_ms,
        "until_ms": remap.until_ms,
        "resend": remap.resend,
        **counts,
        **{name: summary[name] for name in ("now_refused", "now_accepted", "fields", "examples")},
    }
