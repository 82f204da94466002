"""Printing for people: a console, tables, times, short values. JSON goes through `print_json`."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heliograph.model.json import Json

if TYPE_CHECKING:
    from rich.console import Console


def print_json(value: object) -> None:
    """Print any value of ours as JSON: indented on a terminal, one line in a pipe."""
    import msgspec

    plain: Any = msgspec.to_builtins(value, enc_hook=str)
    click.echo(json.dumps(plain, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def console() -> "Console":
    """Return a console on standard output; as wide as a pipe wants when it is no terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, note: str | None = None
) -> None:
    """Print rows under headings, or the sentence `empty` when there are none."""
    listed = [[plain(cell) for cell in row] for row in rows]
    if not listed:
        click.echo(empty)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_escaped(cell) for cell in row))
    console().print(table)
    if note:
        click.echo(note)


def print_line(text: str, *, indent: int = 0, head: str = "") -> None:
    """Print `head` in bold and `text` behind it; on a terminal, what is too long goes on further in.

    Control characters, which a sender may have put anywhere, are replaced.
    """
    whole = _printable(" " * indent + head + text)
    lines = [whole]
    if sys.stdout.isatty():
        lines = textwrap.wrap(
            whole,
            max(40, shutil.get_terminal_size().columns),
            subsequent_indent=" " * (indent + 4),
            break_on_hyphens=False,
        ) or [""]
    if head:
        lines[0] = lines[0].replace(head, click.style(head, bold=True), 1)
    click.echo("\n".join(lines))


def counted(number: int, noun: str) -> str:
    """Return `1 event`, `2 events`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def program() -> str:
    """Return what a person types to run this program: its path where the shell would not find it."""
    called = Path(sys.argv[0])
    if called.name != "heliograph" or shutil.which("heliograph"):
        return "heliograph"
    called = called.absolute()
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def plain(value: object) -> str:
    """Return a cell: `-` for nothing, else text without control characters."""
    if value is None or value == "":
        return "-"
    return _printable(value if isinstance(value, str) else str(value))


def at(ms: int | None) -> str:
    """Return a UTC epoch time in ms as `2026-02-20 16:16:50.123`, or `-`."""
    if ms is None:
        return "-"
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"


def short(value: Json, limit: int = 60) -> str:
    """Return a value as JSON of at most `limit` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in text)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
