"""Printing: all that a command writes goes through here, so nothing that a terminal would obey gets out.

`say`, `tell` and `print_line` write lines, `print_table` and `print_listed` tables, `print_json` JSON;
`paint` gives the parts that are ours a colour. A test keeps `click.echo` out of the other modules.
"""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import click

from heliograph.model.json import Json
from heliograph.telemetry.safe_text import json_text, lines_of, one_line

if TYPE_CHECKING:
    from rich.console import Console

    from heliograph.operations.page import Listed

T = TypeVar("T")
SHORTEST_SENTENCE: Final = 24
"""Width that a column of sentences keeps; a row that wants more takes several lines."""


class Painted(str):
    """Text that may go to a terminal as it is: what came from outside was made visible before."""


def paint(text: str, *, fg: str | None = None, bold: bool = False) -> Painted:
    """Return a text in a colour; what a terminal would obey in it is made visible first."""
    return Painted(click.style(one_line(text), fg=fg, bold=bold or None))


def say(*parts: str, err: bool = False, nl: bool = True) -> None:
    """Write one line of these parts, to standard error if `err`; nothing in it breaks the line."""
    whole = "".join(p if isinstance(p, Painted) else one_line(p) for p in parts)
    click.echo(whole, err=err, nl=nl)


def tell(*parts: str, err: bool = False) -> None:
    """Write a sentence of these parts; on a terminal it goes on further in, and no word is broken."""
    plain_parts = [click.unstyle(p) if isinstance(p, Painted) else one_line(p) for p in parts]
    lines = _wrapped("".join(plain_parts), sys.stderr if err else sys.stdout, indent=0)
    for part, text in zip(parts, plain_parts, strict=True):
        if isinstance(part, Painted):
            lines[0] = lines[0].replace(text.strip(), part.replace(text, text.strip()), 1)
    click.echo("\n".join(lines), err=err)


def _wrapped(text: str, stream: IO[str], *, indent: int, ids: bool = True) -> list[str]:
    """Return a line as the lines that a terminal has room for; the line itself when it is none."""
    if not stream.isatty():
        return [text]
    found = textwrap.wrap(
        text,
        max(40, shutil.get_terminal_size().columns),
        subsequent_indent=" " * (indent + 4),
        break_on_hyphens=False,
        break_long_words=not ids,
    )
    return found or [""]


def say_lines(text: str, *, err: bool = False) -> None:
    """Write a text that has lines of its own, e.g. a document."""
    for line in lines_of(text):
        say(line, err=err)


def items_of(message: str) -> list[str]:
    """Return a message and, behind it, each item of a list it ends in, e.g. the problems of a mapper."""
    return message.split("\n- ")


def encoded(value: object, *, indent: int | None = None) -> str:
    """Return any value of ours as JSON in which nothing is left that a terminal would obey."""
    import msgspec

    plain: Any = msgspec.to_builtins(value, enc_hook=str)
    return json_text(json.dumps(plain, ensure_ascii=False, indent=indent))


def print_json(value: object, *, err: bool = False) -> None:
    """Print any value of ours as JSON: indented on a terminal, one line in a pipe and on standard error."""
    click.echo(encoded(value, indent=2 if sys.stdout.isatty() and not err else None), err=err)


def print_document(text: str) -> None:
    """Print a JSON or TOML document as it could be saved; what a terminal would obey is escaped in it."""
    click.echo(json_text(text.removesuffix("\n")))


def indented_json(value: object) -> list[str]:
    """Return a value of ours as lines of indented JSON, for people."""
    return encoded(value, indent=2).split("\n")


def print_listed(
    listed: "Listed[T]",
    columns: Sequence[str],
    row: Callable[[T], Sequence[object]],
    *,
    empty: str,
    as_json: bool,
) -> None:
    """Print one page of a list: a table, with the way to the next page on standard error, or JSON.

    JSON is an array of the items, as it was before there were pages, or with `--paged` the page.
    """
    if as_json:
        context = click.get_current_context(silent=True)
        paged = context is not None and context.params.get("paged")
        print_json(listed if paged else listed.items)
        return
    rows = [[plain(cell) for cell in row(item)] for item in listed.items]
    print_table(columns, rows, empty=empty)
    if listed.note is not None:
        tell(listed.note, err=True)
    if listed.next is not None:
        say(f"There is more: --after {listed.next}", err=True)


