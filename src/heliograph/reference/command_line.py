"""The reference page of the command line, made from the commands' own help."""

from collections.abc import Iterable
from typing import Any, Final

import click

from heliograph.cli import SECTIONS, cli

WIDTH: Final = 100


def page(notice: str) -> str:
    """Return docs/reference/cli.md."""
    parts = [
        "# Command line",
        notice,
        "Every command prints JSON with `--json`. Exit codes: 0 done; 1 refused by its subject (a payload, "
        "a document, an id that is not there, an audit that does not balance); 2 wrong usage; 3 the "
        "environment does not allow it (settings, locks, ports, disk). Errors are a paragraph on standard "
        'error, or with `--json` one object `{"error": {"code", "message", "where", "found", "allowed", '
        '"hint"}}` on standard output; the codes are in [Error codes](errors.md).',
        "Commands that read (`status`, `audit`, `trace`, every `list` and `show`) open the data folder "
        "read-only, and work while the hub runs and when it does not.",
    ]
    context = _context(cli, "heliograph", None)
    for section, commands in SECTIONS.items():
        parts.append(f"## {section}")
        for name in commands:
            command = cli.get_command(context, name)
            assert command is not None
            parts += _pages(command, context, name)
    return "\n\n".join(parts) + "\n"


def _pages(command: click.Command, parent: click.Context, name: str) -> Iterable[str]:
    """Yield the help of a command and of those below it."""
    context = _context(command, name, parent)
    path = context.command_path
    yield f"### {path}\n\n```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            inner_command = command.get_command(context, inner)
            assert inner_command is not None
            yield from _pages(inner_command, context, inner)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """Return the context a command runs in, with a help that is as wide on every terminal."""
    settings: dict[str, Any] = {**command.context_settings}
    settings |= {"terminal_width": WIDTH, "max_content_width": WIDTH}
    return click.Context(command, info_name=name, parent=parent, **settings)
