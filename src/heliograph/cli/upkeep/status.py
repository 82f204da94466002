"""`status` and `audit`: what runs, and the proof that nothing was lost."""

from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import SettingsSource, json_option, local, settings_options
from heliograph.cli.terminal.output import counted, paint, print_json, print_table, say, tell

if TYPE_CHECKING:
    from heliograph.operations.look.condition.audit import AuditReport
    from heliograph.operations.views import Status


@click.command()
@settings_options
@json_option
def status(source: SettingsSource, as_json: bool) -> int:
    """Show which roles run, what was received, and what waits for each destination.

    Exit 0 when all is well, 1 when somebody must do something: a role does not run or does not respond,
    requests are refused or a document is not used as it is written for lack of a variable or a mistake, a
    destination is misconfigured, events cannot be read, journal and store do not belong together, retention
    waits for `clock accept`, files are open to other accounts. A destination that a person paused or
    disabled, what is tried again later, dead letters, and acknowledged gaps are told, with exit 0.
    """
    from heliograph.operations.look.condition.status import read_status

    with source.looking() as hub:
        report = read_status(local(), hub)
    if as_json:
        print_json(report)
    else:
        _show_status(report)
    return 1 if report.needs_person else 0


@click.command()
@settings_options
@click.option(
    "--full", is_flag=True, help="Look up every event again, and those applied in the journal."
)
@json_option
def audit(source: SettingsSource, full: bool, as_json: bool) -> int:
    """Compare what was received, applied and delivered, counted independently; exit 1 on a difference.

    items + derived = events + rejected (derived: what a remap corrected); events + rewound = applied +
    skipped + duplicates + parked + missed + lag; deliveries = delivered + queued + waiting + held + dead.
    Then each event behind the worker's place is looked up by its id, from where the last audit ended.
    Holds while traffic runs.
    """
    from heliograph.operations.look.condition.proof import prove

    with source.looking() as hub:
        report = prove(local(), hub, full=full)
    if as_json:
        print_json(report)
    else:
        show_audit(report)
    return 0 if report.balanced else 1


def show_audit(report: "AuditReport") -> None:
    """Print the three equations with their numbers, and every difference."""
    j, e, d = report.journal, report.engine, report.deliveries
    derived = f" + derived {j.derived:,}" if j.derived else ""
    say(f"items {j.items:,}{derived} = events {j.events:,} + rejected {j.rejected:,}")
    rewound = f" + rewound {e.rewound:,}" if e.rewound else ""
    parked = f"parked {e.parked:,} + " if e.parked else ""
    missed = f"missed {e.missed:,} + " if e.missed else ""
    say(
        f"events {e.events:,}{rewound} = applied {e.applied:,} + skipped {e.skipped:,} + "
        f"duplicates {e.duplicates:,} + {parked}{missed}lag {e.lag:,}"
    )
    say(
        f"deliveries {d.deliveries:,} = delivered {d.delivered:,} + queued {d.queued:,} + "
        f"waiting {d.waiting:,} + held {d.held:,} + dead {d.dead:,}"
    )
    if report.ids is not None:
        say(
            f"by id: {counted(report.ids.verified, 'event')} in order, {report.ids.checked:,} of them looked "
            f"up now, {report.ids.missing:,} missing"
            + ("" if report.ids.orphans is None else f", {report.ids.orphans:,} not in the journal")
        )
        if report.ids.gone:
            say(
                f"{counted(report.ids.gone, 'event')} more were applied and are not in the journal: it had "
                "lost them when it was repaired. What they did stays."
            )
    if e.missed:
        say(
            f"missed: {counted(e.missed, 'event')} gone from the journal before the engine had read them, "
            f"{e.acknowledged:,} of them acknowledged; see `heliograph readers gaps engine`"
        )
    for difference in report.differences:
        say(paint("difference: ", fg="red", bold=True), difference)
    word = paint("balanced", fg="green") if report.balanced else "NOT balanced"
    say("The audit is ", word, ".")


def _show_status(report: "Status") -> None:
    for role, note in report.roles.items():
        if note is None:
            say(f"{role:<8} does not run")
        else:
            say(f"{role:<8} runs, process {note.pid}{f', {note.address}' if note.address else ''}")
    tell(
        f"{'data':<8} {report.data_dir}, {report.bytes / 1e6:,.1f} MB, configuration revision "
        f"{report.revision}"
    )
    tell(
        f"{'totals':<8} {counted(report.requests, 'request')} ({report.refused_requests:,} refused), "
        f"{counted(report.events, 'event')}, {counted(report.rejected, 'item')} rejected, "
        f"{counted(report.profiles, 'profile')}, {counted(report.lag, 'event')} to apply"
    )
    if report.trimmed_requests or report.trimmed_events:
        tell(
            f"{'trimmed':<8} {counted(report.trimmed_requests, 'request')} and "
            f"{counted(report.trimmed_events, 'event')}, by [retention]"
        )
    columns = ["DESTINATION", "TYPE", "STATE", "DELIVERED", "WAITING", "HELD", "DEAD"]
    rows = [
        (
            line.name,
            line.type,
            line.state,
            f"{line.deliveries.get('delivered', 0):,}",
            f"{sum(line.deliveries.get(state, 0) for state in ('waiting', 'queued')):,}",
            f"{line.deliveries.get('held', 0):,}",
            f"{line.deliveries.get('dead', 0):,}",
        )
        for line in report.destinations
    ]
    print_table(columns, rows, empty="No destinations. Apply a configuration: heliograph apply DIR")
    if report.stalled:
        tell(paint("stalled: ", fg="red", bold=True), report.stalled)
    for problem in report.problems:
        tell(paint("problem: ", fg="yellow", bold=True), problem)
