"""Which benchmarks there are, in the order they run, and how each is started.

A script of `benchmarks/flow` prints a `rig.result.Result` with `--json`; what others print is brought into
that form by `translations.py`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import translations
from rig.result import Result

HERE = Path(__file__).resolve().parent
Translate = Callable[[Any], Result]


def own_form(printed: Any) -> Result:
    """Return what a script of ours printed."""
    return msgspec.convert(printed, Result)


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """One script and how to ask it for JSON."""

    name: str
    answers: str
    """The question it answers, for `--list`."""
    script: str
    full: tuple[str, ...] = ("--json",)
    smoke: tuple[str, ...] = ("--json", "--quick")
    translate: Translate = own_form
    limit_s: float = 600.0
    """A full run that takes longer is ended."""

    def command(self, *, smoke: bool) -> list[str]:
        """Return the command line."""
        return [sys.executable, str(HERE / self.script), *(self.smoke if smoke else self.full)]

    @property
    def by_hand(self) -> str:
        """The command a person types to repeat it alone."""
        return f"python benchmarks/{self.script}"


BENCHMARKS = (
    Benchmark(
        name="mapper",
        answers="What mapping costs, beside other tools that do the same",
        script="mapper/run.py",
        full=("--json", "-"),
        smoke=("--json", "-", "--smoke"),
        translate=translations.mapper,
    ),
    Benchmark(
        name="expressions",
        answers="What expressions of a mapper cost, and an earlier version beside this one",
        script="micro/expressions.py",
    ),
    Benchmark(
        name="storage",
        answers="How fast SQLite appends, applies and delivers",
        script="micro/storage.py",
        smoke=("--json", "--seconds", "0.05"),
        translate=translations.storage,
    ),
    Benchmark(
        name="gateway",
        answers="What acknowledging a webhook costs, beside a constant and Node-RED",
        script="flow/gateway.py",
        translate=translations.gateway,
    ),
    Benchmark(
        name="heavy_requests",
        answers="How long an ordinary sender waits beside the heaviest requests",
        script="flow/heavy_requests.py",
        limit_s=900,
    ),
    Benchmark(
        name="delivery_cost",
        answers="What a delivery costs, side by side with an earlier version",
        script="flow/delivery_cost.py",
        smoke=("--json", "--quick", "--alone"),
        limit_s=1_500,
    ),
    Benchmark(
        name="catch_up",
        answers="How fast a backlog is applied and drained",
        script="flow/catch_up.py",
    ),
    Benchmark(
        name="recovery",
        answers="How long a role is away after kill -9",
        script="flow/recovery.py",
    ),
    Benchmark(
        name="budget",
        answers="How much of a destination's rate limit is used",
        script="flow/budget.py",
    ),
    Benchmark(
        name="replay",
        answers="Whether a million deliveries due now slow down live ones",
        script="flow/replay.py",
        limit_s=1_200,
    ),
    Benchmark(
        name="isolation",
        answers="Whether a destination that hangs slows another one",
        script="flow/isolation.py",
    ),
)
