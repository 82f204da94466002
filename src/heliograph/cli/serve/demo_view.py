"""How the live demo looks: a table that redraws itself on a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from heliograph.cli.records.trace import show_trace
from heliograph.cli.terminal.output import console, counted, plain, program, say, say_lines

if TYPE_CHECKING:
    from heliograph.app.demo.live import Picture, View
    from heliograph.app.demo.stage import Answer, Stage
    from heliograph.operations.views import TraceView

WEAK: Final = "WebEngage"
PLAIN_EVERY: Final = 4
"""Pictures between two plain lines: 2 s."""
FEWEST_ANSWERS: Final = 3
LABEL_WIDTH: Final = 19
"""So that the columns stay where they are while the requests change."""


def make_view(stage: "Stage", *, live: bool) -> "View":
    """Return the view for a terminal (`live`) or for a pipe."""
    return _Terminal(stage) if live else _Lines(stage)


class _Lines:
    """One line every two seconds."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def first(self, life: "TraceView | None", curl: str) -> None:
        """Print the life of the first request and what can be tried."""
        options = f"--data-dir {_shown(self._stage.settings.data_path)}"
        say_lines("The first request, from its sender to the destinations:\n")
        if life is not None:
            show_trace(life)
        say_lines(f"\nTry it yourself:\n\n{curl}\n")
        say_lines("Then, in another terminal:\n")
        for command in ("trace REQUEST_ID", "deadletters list", "status"):
            say(f"{program()} {command} {options}")
        say_lines("\nWhat the twins received:\n")
        width = max(map(len, self._stage.twins))
        for name, twin in self._stage.twins.items():
            say(f"{name:<{width}}  curl '{twin.url}/_twin/requests?limit=5'")
        say_lines(f"\nThe hub's log is {_shown(self._stage.hub.log)}.\n")

    @contextlib.contextmanager
    def open(self) -> "Generator[Callable[[Picture], None]]":
        """Give the function that prints a line now and then."""
        count = 0

        def show(picture: "Picture") -> None:
            nonlocal count
            if count % PLAIN_EVERY == 0:
                say(line_of(picture))
            count += 1

        yield show


class _Terminal(_Lines):
    """A table that is redrawn."""

    @contextlib.contextmanager
    def open(self) -> "Generator[Callable[[Picture], None]]":
        """Give the function that redraws the table."""
        screen: Console = console()
        with Live(console=screen, auto_refresh=False, transient=False) as live:
            size = screen.size

            def show(picture: "Picture") -> None:
                nonlocal size
                if screen.size != size:
                    # The terminal has wrapped the last picture anew: how far up it begins is not known.
                    size = screen.size
                    screen.clear()
                rows = max(FEWEST_ANSWERS, screen.height - lines_besides(picture))
                live.update(draw(picture, self._stage.address, answers=rows), refresh=True)

            yield show


def line_of(picture: "Picture") -> str:
    """Return a picture as one line."""
    d = picture.audit.deliveries
    waiting = d.waiting + d.queued
    word = "balanced" if picture.audit.balanced else "NOT balanced"
    return (
        f"{picture.sent} sent, {picture.per_second:.1f}/s, {picture.refused} refused; "
        f"{counted(picture.status.events, 'event')}, "
        f"{counted(picture.status.rejected, 'item')} rejected; "
        f"{d.delivered} delivered, {waiting} waiting, {d.held} held, {d.dead} dead; audit {word}"
    )


def draw(picture: "Picture", address: str, *, answers: int) -> Group:
    """Return a picture as tables: totals, destinations, the last `answers` answers, the audit."""
    return Group(
        _one_line(
            f"Hub at {address}, {picture.per_second:.1f} requests/s. Ctrl-C stops it.", "bold"
        ),
        Text(),
        _totals(picture),
        Text(),
        _destinations(picture),
        _one_line("HELD: waits until the person is identified.", "dim"),
        _one_line(f"WAITING: the twin of {WEAK} fails now and then, on purpose.", "dim"),
        Text(),
        _answers(picture.recent[:answers]),
        Text(),
        _verdict(picture),
    )


def lines_besides(picture: "Picture") -> int:
    """Return how many lines a picture has besides the answers, with one to spare for the cursor."""
    return 13 + len(picture.status.destinations)


def _totals(picture: "Picture") -> Table:
    status, engine = picture.status, picture.audit.engine
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    cells = {
        "RECEIVED": picture.sent,
        "REFUSED": picture.refused,
        "EVENTS": status.events,
        "BAD ITEMS": status.rejected,
        "NOT YET APPLIED": engine.lag,
        "PROFILES": status.profiles,
    }
    for name in cells:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(f"{value:,}" for value in cells.values()))
    return table


def _destinations(picture: "Picture") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    table.add_column("DESTINATION", no_wrap=True)
    for name in ("DELIVERED", "WAITING", "HELD", "DEAD"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    for line in picture.status.destinations:
        counts = line.deliveries
        waiting = sum(counts.get(state, 0) for state in ("waiting", "queued"))
        dead = counts.get("dead", 0)
        table.add_row(
            escape(plain(line.name)),
            f"{counts.get('delivered', 0):,}",
            f"[yellow]{waiting:,}[/]" if waiting else "0",
            f"{counts.get('held', 0):,}",
            f"[red]{dead:,}[/]" if dead else "0",
            line.state if line.state == "active" else f"[red]{line.state}[/]",
        )
    return table


def _answers(answers: "tuple[Answer, ...]") -> Table:
    """Return the newest answers; a label is never cut, what the body said may be."""
    table = Table(box=None, pad_edge=False, header_style="bold cyan", expand=True)
    table.add_column("LAST REQUESTS", no_wrap=True, min_width=LABEL_WIDTH)
    table.add_column("ANSWER", no_wrap=True, min_width=6)
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for answer in answers:
        colour = "green" if answer.status == 200 else "red"
        table.add_row(
            escape(plain(answer.shot.label)),
            f"[{colour}]{answer.status}[/]",
            escape(plain(_said(answer))),
        )
    return table


def _said(answer: "Answer") -> str:
    """Return what matters in an answer's body: the request id, or the message of the refusal."""
    try:
        body: Any = msgspec.json.decode(answer.body)
        return str(body["request_id"] if answer.status == 200 else body["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return " ".join(answer.body.split())


def _verdict(picture: "Picture") -> Text:
    if picture.audit.balanced:
        return _one_line("Audit: balanced, nothing is missing.", "green")
    return _one_line("Audit: " + "; ".join(picture.audit.differences), "bold red")


def _one_line(text: str, style: str) -> Text:
    return Text(plain(text), style, no_wrap=True, overflow="ellipsis")


def _shown(path: Path) -> Path:
    """Return a path as short as it may be typed here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
