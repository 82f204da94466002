"""`demo`: hub, twins and traffic in one command, shown live or as one bounded round."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import counted, print_json, program, say

if TYPE_CHECKING:
    from heliograph.app.demo.round import RoundReport

DATA_DIR: Final = Path("heliograph-data/demo")
JSON_KEYS: Final = (
    "requests",
    "accepted",
    "refused",
    "events",
    "profiles",
    "delivered",
    "dead",
    "audit",
)
"""What --json prints of a round; the plain form has the rest."""


@click.command()
@click.option("--once", is_flag=True, help="Send one bounded round, reconcile, and end.")
@click.option(
    "--requests",
    default=200,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Requests of a round (--once).",
)
@click.option(
    "--rate",
    default=20.0,
    show_default=True,
    type=click.FloatRange(0.1, 2_000),
    help="Requests per second.",
)
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Of the gateway; a free one is taken when it is in use, and with --once.",
)
@click.option("--seed", default=1, show_default=True, help="Of the traffic's random choices.")
@json_option
def demo(*, once: bool, requests: int, rate: float, port: int, seed: int, as_json: bool) -> int:
    """Start a hub with twins of WebEngage, MoEngage, Heap and a webhook, and send it traffic.

    Contact forms, bulk orders, webinars, CRM updates, Heap and Behamics webhooks, and the mistakes
    senders make. One twin fails now and then, so that waiting and trying again can be seen. Stays up
    until Ctrl-C; with --once it ends when everything was delivered, and exits 0 if the audit balances.
    """
    if as_json and not once:
        raise click.UsageError("--json needs --once: a live view has no end to print.")
    if once:
        with tempfile.TemporaryDirectory(prefix="heliograph-demo-") as folder:
            report = asyncio.run(_once(Path(folder), requests=requests, seed=seed))
        if as_json:
            print_json({name: getattr(report, name) for name in JSON_KEYS})
        else:
            _show_report(report)
        return 0 if report.audit == "balanced" else 1
    from heliograph.app.demo.stage import clear

    clear(DATA_DIR)
    asyncio.run(_live(DATA_DIR, rate=rate, port=port, seed=seed))
    return 0


async def _once(folder: Path, *, requests: int, seed: int) -> "RoundReport":
    from heliograph.app import wiring
    from heliograph.app.demo.round import run_round
    from heliograph.app.demo.stage import open_stage

    async with open_stage(folder, port=0, twin_ports=None) as stage:
        with wiring.reading(stage.settings) as data:
            return await run_round(
                stage,
                data,
                requests=requests,
                random=wiring.seeded_random(seed),
                clock=wiring.system_clock(),
            )


async def _live(folder: Path, *, rate: float, port: int, seed: int) -> None:
    from heliograph.app import wiring
    from heliograph.app.demo.live import open_port, run_live
    from heliograph.app.demo.stage import open_stage
    from heliograph.cli.serve.demo_view import make_view

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    say("Starting the hub and the twins …")
    async with open_stage(folder, port=open_port(port), twin_ports=None) as stage:
        with wiring.reading(stage.settings) as data:
            await run_live(
                stage,
                data,
                rate=rate,
                random=wiring.seeded_random(seed),
                clock=wiring.system_clock(),
                view=make_view(stage, live=sys.stdout.isatty()),
                stop=stop,
            )
        say("Stopping …")
    say(f"Stopped. What it kept: {program()} status --data-dir {folder}")


def _show_report(report: "RoundReport") -> None:
    say(
        f"{counted(report.requests, 'request')}: {report.accepted:,} accepted, "
        f"{report.refused:,} refused"
    )
    say(
        f"{counted(report.events, 'event')}, {counted(report.profiles, 'profile')}; "
        f"{counted(report.rejected, 'item')} rejected"
    )
    say(
        f"deliveries: {report.delivered:,} delivered, {report.dead:,} dead, {report.held:,} held "
        "until the person is identified"
    )
    for difference in report.differences:
        say(f"difference: {difference}")
    say(f"The audit is {report.audit}.")
