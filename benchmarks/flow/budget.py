"""How much of a destination's rate limit is used when ten times as much waits, and how often it says 429.

`python benchmarks/flow/budget.py [--quick] [--json]`

Three WebEngage twins take 5,000 requests a minute each: one counts by calendar minute, one over the last
60 s, and one does the latter and takes 150 ms to answer. All get the same events, ten times as many as they
take. An event is one request for the event and one for the person's attributes, and WebEngage counts these
apart; the share is that of the events. What counts is what each twin took in the steady state, from a minute
after the first request on, as a share of what it would have taken.
"""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rig.hub import bench_hub
from rig.result import begun, handed_in, options, say
from rig.twin import Twin

PER_MINUTE = 5_000
TIMES = 10
BATCH = 50
BUCKET = "events"
FAR_MS = 150.0
TWINS = {"fixed": ("fixed", 0.0), "sliding": ("sliding", 0.0), "sliding, far": ("sliding", FAR_MS)}
"""Name -> kind of window, milliseconds that every answer takes longer."""


def destination(twin: Twin) -> dict[str, Any]:
    return {"type": twin.destination["type"], "settings": twin.destination["settings"]}


def share_taken(requests: Sequence[dict[str, Any]], *, skip_s: float, limit: int) -> dict[str, Any]:
    """Return what was taken of the limit of events from `skip_s` after the first on, and all 429s.

    Args:
        requests: as recorded, oldest first.
        skip_s: length of the start that is left out.
        limit: requests a minute.
    """
    events = [one for one in requests if one["endpoint"] == BUCKET]
    taken = [one["at"] for one in events if one["status"] in range(200, 300)]
    begin, end = events[0]["at"] + skip_s * 1000, events[-1]["at"]
    steady = sum(1 for at in taken if begin <= at < end)
    run = longest = refused = 0
    for one in requests:
        run = run + 1 if one["status"] == 429 else 0
        longest = max(longest, run)
        refused += one["status"] == 429
    minutes = range(int(begin // 60_000) + 1, int(end // 60_000))
    return {
        "steady_s": round((end - begin) / 1000, 1),
        "taken": steady,
        "share": round(steady / (limit / 60_000 * (end - begin)), 4),
        "whole_minutes": [sum(1 for at in taken if at // 60_000 == minute) for minute in minutes],
        "answers_429": refused,
        "longest_run_of_429": longest,
        "requests": len(requests),
    }


def main() -> None:
    """Measure all at once and print them."""
    asked = options(__doc__)
    seconds, skip_s = (8.0, 3.0) if asked.quick else (200.0, 60.0)
    rate = PER_MINUTE / 60 * TIMES
    result, quiet = begun(
        "budget",
        "Using a rate limit",
        asked,
        settings={
            "per_minute": PER_MINUTE,
            "offered_per_minute": PER_MINUTE * TIMES,
            "seconds": seconds,
            "left_out_s": skip_s,
            "far_ms": FAR_MS,
        },
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        twins: dict[str, Twin] = {}
        for number, (name, (window, delay_ms)) in enumerate(TWINS.items()):
            twin = Twin("webengage", record=Path(folder) / f"{number}.jsonl")
            twins[name] = running.enter_context(twin)
            twin.limit(PER_MINUTE, window=window)
            twin.delay(delay_ms)
        destinations = {name.replace(", ", "-"): destination(twin) for name, twin in twins.items()}
        with bench_hub(destinations) as hub:
            hub.start_both()
            say(f"budget: {rate:.0f} events/s for {seconds:.0f} s")
            hub.send(requests=round(rate / BATCH * seconds), batch=BATCH, rate=rate / BATCH)
            hub.stop()
        result.figures = {
            name: share_taken(list(twin.recorded()), skip_s=skip_s, limit=PER_MINUTE)
            for name, twin in twins.items()
        }
    result.table(
        f"{PER_MINUTE:,} requests a minute allowed, {PER_MINUTE * TIMES:,} events a minute offered",
        ("window", "taken of allowed", "over s", "in whole minutes", "429", "longest run of 429"),
        [
            (name, f"{f['share']:.1%}", f["steady_s"],
             ", ".join(str(n) for n in f["whole_minutes"]) or "none", f["answers_429"],
             f["longest_run_of_429"])
            for name, f in result.figures.items()
        ],
    )  # fmt: skip
    for name, f in result.figures.items():
        result.target(
            f"Share of the limit that was used, {name} window",
            "≥ 98 %, no run of 429s",
            found=f"{f['share']:.1%}, longest run {f['longest_run_of_429']}",
            met=f["share"] >= 0.98 and f["longest_run_of_429"] <= 1,
        )
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
