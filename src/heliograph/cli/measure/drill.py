"""`drill`: kill processes under load and see for yourself that nothing is lost."""

import asyncio
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import print_json, say

if TYPE_CHECKING:
    from heliograph.app.drill.run import DrillReport


@click.command()
@click.option(
    "--kills",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many to reach, processes of commands included; freezes come on top.",
)
@click.option("--seed", default=1, show_default=True, help="Of the random choices.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data and records go, and stay; a drill that was interrupted goes on there.",
)
@json_option
def drill(kills: int, seed: int, folder: Path | None, as_json: bool) -> int:
    """Kill (kill -9) and freeze gateway, worker, supervisor and commands under load, then reckon.

    It begins with the upgrade of a folder of the first release. Meanwhile configuration is applied, requests
    are mapped again, backups are taken, retention removes what is a minute old, people become known, batches
    have bad items, and a destination fails, hangs or refuses. After some tens of kills all must come out,
    item by item: each acknowledged order at each destination, under one key, in its person's order, applied
    once; and the audit must balance. Exit 0 if it does. Runs on a data folder of its own.
    """
    kept = (
        nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="heliograph-drill-")
    )
    with kept as place:
        report = asyncio.run(_drill(Path(place), kills=kills, seed=seed, quiet=as_json))
    if as_json:
        print_json(report)
    else:
        _show(report)
    return 0 if report.passed else 1


async def _drill(folder: Path, *, kills: int, seed: int, quiet: bool) -> "DrillReport":
    from heliograph.app import wiring
    from heliograph.app.drill.run import run_drill
    from heliograph.cli.terminal.progress import Progress

    with Progress(quiet=quiet) as progress:
        return await run_drill(
            folder,
            kills=kills,
            seed=seed,
            random_of=wiring.seeded_random,
            clock=wiring.system_clock(),
            progress=lambda done, _: progress("kills", min(done, kills), kills),
        )


def _show(report: "DrillReport") -> None:
    for verb, counts in (("Killed", report.kills), ("Frozen", report.freezes)):
        if counts:
            listed = ", ".join(f"{who} {times} times" for who, times in sorted(counts.items()))
            say(f"{verb}: {listed}.")
    if report.during:
        during = ", ".join(f"{what} {times}" for what, times in sorted(report.during.items()))
        say(f"Of these, while a command was at work: {during}.")
    found = report.reckoning
    say(
        f"{report.requests:,} requests sent, {report.unanswered:,} without an answer; "
        f"{found.acknowledged:,} orders acknowledged, {found.stored:,} delivered, to both destinations."
    )
    say(
        f"{found.events:,} events of {found.people} people, {found.delivered:,} deliveries, "
        f"{found.repeated:,} of them brought again under the same key."
    )
    say(f"Acknowledged and lost: {len(found.lost)}. The audit is {found.audit}.")
    for fault in found.faults:
        say(f"  fault: {fault}")
