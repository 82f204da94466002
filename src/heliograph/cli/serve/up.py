"""`up`, `gateway` and `worker`: the processes of the hub."""

from collections.abc import Mapping

import click

from heliograph.cli.terminal.options import F, SettingsSource, json_option, settings_options
from heliograph.cli.terminal.output import print_json, program, say, tell


def tether_options(function: F) -> F:
    """Add the two pipes by which a supervisor holds a child; not for people."""
    function = click.option("--ready-fd", type=int, hidden=True)(function)
    return click.option("--lifeline", type=int, hidden=True)(function)


@click.command(short_help="Run the hub: gateway and worker, restarted when they die.")
@settings_options
@tether_options
@json_option
def up(source: SettingsSource, lifeline: int | None, ready_fd: int | None, as_json: bool) -> int:
    """Run the hub until Ctrl-C: a gateway process and a worker process (more with `worker.count`).

    A process that dies is started again. SIGTERM or Ctrl-C stops the gateway first, then the workers;
    what was acknowledged is on disk at any time, so killing is safe too. One data folder has one hub.
    Exit 0 when it was stopped at work, 1 when a worker stalled: `heliograph status` says by what.
    With --json one line is printed when everything works: {"ready", "gateway", "data_dir"}.
    """
    from heliograph.app import wiring
    from heliograph.app.hub import run_hub
    from heliograph.app.lifeline import announce_ready
    from heliograph.app.roles import Tether

    settings = source.settings()
    wiring.set_up_logging(settings)

    def on_ready(addresses: Mapping[str, str | None]) -> None:
        address = addresses["gateway"]
        if as_json:
            said = {"ready": True, "gateway": address, "data_dir": str(settings.data_path)}
            print_json(said)
        else:
            where, configured = source.place(), wiring.is_configured(settings)
            say(f"The hub listens on {address} and keeps its data in {settings.data_path}.")
            if not configured:
                tell(
                    "Nothing is configured yet, so every request is refused. In another terminal: "
                    f"{program()} apply DIR{where}"
                )
            say(f"Ctrl-C stops it. In another terminal: {program()} status{where}")
        if ready_fd is not None:
            announce_ready(ready_fd, address)

    tether = Tether(lifeline_fd=lifeline, ready_fd=ready_fd)
    code = run_hub(settings, source.arguments(), tether=tether, on_ready=on_ready)
    if code == 0 and not as_json:
        say("The hub has stopped; what it acknowledged is on disk.")
    elif code == 1 and not as_json:
        say(
            "The hub has stopped while a worker stalled; what it acknowledged is on disk, and not all of it "
            f"is applied. What to do: {program()} status{source.place()}"
        )
    return code


@click.command(short_help="Run only the gateway: takes and keeps requests.")
@settings_options
@tether_options
def gateway(source: SettingsSource, lifeline: int | None, ready_fd: int | None) -> None:
    """Run only the gateway: it takes requests, maps them and keeps them on disk.

    What it keeps is applied and delivered as soon as a worker runs on the same data folder.
    """
    from heliograph.app import wiring
    from heliograph.app.roles import Tether, run_gateway

    settings = source.settings()
    wiring.set_up_logging(settings)
    run_gateway(settings, Tether(lifeline_fd=lifeline, ready_fd=ready_fd))


@click.command(short_help="Run only the worker: profiles and deliveries.")
@settings_options
@tether_options
@click.option(
    "--number",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Which worker it is, when several share a data folder.",
)
def worker(source: SettingsSource, lifeline: int | None, ready_fd: int | None, number: int) -> int:
    """Run only the worker: it applies events to profiles and delivers them to the destinations.

    Several on one data folder share the work; each has a number of its own. Exit 0 when it was stopped at
    work, 1 when it was stopped while it stalled: `heliograph status` says by what.
    """
    from heliograph.app import wiring
    from heliograph.app.roles import Tether, run_worker

    settings = source.settings()
    wiring.set_up_logging(settings)
    tether = Tether(lifeline_fd=lifeline, ready_fd=ready_fd)
    return 0 if run_worker(settings, tether, number=number) else 1
