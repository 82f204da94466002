"""`check`, `apply` and `export`: configuration as files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import SettingsSource, json_option, local, settings_options
from heliograph.cli.terminal.output import counted, items_of, paint, print_json, say, short, tell
from heliograph.cli.terminal.questions import ask, refuse_without_terminal

if TYPE_CHECKING:
    from heliograph.operations.configuration.changes import Change
    from heliograph.operations.configuration.folder import Problem
    from heliograph.operations.configuration.transfer import Exported

folder_argument = click.argument(
    "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)


@click.command()
@folder_argument
@click.option(
    "--no-secrets", is_flag=True, help="Variables that are not set here are warnings only."
)
@click.option("--no-cases", is_flag=True, help="Do not run the mappers' cases.")
@json_option
def check(folder: Path, no_secrets: bool, no_cases: bool, as_json: bool) -> int:
    """Check every document of a folder and list all problems; exit 1 when there is an error.

    Documents are decoded and compiled as the hub would, references must exist, variables must be set,
    and the cases of mappers are run. Needs no hub and no data folder.
    """
    from heliograph.operations.configuration.check import check_folder
    from heliograph.operations.configuration.folder import read_folder

    contents = read_folder(folder)
    severity = "warning" if no_secrets else "error"
    problems = check_folder(contents, os.environ, secrets=severity, cases=not no_cases)
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        count = len(contents.documents)
        print_json({"ok": not errors, "documents": count, "problems": problems})
    else:
        show_problems(problems)
        found = f"{counted(len(contents.documents), 'document')}, {counted(len(contents.cases), 'case')}"
        say(
            f"{found}: {counted(len(errors), 'error')}, {counted(len(problems) - len(errors), 'warning')}."
        )
    return 1 if errors else 0


@click.command()
@folder_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--prune", is_flag=True, help="Remove documents that are not in the folder.")
@settings_options
@json_option
def apply(
    folder: Path, yes: bool, dry_run: bool, prune: bool, source: SettingsSource, as_json: bool
) -> int:
    """Bring a folder of documents into force, in one transaction; a running hub takes it over at once.

    Shows the difference first. Applying the same folder again changes nothing. A mapper that was
    changed under its old name is refused: senders rely on that name; give the new one a new name.
    """
    from heliograph.operations.act import apply as act
    from heliograph.operations.configuration.check import check_folder
    from heliograph.operations.configuration.folder import read_folder

    contents = read_folder(folder)
    problems = check_folder(contents, os.environ, secrets="warning", cases=False)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        if as_json:
            print_json({"applied": False, "problems": problems})
        else:
            show_problems(problems)
            say(f"Nothing was applied: {counted(len(errors), 'error')}.", err=True)
        return 1
    me = local()
    with source.acting() as hub:
        changes = act.planned(me, hub, contents, prune=prune)
        effective = [change for change in changes if change.action != "kept"]
        if not as_json:
            show_problems(problems)
            show_changes(changes)
        if effective and not dry_run:
            _confirm(yes or as_json)
            act.apply(me, hub, contents, expected=changes, prune=prune)
        revision = act.revision(me, hub)
    if as_json:
        by_action = {
            action: [c for c in changes if c.action == action]
            for action in ("added", "changed", "removed", "kept")
        }
        done = bool(effective) and not dry_run
        print_json({"applied": done, "revision": revision, **by_action, "problems": problems})
    elif effective and not dry_run:
        say(f"Applied; the configuration is now at revision {revision}.")
    elif dry_run and effective:
        say("Nothing was written (--dry-run).")
    return 0


@click.command()
@folder_argument
@click.option("--workspace", help="Which one, when there are several.")
@click.option("--prune", is_flag=True, help="Delete files of documents that are not in force.")
@settings_options
@json_option
def export(
    folder: Path, workspace: str | None, prune: bool, source: SettingsSource, as_json: bool
) -> None:
    """Write the documents in force as files; applying them again changes nothing.

    Files that say the same already are left as they are, comments included.
    """
    from heliograph.operations.act import apply as act

    with source.looking() as hub:
        done = act.export(local(), hub, folder, workspace=workspace, prune=prune)
    if as_json:
        print_json(done)
    else:
        _show_export(done)


def show_problems(problems: "Sequence[Problem]") -> None:
    """Print problems, one paragraph each."""
    for problem in problems:
        place = problem.file + (f":{problem.line}" if problem.line else "")
        label = paint(
            problem.severity, fg="red" if problem.severity == "error" else "yellow", bold=True
        )
        path = f" {problem.path}" if problem.path else ""
        first, *items = items_of(problem.message)
        tell(label, f": {place}{path}: {first}")
        for item in items:
            tell(f"  - {item}")
        for name, value in (("found", problem.found), ("allowed", problem.allowed)):
            if value is not None:
                tell(f"  {name + ':':<9}{value}")
        if problem.hint:
            tell(f"  {'next:':<9}{problem.hint}")


def show_changes(changes: "Sequence[Change]") -> None:
    """Print what would change, like a difference: `+` added, `~` changed, `-` removed."""
    marks = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}
    for change in changes:
        if change.action not in marks:
            continue
        mark, colour = marks[change.action]
        say(paint(f"{mark} {change.file}", fg=colour))
        for field in change.fields:
            before = "(absent)" if field.before is None else short(field.before)
            after = "(absent)" if field.after is None else short(field.after)
            say(f"    {field.path}: {before} → {after}")
        if change.waiting:
            wait = (
                "1 delivery waits" if change.waiting == 1 else f"{change.waiting:,} deliveries wait"
            )
            say(
                paint("    warning: ", fg="yellow", bold=True),
                f"{wait} for it; kept, and sent only when a destination of this name is applied again",
            )
    kept = [change for change in changes if change.action == "kept"]
    if kept:
        names = ", ".join(change.file for change in kept)
        say(f"In force but not in the folder, kept (--prune removes them): {names}")
    if len(kept) == len(changes):
        say("Nothing differs.")


def _confirm(already: bool) -> None:
    if already:
        return
    refuse_without_terminal()
    ask("Apply?")


def _show_export(done: "Exported") -> None:
    for file in done.written:
        say(f"+ {file}")
    for file in done.removed:
        say(f"- {file}")
    if done.left:
        say(f"Not in force, left (--prune deletes them): {', '.join(done.left)}")
    say(f"{len(done.written)} written, {len(done.unchanged)} unchanged.")
