"""How the live demo looks: a table that redraws itself on a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from heliograph.cli.output import console
from heliograph.cli.trace import show_trace

if TYPE_CHECKING:
    from heliograph.app.demo.live import Picture, View
    from heliograph.app.demo.stage import Answer, Stage
    from heliograph.engine.trace import Trace

WEAK: Final = "WebEngage"
PLAIN_EVERY: Final = 4
"""Pictures between two plain lines: 2 s."""


def make_view(stage: "Stage", *, live: bool) -> "View":
    """Return the view for a terminal (`live`) or for a pipe."""
    return _Terminal(stage) if live else _Lines(stage)


class _Lines:
    """One line every two seconds."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def first(self, life: "Trace | None", curl: str) -> None:
        """Print the life of the first request and what can be tried."""
        data_dir = self._stage.settings.data_path
        click.echo("The first request, from the sender to the destinations:\n")
        if life is not None:
            show_trace(life)
        click.echo(f"\nTry it yourself:\n\n{curl}\n")
        click.echo(f"heliograph trace REQUEST_ID --data-dir {data_dir}")
        click.echo(f"heliograph status --data-dir {data_dir}\n")
        for name, twin in self._stage.twins.items():
            click.echo(f"what {name} received: curl {twin.url}/_twin/requests?limit=5")
        click.echo()

    @contextlib.contextmanager
    def open(self) -> "Generator[Callable[[Picture], None]]":
        """Give the function that prints a line now and then."""
        count = 0

        def show(picture: "Picture") -> None:
            nonlocal count
            if count % PLAIN_EVERY == 0:
                click.echo(line_of(picture))
            count += 1

        yield show


class _Terminal(_Lines):
    """A table that is redrawn."""

    @contextlib.contextmanager
    def open(self) -> "Generator[Callable[[Picture], None]]":
        """Give the function that redraws the table."""
        screen: Console = console()
        with Live(console=screen, auto_refresh=False, transient=False) as live:

            def show(picture: "Picture") -> None:
                live.update(draw(picture, self._stage.address), refresh=True)

            yield show


def line_of(picture: "Picture") -> str:
    """Return a picture as one line."""
    d = picture.audit.deliveries
    waiting = d.waiting + d.queued + d.leased
    word = "balanced" if picture.audit.balanced else "NOT balanced"
    return (
        f"{picture.sent} sent, {picture.per_second:.1f}/s, {picture.refused} refused; "
        f"{picture.status.events} events, {picture.status.rejected} items rejected; "
        f"{d.delivered} delivered, {waiting} waiting, {d.held} held, {d.dead} dead; audit {word}"
    )


def draw(picture: "Picture", address: str) -> Group:
    """Return a picture as tables: totals, destinations, the last answers, the audit."""
    return Group(
        Text(f"\nHub at {address}, {picture.per_second:.1f} requests/s. Ctrl-C stops it.", "bold"),
        _totals(picture),
        Text(),
        _destinations(picture),
        Text(
            f"The twin of {WEAK} fails now and then, on purpose: its deliveries wait and come again.",
            "dim",
        ),
        Text(),
        _answers(picture.recent),
        _verdict(picture),
    )


def _totals(picture: "Picture") -> Table:
    status, engine = picture.status, picture.audit.engine
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    cells = {
        "RECEIVED": picture.sent,
        "REFUSED": picture.refused,
        "MAPPED TO EVENTS": status.events,
        "ITEMS REJECTED": status.rejected,
        "TO APPLY": engine.lag,
        "PROFILES": status.profiles,
    }
    for name in cells:
        table.add_column(name, justify="right")
    table.add_row(*(f"{value:,}" for value in cells.values()))
    return table


def _destinations(picture: "Picture") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    table.add_column("DESTINATION")
    for name in ("DELIVERED", "WAITING", "HELD", "DEAD"):
        table.add_column(name, justify="right")
    table.add_column("STATE")
    for line in picture.status.destinations:
        counts = line.deliveries
        waiting = sum(counts.get(state, 0) for state in ("waiting", "queued", "leased"))
        dead = counts.get("dead", 0)
        table.add_row(
            line.name,
            f"{counts.get('delivered', 0):,}",
            f"[yellow]{waiting:,}[/]" if waiting else "0",
            f"{counts.get('held', 0):,}",
            f"[red]{dead:,}[/]" if dead else "0",
            line.state if line.state == "active" else f"[red]{line.state}[/]",
        )
    return table


def _answers(answers: "tuple[Answer, ...]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    for name in ("LAST REQUESTS", "ANSWER", ""):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for answer in answers:
        colour = "green" if answer.status == 200 else "red"
        body = " ".join(answer.body.split())
        table.add_row(answer.shot.label, f"[{colour}]{answer.status}[/]", escape(body[:100]))
    return table


def _verdict(picture: "Picture") -> Text:
    if picture.audit.balanced:
        return Text("\nAudit: balanced, nothing is missing.", "green")
    return Text("\nAudit: " + "; ".join(picture.audit.differences), "bold red")
