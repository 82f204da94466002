"""What a delivery costs, beside an earlier version: CPU, disk, system calls, and how long it takes.

`python benchmarks/flow/delivery_cost.py [--quick] [--json] [--against REV] [--rounds N] [--regime NAME]`

Both versions run the whole hub as `heliograph up` does (supervisor, gateway, worker), take turns, and get
the same load from a sender and a receiver outside Python. Figures are medians over the rounds; trust the
ratios. *Worker* is every process of the hub but supervisor and gateway.

- `saturated`: requests of one event as fast as they are answered, to a destination without a budget;
- `secrets`: the same with secret headers, a signature, and 12 headers in every answer;
- `half`: at half of the earlier version's rate, how long the acknowledgement takes;
- `150`, `30`: so many events a second; `idle`: none;
- `flooded`: the worker's rate while the gateway gets more than it can take, to that of draining alone;
- `calls`: system calls an event, counted by strace in a run of their own.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence

import msgspec
from rig import regimes
from rig.builds import Build, NoRevision, earlier, this_tree
from rig.native import NoCompiler, program
from rig.regimes import QUICK, Figures, Size
from rig.result import Result, begun, handed_in, parsed, say
from rig.system_calls import system_calls

EARLIER = "e954705"
REGIMES = {
    "saturated": "As fast as possible",
    "secrets": "The same with secret headers, a signature and 12 headers in the answer",
    "half": "At half of the earlier version's rate",
    "150": "150 events a second",
    "30": "30 events a second",
    "idle": "Idle",
    "flooded": "While the gateway is flooded",
    "calls": "System calls of the worker an event",
}


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A promise about one figure: to the earlier version's, or by itself."""

    what: str
    regime: str
    figure: str
    limit: float
    least: bool = False
    """The limit is the least allowed, not the most."""
    unit: str | None = None
    """Of the figure by itself; None for the ratio to the earlier version."""


GOALS = (
    Goal(
        what="Worker CPU an event, as fast as possible",
        regime="saturated",
        figure="worker_cpu_us",
        limit=0.35,
    ),
    Goal(
        what="Worker CPU an event, with secrets and 12 headers",
        regime="secrets",
        figure="worker_cpu_us",
        limit=0.2,
    ),
    Goal(what="Worker CPU an event at 150/s", regime="150", figure="worker_cpu_us", limit=0.25),
    Goal(what="Worker CPU an event at 30/s", regime="30", figure="worker_cpu_us", limit=0.2),
    Goal(
        what="Idle hub", regime="idle", figure="cpu_ms_per_s", limit=10, unit="ms of CPU a second"
    ),
    Goal(
        what="Bytes written an event, as fast as possible",
        regime="saturated",
        figure="written_kib",
        limit=0.35,
    ),
    Goal(what="Bytes written an event at 150/s", regime="150", figure="written_kib", limit=0.35),
    Goal(
        what="HTTP to receiver on two cores, events/s",
        regime="saturated",
        figure="events_per_s",
        limit=2.5,
        least=True,
    ),
    Goal(
        what="Worker's rate while the gateway is flooded, to its alone rate",
        regime="flooded",
        figure="kept",
        limit=0.4,
        least=True,
        unit="",
    ),
    Goal(
        what="p99 of the acknowledgement at half load",
        regime="half",
        figure="ack_p99_ms",
        limit=1.0,
    ),
    Goal(what="p99 of the acknowledgement at 150/s", regime="150", figure="ack_p99_ms", limit=1.0),
    Goal(
        what="p50 from acknowledgement to receiver at 150/s",
        regime="150",
        figure="arrives_p50_ms",
        limit=50,
        unit="ms",
    ),
    Goal(what="Peak memory of the worker", regime="saturated", figure="worker_peak_mb", limit=1.1),
    Goal(
        what="Peak memory of the gateway", regime="saturated", figure="gateway_peak_mb", limit=1.1
    ),
)


