"""Catching up after a pause: a backlog applied by the engine, and one drained by the courier.

`python benchmarks/flow/catch_up.py [--quick] [--json]`

The gateway takes a backlog while no worker runs; then a worker starts. Once without destinations (profiles
only), once with a paused webhook destination (profiles and a delivery per event). Then the destination is
resumed and drained to the sink twin.
"""

import time

from rig.hub import BenchHub, bench_hub, wait_for, webhook
from rig.processes import hub_cores, load_cores, usage
from rig.result import begun, handed_in, options, say
from rig.twin import Twin

BATCH = 500
PATIENCE_S = 300


def applied(hub: BenchHub, events: int) -> dict[str, float]:
    """Let a worker apply what the journal holds and return its rate and CPU per event."""
    worker = hub.start_worker()
    began, before, left = time.time(), usage(worker.pid), hub.engine_lag()
    ended = wait_for(lambda: hub.engine_lag() == 0, "applied", timeout_s=PATIENCE_S)
    cpu_s = usage(worker.pid).cpu_s - before.cpu_s
    return {
        "events": events,
        "events_per_s": round(left / (ended - began)),
        "cpu_us_per_event": round(cpu_s / left * 1e6, 1),
        "peak_rss_mb": usage(worker.pid).peak_rss_mb,
    }


def engine_only(events: int) -> dict[str, float]:
    """Apply a backlog without destinations."""
    with bench_hub({}) as hub:
        hub.start_gateway()
        hub.send(requests=events // BATCH, batch=BATCH, connections=4)
        return applied(hub, events)


def engine_then_courier(events: int) -> tuple[dict[str, float], dict[str, float]]:
    """Apply a backlog with one paused destination, then drain it."""
    with Twin("sink") as twin, bench_hub({"sink": webhook(f"{twin.url}/events")}) as hub:
        hub.paused("sink", True)
        hub.start_gateway()
        hub.send(requests=events // BATCH, batch=BATCH, connections=4)
        enqueued = applied(hub, events)
        assert hub.worker is not None
        before, mine = usage(hub.worker.pid), usage(twin.pid)
        hub.paused("sink", False)
        began = time.time()
        ended = wait_for(lambda: twin.taken() >= events, "drained", timeout_s=PATIENCE_S)
        after = usage(hub.worker.pid)
        drained = {
            "events": events,
            "events_per_s": round(events / (ended - began)),
            "cpu_us_per_event": round((after.cpu_s - before.cpu_s) / events * 1e6, 1),
            "twin_cpu_us_per_event": round((usage(twin.pid).cpu_s - mine.cpu_s) / events * 1e6, 1),
            "peak_rss_mb": after.peak_rss_mb,
        }
    return enqueued, drained


def main() -> None:
    """Measure the three and print them."""
    asked = options(__doc__)
    backlog, courier_backlog = (5_000, 1_000) if asked.quick else (100_000, 30_000)
    result, quiet = begun(
        "catch_up",
        "Catching up",
        asked,
        settings={
            "engine_events": backlog,
            "courier_events": courier_backlog,
            "hub_cores": hub_cores(),
            "load_cores": load_cores(),
        },
    )
    say("catch_up: engine")
    engine = engine_only(backlog)
    say("catch_up: engine and courier")
    enqueued, drained = engine_then_courier(courier_backlog)
    result.figures = {"engine": engine, "engine_enqueueing": enqueued, "courier": drained}
    result.table(
        "One worker",
        ("backlog", "events", "events/s", "worker CPU µs/event", "worker peak MB"),
        [
            (name, f["events"], f["events_per_s"], f["cpu_us_per_event"], f["peak_rss_mb"])
            for name, f in (
                ("journal, no destination", engine),
                ("journal, one paused destination", enqueued),
                ("deliveries of one destination", drained),
            )
        ],
    )
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
