"""`drill`: kill processes under load and see for yourself that nothing is lost."""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heliograph.cli.options import json_option
from heliograph.cli.output import print_json

if TYPE_CHECKING:
    from heliograph.app.drill import DrillReport


@click.command()
@click.option("--kills", default=5, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seed", default=1, show_default=True, help="Of the random choices.")
@json_option
def drill(kills: int, seed: int, as_json: bool) -> int:
    """Kill gateway and worker (kill -9) while requests come in, then reconcile; exit 0 if all is there.

    Runs on a data folder of its own, with twins as destinations. Every request that was answered 200
    must be in the journal, its events applied once, and the audit must balance.
    """
    with tempfile.TemporaryDirectory(prefix="heliograph-drill-") as folder:
        report = asyncio.run(_drill(Path(folder), kills=kills, seed=seed))
    if as_json:
        print_json({"passed": report.passed, **_fields(report)})
    else:
        _show(report)
    return 0 if report.passed else 1


async def _drill(folder: Path, *, kills: int, seed: int) -> "DrillReport":
    from heliograph.app import wiring
    from heliograph.app.demo.stage import open_stage
    from heliograph.app.drill import run_drill

    async with open_stage(folder, port=0, twin_ports=None) as stage:
        with wiring.reading(stage.settings) as data:
            return await run_drill(
                stage,
                data,
                kills=kills,
                random=wiring.seeded_random(seed),
                clock=wiring.system_clock(),
            )


def _fields(report: "DrillReport") -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(report)


def _show(report: "DrillReport") -> None:
    killed = ", ".join(f"{role} {times} times" for role, times in report.kills.items())
    click.echo(f"Killed: {killed}.")
    click.echo(
        f"{report.sent} requests sent, {report.acknowledged} acknowledged, {report.unanswered} "
        "without an answer."
    )
    click.echo(f"{report.events} events, {report.delivered} deliveries delivered.")
    received = ", ".join(f"{twin} {number}" for twin, number in report.received_by_twins.items())
    click.echo(f"Requests the twins received: {received}.")
    click.echo(f"Acknowledged and lost: {len(report.lost)}. The audit is {report.audit}.")
    for request_id in report.lost[:20]:
        click.echo(f"  lost: {request_id}")
    for difference in report.differences:
        click.echo(f"  difference: {difference}")
