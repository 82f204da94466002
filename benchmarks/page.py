"""docs/performance.md from the results: everything between its markers is written here, the rest by hand.

A section stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME is a benchmark's,
`headline` for the figures that come first, or `targets` for the list of all promises.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import headline
import msgspec
from catalogue import BENCHMARKS, HERE, Benchmark
from rig.result import Result

PAGE = HERE.parent / "docs" / "performance.md"
RESULTS = HERE / "results"
BUSY = 0.1
"""Above this share of the machine used by others, figures are said to be disturbed."""
_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_VERDICTS = {True: "met", False: "**not met**", None: "not judged"}


def results() -> dict[str, Result]:
    """Return the stored results by name."""
    found: dict[str, Result] = {}
    for benchmark in BENCHMARKS:
        path = RESULTS / f"{benchmark.name}.json"
        if path.exists():
            found[benchmark.name] = msgspec.json.decode(path.read_bytes(), type=Result)
    return found


def rendered(page: str, found: Mapping[str, Result]) -> str:
    """Return the page with its generated sections as the results say.

    Raises:
        ValueError: a benchmark has no section, or a section no benchmark.
    """
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    sections = set(re.findall(r"<!-- generated: (\w+) -->", page))
    wanted = {"headline", "targets", *known}
    if sections != wanted:
        raise ValueError(f"sections and benchmarks differ: {sections ^ wanted}")

    def section(match: re.Match[str]) -> str:
        opening, name, closing = match.groups()
        if name == "headline":
            text = _table(headline.COLUMNS, headline.rows(found))
        elif name == "targets":
            text = _targets(found)
        else:
            text = _benchmark(known[name], found.get(name))
        return f"{opening}\n{text}\n\n{closing}"

    return _SECTION.sub(section, page)


def write() -> None:
    """Bring the page up to date."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rendered(text, results()), encoding="utf-8")


def stale() -> bool:
    """Tell whether the page differs from what the results say."""
    text = PAGE.read_text(encoding="utf-8")
    return text != rendered(text, results())


def _targets(found: Mapping[str, Result]) -> str:
    rows = [
        (target.what, target.target, target.found, _VERDICTS[target.met], f"[{name}](#{name})")
        for name, result in found.items()
        for target in result.targets
    ]
    return (
        _table(("what", "target", "found", "", "benchmark"), rows)
        if rows
        else "Nothing measured yet."
    )


def _benchmark(benchmark: Benchmark, result: Result | None) -> str:
    again = f"To repeat: `make bench ARGS='--only {benchmark.name}'`"
    if result is None:
        return f"{benchmark.answers}: not measured yet. {again}."
    parts = [f"{table.title}:\n\n{_table(table.columns, table.rows)}" for table in result.tables]
    parts += result.notes
    parts += [f"{again}, or `{benchmark.by_hand}`. {_circumstances(result)}"]
    return "\n\n".join(parts)


def _circumstances(result: Result) -> str:
    machine = result.machine
    text = (
        f"Measured {result.measured_at[:10]} in {result.took_s:.0f} s on {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['kernel']}, {machine['python']}, "
        f"SQLite {result.versions['sqlite']}, {machine['filesystem']} with "
        f"{machine['sync_p50_ms']} ms for a write of 4 KiB to be on disk."
    )
    if result.others_share > BUSY:
        text += (
            f" **The machine was not quiet:** other processes used {result.others_share:.0%} of it, so "
            "absolute values are too low and ratios are rough."
        )
    return text


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def path_of(name: str) -> Path:
    """Return the file of a benchmark's result."""
    return RESULTS / f"{name}.json"
