"""How an error looks on a terminal and in JSON, and which exit code it has."""

import os
import pwd
import sys
from pathlib import Path
from typing import Final

import click

from heliograph.cli.terminal.output import items_of, paint, print_json, say, tell
from heliograph.errors import HeliographError

REFUSED: Final = 1
USAGE: Final = 2
ENVIRONMENT: Final = 3

_ENVIRONMENT_CODES: Final = frozenset(
    {
        "settings.invalid",
        "process.locked",
        "process.failed",
        "process.needed",
        "store.unavailable",
        "store.corrupt",
        "config.unsupported",
    }
)


def exit_code(error: HeliographError) -> int:
    """Return 3 when the environment is at fault (settings, locks, disk), else 1."""
    return ENVIRONMENT if error.code in _ENVIRONMENT_CODES else REFUSED


def as_dict(error: HeliographError) -> dict[str, str]:
    """Return the fields of an error that say something, for JSON."""
    fields = {
        "code": error.code,
        "message": error.message,
        "where": error.where,
        "found": error.found,
        "allowed": error.allowed,
        "hint": error.hint,
    }
    return {name: value for name, value in fields.items() if value is not None}


def no_right_to(error: PermissionError) -> HeliographError:
    """Return the error of a file or folder that the user who runs this command has no right to use."""
    path = Path(os.fsdecode(error.filename)).absolute()
    owner = _owner_of(path)
    me = _account(os.geteuid())
    hint = (
        f"Run this as {owner} (sudo -u {owner} …), or name a folder of your own with --data-dir."
        if owner not in (None, me)
        else "Give this user the right, or name another file or folder."
    )
    return HeliographError(
        "file.denied",
        "this user has no right to use it",
        where=str(path),
        found=f"{me} runs this" + (f"; it belongs to {owner}" if owner else ""),
        hint=hint,
    )


def _owner_of(path: Path) -> str | None:
    """Return who owns a path, or the nearest folder above it that can be looked at."""
    for place in (path, *path.parents):
        try:
            return _account(place.stat().st_uid)
        except OSError:
            continue
    return None


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def show(error: HeliographError, *, as_json: bool) -> None:
    """Print an error: one object on standard output, or a paragraph on standard error."""
    if as_json:
        print_json({"error": as_dict(error)})
        return
    _paragraph(error.message, where=error.where)
    for label, value in (("found", error.found), ("allowed", error.allowed)):
        if value is not None:
            tell(f"  {label + ':':<9}{value}", err=True)
    if error.hint is not None:
        tell(f"  {'next:':<9}{error.hint}", err=True)


def show_usage(error: click.ClickException, *, as_json: bool) -> None:
    """Print a mistake in the command line itself, with the way to the command's help."""
    if as_json:
        print_json({"error": {"code": "usage", "message": error.format_message()}})
        return
    _paragraph(error.format_message())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        say(f"  {'next:':<9}{context.command_path} --help", err=True)


def _paragraph(message: str, *, where: str | None = None) -> None:
    place = f"{where}: " if where else ""
    label = paint("error", fg="red", bold=True) if sys.stderr.isatty() else "error"
    first, *items = items_of(message)
    tell(label, f": {place}{first}", err=True)
    for item in items:
        tell(f"  - {item}", err=True)
