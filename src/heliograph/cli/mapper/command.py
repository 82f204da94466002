"""`heliograph mapper …`: run, explain, test, lint and infer mappers without a running hub.

`run` and `explain` give what the gateway would give for the same body, headers and query string. `-`
stands for standard input. Exit 0 when something was accepted or all is well, 1 when all was refused, a
case fails or a document does not compile, 2 wrong usage, 3 a file that cannot be read or written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from heliograph.cli.mapper.files import (
    ZONE,
    compile_file,
    read_bytes,
    refuse_environment,
    tell_passed_over,
    write_text,
)
from heliograph.cli.mapper.infer import infer
from heliograph.cli.mapper.lint import lint_command
from heliograph.cli.mapper.presets import init, presets
from heliograph.cli.terminal.failures import REFUSED
from heliograph.cli.terminal.options import Commands, json_option
from heliograph.cli.terminal.output import encoded, print_document, print_json, say, say_lines
from heliograph.errors import InputError
from heliograph.mapping.body.query import gathered
from heliograph.mapping.run.mapper import Mapper
from heliograph.mapping.run.output import as_output, read_payload, refused
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.mapping.times.window import TimeWindow
from heliograph.mapping.times.zones import read_zone
from heliograph.model.clock import SystemClock
from heliograph.model.json import JsonObject

if TYPE_CHECKING:
    from heliograph.mapping.result import MappingResult

_LEGEND: Final = """\b
= field <- path -> value   the item gets this value
- field <- path            it is left out; below: why
! field <- path            it refuses the item; below: why
"""
"""How to read `explain`; the backspace tells click to keep the lines."""

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=Commands)
def mapper() -> None:
    """Run, test, explain, lint and infer mappers."""


def request_options(function: F) -> F:
    """Add the options that describe one request to one mapper."""
    options = [
        click.option(
            "--mapper",
            "mapper_file",
            required=True,
            metavar="M.json",
            help="Mapper document, or - for standard input.",
        ),
        click.option(
            "--payload",
            "payload_file",
            required=True,
            metavar="P",
            help="Request body, or - for standard input.",
        ),
        click.option(
            "--content-type", metavar="T", help="Content-Type; default: judged by the body."
        ),
        click.option(
            "--received-at",
            metavar="TIME",
            help="When it was received, ISO 8601 or epoch; default: now.",
        ),
        click.option(
            "--header",
            "headers",
            multiple=True,
            metavar="NAME:VALUE",
            help="A request header; may be repeated.",
        ),
        click.option(
            "--query",
            multiple=True,
            metavar="NAME=VALUE",
            help="A query parameter; may be repeated.",
        ),
        click.option(
            "--timezone",
            type=ZONE,
            default="UTC",
            show_default=True,
            metavar="ZONE",
            help="Zone of times without one.",
        ),
        click.option(
            "--blocked",
            multiple=True,
            metavar="ID",
            help="An identifier that stands for nobody, as in workspace.toml; may be repeated.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@mapper.command()
@request_options
@json_option
def run(mapper_file: str, payload_file: str, as_json: bool, **request: Any) -> int:
    """Map one body and print events and rejected items as JSON."""
    compiled, body = _read_both(mapper_file, payload_file, request)
    arguments = _arguments(request)
    try:
        payload = read_payload(body, request["content_type"], charset=compiled.plan.charset)
    except InputError as error:
        _print_output(refused(error), as_json=as_json)
        say(str(error), err=True)
        return REFUSED
    result = compiled.apply(payload, **arguments)
    _print_output(result, as_json=as_json)
    if _has_doubtful_time(result, arguments["received_at_ms"]):
        for note in compiled.explain(payload, **arguments).warned():
            say(note, err=True)
    return _exit_for(result)


@mapper.command(epilog=_LEGEND)
@request_options
@json_option
def explain(mapper_file: str, payload_file: str, as_json: bool, **request: Any) -> int:
    """Say for every output field where its value comes from, or why it is empty.

    The 400 of the gateway carries the same lines for the fields that refuse an item.
    """
    compiled, body = _read_both(mapper_file, payload_file, request)
    arguments = _arguments(request)
    payload = read_payload(body, request["content_type"], charset=compiled.plan.charset)
    explanation = compiled.explain(payload, **arguments)
    if as_json:
        print_json(explanation)
    else:
        say_lines(explanation.text())
    return _exit_for(explanation.result())


@mapper.command()
@click.argument(
    "folder", type=click.Path(exists=True, path_type=Path), default=".", metavar="[DIR]"
)
@click.option("--update", is_flag=True, help="Write what the mappers give into the cases.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write JUnit XML.",
)
@click.option(
    "--timezone",
    type=ZONE,
    metavar="ZONE",
    help="Zone of times without one; default: workspace.toml's.",
)
@json_option
def test(
    folder: Path, update: bool, junit: Path | None, timezone: str | None, as_json: bool
) -> int:
    """Run the cases beside each mapper of a configuration folder, or of one mapper file.

    Of a folder without mappers/, JSON files that are no mapper documents are passed over and named.
    """
    from heliograph.cli.mapper.cases import print_report, run_tests
    from heliograph.mapping.cases.case_files import passed_over
    from heliograph.mapping.cases.junit import Check, as_junit

    try:
        report = run_tests(folder, update=update, timezone=timezone)
    except OSError as error:
        refuse_environment(error)
    tell_passed_over(passed_over(folder))
    if junit is not None:
        checks = [Check(suite=each.mapper, name=each.case, failure=each.failure) for each in report]
        write_text(junit, as_junit(checks))
    print_report(report, as_json=as_json)
    return REFUSED if any(each.failure is not None for each in report) else 0


def _has_doubtful_time(result: "MappingResult", received_at_ms: int) -> bool:
    times = [item.timestamp for item in result.mapped if item.timestamp is not None]
    return not all(TimeWindow().holds(ms, received_at_ms) for ms in times)


def _read_both(
    mapper_file: str, payload_file: str, request: dict[str, Any]
) -> tuple[Mapper, bytes]:
    if mapper_file == payload_file == "-":
        raise click.UsageError("Only one of --mapper and --payload can be standard input.")
    compiled = compile_file(mapper_file, timezone=request["timezone"], blocked=request["blocked"])
    return compiled, read_bytes(payload_file)


def _arguments(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "received_at_ms": _received_at(request["received_at"]),
        "headers": dict(_pair(text, ":", "--header") for text in request["headers"]),
        "query": gathered(_pair(text, "=", "--query") for text in request["query"]),
    }


def _received_at(text: str | None) -> int:
    if text is None:
        return SystemClock().now_ms()
    try:
        return TimeReader(pattern=None, zone=read_zone("UTC", where="--received-at")).read(text)
    except UnreadableTime as error:
        raise click.BadParameter(str(error), param_hint="--received-at") from error


def _pair(text: str, separator: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise click.BadParameter(f"{text!r} has no {separator!r}.", param_hint=option)
    return name.strip(), value.strip() if separator == ":" else value


def _print_output(result: "MappingResult", *, as_json: bool) -> None:
    output: JsonObject = as_output(result)
    print_document(encoded(output, indent=None if as_json else 2))


def _exit_for(result: "MappingResult") -> int:
    if result.mapped:
        return 0
    if result.rejected:
        say(result.rejected[0].message, err=True)
    return REFUSED


mapper.add_command(presets)
mapper.add_command(init)
mapper.add_command(lint_command)
mapper.add_command(infer)
