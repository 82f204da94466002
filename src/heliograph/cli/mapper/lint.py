"""`heliograph mapper lint`: what about these mappers will surprise their author."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from heliograph.cli.mapper.files import read_json, tell_passed_over
from heliograph.cli.terminal.failures import REFUSED
from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import counted, paint, print_json, say
from heliograph.errors import HeliographError, InputError
from heliograph.mapping.cases.case_files import MapperFile, find_mappers, passed_over, timezone_of
from heliograph.mapping.lint.check import lint
from heliograph.mapping.lint.vendor_rules import VENDORS
from heliograph.mapping.run.output import read_payload
from heliograph.model.json import Json
from heliograph.operations.configuration.rehearsal import rehearse


@click.command("lint")
@click.argument(
    "places",
    nargs=-1,
    type=click.Path(exists=True, path_type=Path),
    metavar="[MAPPER.json | DIR]...",
)
@click.option(
    "--payload", "payloads", multiple=True, metavar="P", help="A sample body; may be repeated."
)
@click.option(
    "--to",
    "vendors",
    multiple=True,
    type=click.Choice(sorted(VENDORS)),
    help="Only what concerns this platform; may be repeated; default: all.",
)
@click.option("--strict", is_flag=True, help="End with 1 when there is a warning.")
@json_option
def lint_command(
    places: tuple[Path, ...],
    payloads: tuple[str, ...],
    vendors: tuple[str, ...],
    strict: bool,
    as_json: bool,
) -> int:
    """Warn of paths that never match, and of what platforms will trim or refuse.

    With samples the events they become are planned for each platform, and what its requests would leave
    out or change is told by the codes of `destination plan`. Samples are the payloads given and those of
    the cases beside each mapper that expect nothing refused.
    """
    extra = [read_json(name) for name in payloads]
    mappers = [each for place in places or (Path(),) for each in find_mappers(place)]
    if not mappers:
        raise click.UsageError(
            "There is no mapper here (a JSON document with mapping_type or variants); name a mapper file or "
            "a configuration folder."
        )
    tell_passed_over([path for place in places or (Path(),) for path in passed_over(place)])
    rows: list[dict[str, Json]] = []
    is_broken = False
    for mapper in mappers:
        try:
            document, samples = mapper.document(), [*samples_of(mapper), *extra]
            timezone, to = timezone_of(mapper.path.parent), vendors or tuple(VENDORS)
            findings = [
                *lint(document, samples, timezone=timezone, vendors=to),
                *rehearse(document, samples, to, timezone=timezone),
            ]
        except HeliographError as error:
            is_broken = True
            rows.append({"mapper": mapper.name, "code": error.code, "severity": "error"})
            rows[-1].update({"message": error.message, "where": error.where or "$"})
            continue
        rows += [{"mapper": mapper.name, **msgspec.to_builtins(each)} for each in findings]
    _print(rows, len(mappers), as_json=as_json)
    warned = any(row["severity"] == "warning" for row in rows)
    return REFUSED if is_broken or (strict and warned) else 0


def samples_of(mapper: MapperFile) -> list[Json]:
    """Return the payloads of the cases that expect events and nothing refused.

    Raises:
        ConfigError: `config.invalid`, for a file that is no case.
    """
    samples: list[Json] = []
    for file in mapper.cases:
        case = file.read()
        if case.expect is not None and (
            not case.expect.get("events") or case.expect.get("rejected")
        ):
            continue
        try:
            samples.append(read_payload(case.body, case.content_type))
        except InputError:
            # A body that is meant to be unreadable is no sample.
            continue
    return samples


def _print(rows: Sequence[dict[str, Json]], mappers: int, *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    colors = {"error": "red", "warning": "yellow", "note": "blue"}
    for row in rows:
        severity = str(row["severity"])
        mark = paint(f"{severity:<8}", fg=colors[severity])
        say(mark, f"{row['mapper']} {row['where']}: {row['message']} [{row['code']}]")
        if row.get("hint"):
            say(f"{'':<8}{row['hint']}")
    sums = {each: sum(row["severity"] == each for row in rows) for each in colors}
    counts = [counted(count, name) for name, count in sums.items()]
    say(f"{counted(mappers, 'mapper')}: {', '.join(counts)}")