def console() -> "Console":
    """Return a console on standard output; as wide as a pipe wants when it is no terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, note: str | None = None
) -> None:
    """Print rows under headings, or the sentence `empty` when there are none.

    On a terminal that is too narrow columns of sentences give up room first; where that is not enough a
    row takes several lines, and sentences are cut. Ids, times and whatever else has no blank in it stay
    whole, so that they can be copied.
    """
    listed = [[plain(cell) for cell in row] for row in rows]
    if not listed:
        say(empty)
        return
    width = shutil.get_terminal_size().columns
    widths = _widths(columns, listed)
    if sys.stdout.isatty() and _needed(widths) > width:
        fitting = _narrowed(columns, listed, widths, width)
        if fitting is None:
            _print_on_lines(columns, listed, [min(each, width - 4) for each in widths], width)
        else:
            _print_columns(columns, listed, fitting)
    else:
        _print_columns(columns, listed)
    if note:
        say(note)


def _print_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None
) -> None:
    """Print a table; with `widths`, sentences that are longer go on in the next line of their column."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in rows)
        table.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            width=None if widths is None else widths[index],
        )
    for row in rows:
        table.add_row(*(_escaped(cell) for cell in row))
    console().print(table)


def _narrowed(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], width: int
) -> list[int] | None:
    """Return widths that fit, by which only columns of sentences lose; None when that is not enough."""
    found = list(widths)
    excess = _needed(found) - width
    for i in range(len(columns)):
        if excess > 0 and _is_sentence(columns[i], [row[i] for row in rows]):
            given = min(excess, max(0, found[i] - SHORTEST_SENTENCE))
            found[i] -= given
            excess -= given
    return found if excess <= 0 else None


def _print_on_lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], width: int
) -> None:
    """Print each row on as many lines as it takes, the second and further ones further in.

    A cell without a space is never cut, so an id can be copied; a sentence ends in an ellipsis.
    """
    lines: list[list[int]] = [[]]
    for index in range(len(columns)):
        indent = 4 if len(lines) > 1 else 0
        if lines[-1] and indent + _needed([widths[i] for i in [*lines[-1], index]]) > width:
            lines.append([])
        lines[-1].append(index)
    for number, row in enumerate([columns, *rows]):
        for depth, line in enumerate(lines):
            cells = [_cut(row[i], widths[i]) for i in line]
            text = " " * (4 if depth else 0) + "  ".join(cells)
            say(paint(text.rstrip(), bold=True) if number == 0 else text.rstrip())


def _is_sentence(column: str, cells: Sequence[str]) -> bool:
    """Tell whether a column may be cut: none of its cells is an id, a number or a time."""
    return not column.endswith("(UTC)") and any(cell.count(" ") > 1 for cell in cells)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(cell_len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _cut(text: str, width: int) -> str:
    """Return a cell of this width; what has no space in it stays whole."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if " " in text else text


def print_line(text: str, *, indent: int = 0, head: str = "", ids: bool = True) -> None:
    """Print `head` in bold and `text` behind it; on a terminal, what is too long goes on further in.

    A word is not broken, so that an id can be copied; with `ids` False, for payloads, one may be.

    Control characters, which a sender may have put anywhere, are made visible.
    """
    head = one_line(head)
    whole = " " * indent + head + one_line(text)
    lines = _wrapped(whole, sys.stdout, indent=indent, ids=ids)
    if head:
        lines[0] = lines[0].replace(head, click.style(head, bold=True), 1)
    click.echo("\n".join(lines))


def counted(number: int, noun: str, many: str | None = None) -> str:
    """Return `1 event`, `2 events`; `many` where the plural is not made by an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {many or noun + 's'}"


def program() -> str:
    """Return what a person types to run this program: its path where the shell would not find it."""
    called = Path(sys.argv[0])
    if called.name != "heliograph" or shutil.which("heliograph"):
        return "heliograph"
    called = called.absolute()
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def plain(value: object) -> str:
    """Return a cell: `-` for nothing, else text in which control characters are visible."""
    if value is None or value == "":
        return "-"
    return one_line(value if isinstance(value, str) else str(value))


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


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
