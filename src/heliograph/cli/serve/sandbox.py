"""`heliograph sandbox`: the twins alone, to build and test against."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec
import uvloop

from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import paint, print_json, say
from heliograph.errors import ConfigError
from heliograph.twins.sandbox import HOST, PORT_BASE, TWINS, RunningTwin, open_sandbox
from heliograph.twins.server.faults import Fault

T = TypeVar("T")
_EXAMPLE_FAULT: Final = """'webengage={"status": 503, "rate": 0.1}'"""


def _pairs(option: str, given: Sequence[str], read: Callable[[str], T]) -> dict[str, T]:
    """Return `NAME=VALUE` options as a dict, or refuse the first that is none."""
    found: dict[str, T] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in TWINS:
            raise click.UsageError(
                f"{option} takes NAME=VALUE with NAME one of {', '.join(TWINS)}; found {text!r}."
            )
        try:
            found[name] = read(value)
        except (ValueError, msgspec.MsgspecError) as error:
            raise click.UsageError(f"{option} {name}: {error}; found {value!r}.") from None
    return found


def _read_fault(text: str) -> Fault:
    return msgspec.json.decode(text, type=Fault)


def _shown(twins: dict[str, RunningTwin]) -> list[dict[str, object]]:
    return [
        {
            "name": twin.name,
            "url": twin.url,
            "destination": msgspec.to_builtins(twin.destination),
            "requests": f"{twin.url}/_twin/requests",
            "stats": f"{twin.url}/_twin/stats",
        }
        for twin in twins.values()
    ]


def _print_for_people(twins: dict[str, RunningTwin]) -> None:
    for twin in twins.values():
        say(paint(twin.name, bold=True), f"  {twin.url}")
        say(f"  destinations/{twin.name}.toml")
        for line in twin.destination.toml().splitlines():
            say(f"    {line}".rstrip())
        say(f"  what it received: curl {twin.url}/_twin/requests")
        say("")
    say(
        f"""make one fail: curl -X PUT {next(iter(twins.values())).url}/_twin/faults """
        """-d '{"status": 503, "times": 3}'"""
    )
    say("Ctrl-C ends them.")


@click.command()
@click.option(
    "--port-base",
    default=PORT_BASE,
    show_default=True,
    type=click.IntRange(0, 65_535 - len(TWINS)),
    help="First port; 0 takes free ones.",
)
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--only", "names", multiple=True, type=click.Choice(TWINS), help="Only this twin; repeatable."
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append every request to this file, one JSON line each.",
)
@click.option(
    "--keep",
    default=10_000,
    show_default=True,
    type=click.IntRange(1),
    help="Requests each twin keeps in memory.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=N",
    help="Requests a minute instead of the documented limits; repeatable.",
)
@click.option(
    "--fail",
    "faults",
    multiple=True,
    metavar="NAME=JSON",
    help=f"Fail from the start, e.g. {_EXAMPLE_FAULT}; repeatable.",
)
@json_option
def sandbox(
    *,
    port_base: int,
    host: str,
    names: tuple[str, ...],
    record: Path | None,
    keep: int,
    limits: tuple[str, ...],
    faults: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run local twins of MoEngage, WebEngage, Heap and a webhook sink until Ctrl-C.

    They enforce the rules their vendors document, keep what they receive and can be told to fail.
    """
    per_minute = _pairs("--limit", limits, int)
    failing = _pairs("--fail", faults, _read_fault)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # a platform without signals in its loop
                loop.add_signal_handler(number, stop.set)
        async with open_sandbox(
            names or TWINS, port_base=port_base or None, host=host, record=record, keep=keep
        ) as twins:
            for name, amount in per_minute.items():
                if name in twins:
                    twins[name].server.vendor.limits.override(amount)
            for name, fault in failing.items():
                if name in twins:
                    twins[name].server.faults.put([fault])
            if as_json:
                print_json({"twins": _shown(twins)})
            else:
                _print_for_people(twins)
            await stop.wait()

    try:
        uvloop.run(serve())
    except OSError as error:
        raise ConfigError(
            "process.failed",
            f"The twins cannot start: {error.strerror or error}.",
            where="--record" if error.filename else "--port-base",
            hint="Choose other ports (0 takes free ones) or another file.",
        ) from error
