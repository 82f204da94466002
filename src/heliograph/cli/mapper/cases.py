"""What `heliograph mapper test` does: every case of every mapper below a folder, as one report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click
import msgspec

from heliograph.cli.terminal.output import counted, paint, print_json, say
from heliograph.errors import HeliographError
from heliograph.mapping.cases.case import as_expectation, run_case
from heliograph.mapping.cases.case_files import (
    CaseFile,
    MapperFile,
    blocked_of,
    find_mappers,
    timezone_of,
)
from heliograph.mapping.run.mapper import Mapper


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the report, or a mapper that did not compile (`case` is `compiles`)."""

    mapper: str
    case: str
    state: Literal["passed", "failed", "updated"]
    failure: str | None = None
    """Why it failed, with the diff; None otherwise."""
    file: str


def run_tests(folder: Path, *, update: bool, timezone: str | None) -> list[Line]:
    """Return one line per case, mappers and cases by name.

    Args:
        folder: see `find_mappers`.
        update: write what the mappers give into failing and new cases.
        timezone: of times without one; None takes the workspace's.

    Raises:
        click.UsageError: there is no mapper below the folder.
    """
    mappers = find_mappers(folder)
    if not mappers:
        raise click.UsageError(
            f"There is no mapper below {folder}; they are mappers/<partner>/<config>.json, JSON documents "
            "with mapping_type or variants."
        )
    zone = timezone or timezone_of(folder)
    blocked = blocked_of(folder)
    report: list[Line] = []
    for each in mappers:
        try:
            mapper = each.compile(timezone=zone, blocked=blocked)
        except HeliographError as error:
            report.append(_line(each, "compiles", each.path, failure=str(error)))
            continue
        if not each.cases:
            report.append(_line(each, "compiles", each.path))
        report += [_run(each, mapper, case, update=update) for case in each.cases]
    return report


def _run(owner: MapperFile, mapper: Mapper, file: CaseFile, *, update: bool) -> Line:
    try:
        result = run_case(mapper, file.read())
    except HeliographError as error:
        return _line(owner, file.name, file.path, failure=str(error))
    if result.state == "passed":
        return _line(owner, file.name, file.path)
    if update:
        file.write_expect(as_expectation(result.actual))
        return _line(owner, file.name, file.path, state="updated")
    if result.state == "new":
        failure = "The case expects nothing yet; --update writes what the mapper gives."
    else:
        failure = "\n".join(
            ["The mapper gives something else (- expected, + given):", *result.diff]
        )
    return _line(owner, file.name, file.path, failure=failure)


def _line(
    owner: MapperFile,
    case: str,
    path: Path,
    *,
    failure: str | None = None,
    state: Literal["passed", "updated"] = "passed",
) -> Line:
    return Line(
        mapper=owner.name,
        case=case,
        state="failed" if failure is not None else state,
        failure=failure,
        file=str(path),
    )


def print_report(report: Sequence[Line], *, as_json: bool) -> None:
    """Print the report: a line per case, a diff under each failing one, and a sum."""
    counts = {state: sum(line.state == state for line in report) for state in _STATES}
    if as_json:
        cases = [msgspec.to_builtins(line) for line in report]
        print_json({**counts, "cases": cases})
        return
    for line in report:
        mark, color = _STATES[line.state]
        say(paint(mark, fg=color), f" {line.mapper} · {line.case}")
        if line.failure is not None:
            say(f"    {line.file}")
            for text in line.failure.splitlines():
                say("    ", paint(text, fg=_COLORS.get(text[:1])))
    mappers = len({line.mapper for line in report})
    summary = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    say(f"{summary} ({counted(mappers, 'mapper')})")


_STATES = {"passed": ("✓", "green"), "failed": ("✗", "red"), "updated": ("↻", "yellow")}
_COLORS = {"-": "red", "+": "green", "@": "cyan"}
