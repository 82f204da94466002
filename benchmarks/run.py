"""Runs the benchmarks one after the other, keeps their results and brings docs/performance.md up to date.

    python benchmarks/run.py [--only NAME] [--smoke] [--json] [--list] [--page] [--check-page]

A full run writes `benchmarks/results/<name>.json` of each and takes about 15 minutes; it wants a machine on
which nothing else runs. `--smoke` runs each for a moment and writes nothing: its figures mean nothing.
`--page` only writes the page from the results, `--check-page` only says whether it is current.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "flow"))

import msgspec
import page
from catalogue import BENCHMARKS, Benchmark
from rig.machine import Quiet, facts, versions
from rig.result import Result, say

SMOKE_LIMIT_S = 150.0
SMOKES_AT_ONCE = 3
"""Their figures mean nothing, so they may share the machine."""


def run(benchmark: Benchmark, *, smoke: bool) -> Result:
    """Run one benchmark and return its result with the facts of the machine.

    Raises:
        RuntimeError: it failed or took too long; the message ends with what it said.
    """
    say(f"{benchmark.name}: {benchmark.answers}")
    quiet, measured_at = Quiet(), datetime.now(UTC).isoformat(timespec="seconds")
    process = subprocess.Popen(
        benchmark.command(smoke=smoke), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        output, said = process.communicate(timeout=SMOKE_LIMIT_S if smoke else benchmark.limit_s)
    except subprocess.TimeoutExpired:
        process.terminate()
        _, said = process.communicate()
        raise RuntimeError(f"{benchmark.name} took too long\n{said[-4000:]}") from None
    if process.returncode != 0:
        raise RuntimeError(f"{benchmark.name} ended with {process.returncode}\n{said[-4000:]}")
    result = benchmark.translate(json.loads(output))
    if not result.machine:
        result.machine, result.versions = facts(), versions()
        result.measured_at, result.took_s = measured_at, quiet.elapsed_s()
        result.others_share = quiet.others_share()
    return result


def run_all(chosen: list[Benchmark], *, smoke: bool) -> dict[str, Result | RuntimeError]:
    """Run them and return what came of each; a full run writes what it measured at once."""
    came: dict[str, Result | RuntimeError] = {}

    def one(benchmark: Benchmark) -> None:
        try:
            result = run(benchmark, smoke=smoke)
        except RuntimeError as error:
            came[benchmark.name] = error
            say(f"FAILED {error}")
            return
        came[benchmark.name] = result
        if not smoke:
            text = msgspec.json.format(msgspec.json.encode(result), indent=2)
            page.path_of(benchmark.name).write_bytes(text + b"\n")

    with ThreadPoolExecutor(SMOKES_AT_ONCE if smoke else 1) as pool:
        list(pool.map(one, chosen))
    return came


def main() -> int:
    """Do what the command line says; 1 when a benchmark failed or the page is stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME")
    parser.add_argument("--smoke", action="store_true", help="a moment of each, nothing is written")
    parser.add_argument("--json", action="store_true", help="print all results as JSON")
    parser.add_argument("--list", action="store_true", help="say which benchmarks there are")
    parser.add_argument("--page", action="store_true", help="only write docs/performance.md")
    parser.add_argument("--check-page", action="store_true", help="is docs/performance.md current?")
    asked = parser.parse_args()
    if asked.list:
        for benchmark in BENCHMARKS:
            print(f"{benchmark.name:12} {benchmark.answers}")
        return 0
    if asked.page:
        page.write()
        return 0
    if asked.check_page:
        if page.stale():
            say(
                "docs/performance.md is not what the results say; run: python benchmarks/run.py --page"
            )
            return 1
        return 0
    began = time.perf_counter()
    chosen = [one for one in BENCHMARKS if not asked.only or one.name in asked.only]
    came = run_all(chosen, smoke=asked.smoke)
    failed = [name for name, result in came.items() if isinstance(result, RuntimeError)]
    measured = {n: r for n, r in came.items() if isinstance(r, Result)}
    if asked.json:
        print(json.dumps(msgspec.to_builtins(measured), indent=2))
    elif not asked.smoke:
        print("\n\n".join(result.shown() for result in measured.values()))
    if not asked.smoke:
        page.write()
    say(f"{len(measured)} of {len(came)} benchmarks ran in {time.perf_counter() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