def measured(
    build: Build, size: Size, wanted: set[str], half_rate: float | None
) -> dict[str, Figures]:
    """Run the wanted regimes once."""
    found: dict[str, Figures] = {}

    def take(name: str, measure: Callable[[], Figures]) -> None:
        say(f"{build.name}: {name}")
        found[name] = measure()

    if wanted & {"saturated", "half", "150", "30", "idle"}:
        with regimes.bench(build) as one:
            one.warm(size.warm_up)
            if wanted & {"saturated", "half"}:
                take("saturated", lambda: regimes.full_load(one, size.saturated))
            if "half" in wanted:
                rate = half_rate or found["saturated"]["events_per_s"] / 2
                take("half", lambda: regimes.paced(one, rate, size.half_s, connections=64))
            if "150" in wanted:
                take("150", lambda: regimes.paced(one, 150.0, size.paced_s))
            if "30" in wanted:
                take("30", lambda: regimes.paced(one, 30.0, size.paced_s))
            if "idle" in wanted:
                take("idle", lambda: regimes.idle(one, size.idle_s))
    if "secrets" in wanted:
        with regimes.bench(build, secrets=True) as one:
            one.warm(size.warm_up // 3)
            take("secrets", lambda: regimes.full_load(one, size.secrets))
    if "flooded" in wanted:
        take("flooded", lambda: regimes.flooded(build, size))
    return found


def medians(rounds: Sequence[dict[str, Figures]]) -> dict[str, Figures]:
    """Return the median of every figure over the rounds that have it."""
    merged: dict[str, Figures] = {}
    for regime in dict.fromkeys(name for one in rounds for name in one):
        several = [one[regime] for one in rounds if regime in one]
        merged[regime] = {
            figure: round(statistics.median(one[figure] for one in several), 3)
            for figure in several[0]
        }
    return merged


def ratio(cells: Sequence[float | None]) -> float | None:
    """Return the second of two figures to the first, or None where one is missing."""
    match cells:
        case [float() | int() as old, float() | int() as new] if old:
            return new / old
    return None


def report(result: Result, names: Sequence[str]) -> None:
    """Turn the figures into tables and goals."""
    taken: dict[str, dict[str, Figures]] = result.figures
    for regime, title in REGIMES.items():
        figures = dict.fromkeys(f for name in names for f in taken[name].get(regime, {}))
        rows: list[tuple[object, ...]] = []
        for figure in figures:
            cells = [taken[name].get(regime, {}).get(figure) for name in names]
            found = ratio(cells)
            shown = ["" if cell is None else f"{cell:,.2f}" for cell in cells]
            rows.append((figure, *shown, "" if found is None else f"{found:.3f}"))
        if rows:
            result.table(title, ("figure", *names, "ratio"), rows)
    for goal in GOALS:
        values = [taken[name].get(goal.regime, {}).get(goal.figure) for name in names]
        found = ratio(values) if goal.unit is None else values[-1]
        if found is None:
            continue
        unit = f"of {names[0]}" if goal.unit is None else goal.unit
        result.target(
            goal.what,
            f"{'≥' if goal.least else '≤'} {goal.limit:g} {unit}".rstrip(),
            found=f"{found:.3g} {unit}".rstrip(),
            met=found >= goal.limit if goal.least else found <= goal.limit,
        )


def main() -> None:
    """Measure both versions in turns and print them."""

    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--against", default=EARLIER, metavar="REV", help="earlier version")
        parser.add_argument(
            "--against-python", metavar="PATH", help="its interpreter, if not a new one"
        )
        parser.add_argument("--alone", action="store_true", help="this tree only")
        parser.add_argument("--rounds", type=int, metavar="N")
        parser.add_argument("--regime", action="append", choices=[*REGIMES], help="only this one")

    asked, given = parsed(__doc__, more)
    size = QUICK if asked.quick else Size()
    rounds: int = given.rounds or (1 if asked.quick else 3)
    wanted = set(given.regime or REGIMES)
    settings = {**msgspec.to_builtins(size), "rounds": rounds, "against": given.against}
    result, quiet = begun("delivery_cost", "What a delivery costs", asked, settings=settings)
    try:
        for name in ("sender", "receiver"):
            program(name)
    except NoCompiler as reason:
        result.notes.append(f"Not measured: {reason}.")
        handed_in(result, quiet, asked)
        return
    builds = [this_tree()]
    if not given.alone:
        try:
            builds.insert(0, earlier(given.against, python=given.against_python))
        except NoRevision as reason:
            result.notes.append(f"Measured without the earlier version: {reason}.")
    taken: dict[str, list[dict[str, Figures]]] = {build.name: [] for build in builds}
    half_rate: float | None = None
    for number in range(rounds):
        for build in builds:
            say(f"round {number + 1} of {rounds}, {build.name}")
            one = measured(build, size, wanted, half_rate)
            half_rate = half_rate or one.get("half", {}).get("rate")
            taken[build.name].append(one)
    for build in builds:
        figures = medians(taken[build.name])
        if "calls" in wanted and system_calls() is not None:
            say(f"{build.name}: calls")
            figures["calls"] = regimes.traced(build, size)
        result.figures[build.name] = figures
    report(result, [build.name for build in builds])
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
