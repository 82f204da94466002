"""What a benchmark hands in: figures for programs, tables and targets for people, and how it was made."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rig.machine import Quiet, facts, versions


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows for people; cells are shown as they are."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A promise and what was found; `met` is None when the run was too short to judge."""

    what: str
    target: str
    found: str
    met: bool | None


class Result(msgspec.Struct, kw_only=True):
    """One run of one benchmark."""

    benchmark: str
    title: str
    quick: bool
    settings: dict[str, Any] = {}
    seed: int | None = None
    figures: dict[str, Any] = {}
    tables: list[Table] = []
    targets: list[Target] = []
    notes: list[str] = []
    machine: dict[str, Any] = {}
    versions: dict[str, str] = {}
    measured_at: str = ""
    took_s: float = 0.0
    others_share: float = 0.0
    """Share of the machine's cores that other processes used meanwhile, 0 to 1."""

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table."""
        shown = tuple(tuple(str(cell) for cell in row) for row in rows)
        self.tables.append(Table(title=title, columns=tuple(columns), rows=shown))

    def target(self, what: str, target: str, *, found: str, met: bool | None) -> None:
        """Add a target; a quick run is too short to judge one."""
        judged = None if self.quick else met
        self.targets.append(Target(what=what, target=target, found=found, met=judged))

    def shown(self) -> str:
        """Return tables, targets and notes as text for a terminal."""
        lines = [f"{self.title}  ({self.took_s:.0f} s, others used {self.others_share:.0%})"]
        for table in self.tables:
            cells = (table.columns, *table.rows)
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            lines += ["", table.title]
            lines += [
                "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
                for row in cells
            ]
        for target in self.targets:
            verdict = {True: "met", False: "NOT MET", None: "not judged"}[target.met]
            lines += ["", f"{target.what}: {target.found}; target {target.target}: {verdict}"]
        for note in self.notes:
            lines += ["", note]
        return "\n".join(lines)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a benchmark was asked to run."""

    quick: bool
    json: bool


def options(doc: str | None) -> Options:
    """Read the command line of a benchmark."""
    return parsed(doc)[0]


def parsed(
    doc: str | None, more: Callable[[argparse.ArgumentParser], object] | None = None
) -> tuple[Options, argparse.Namespace]:
    """Read the command line of a benchmark with options of its own, which `more` adds."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="seconds, to see that it works")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    if more is not None:
        more(parser)
    given = parser.parse_args()
    # A stopped benchmark must leave its blocks as it would by itself, or its processes would go on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return Options(quick=given.quick, json=given.json), given


def begun(
    benchmark: str, title: str, asked: Options, *, settings: dict[str, Any], seed: int | None = None
) -> tuple[Result, Quiet]:
    """Return an empty result with the facts of machine and versions, and a watch on other load."""
    result = Result(
        benchmark=benchmark,
        title=title,
        quick=asked.quick,
        settings=settings,
        seed=seed,
        machine=facts(),
        versions=versions(),
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return result, Quiet()


def handed_in(result: Result, quiet: Quiet, asked: Options) -> None:
    """Print a result, its processes having ended, as JSON or as tables."""
    result.took_s = quiet.elapsed_s()
    result.others_share = quiet.others_share()
    if asked.json:
        print(json.dumps(msgspec.to_builtins(result), indent=2))
        return
    print(result.shown())


def say(text: str) -> None:
    """Tell a person who waits what is going on."""
    print(text, file=sys.stderr, flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of them lies; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
