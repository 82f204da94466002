"""From HTTP to a destination on two cores: events a second, and how long one takes at half of that.

`python benchmarks/flow/end_to_end.py [--quick] [--json]`

Gateway and worker run on two cores, journal and store are SQLite files with every acknowledgement on disk.
A closed load is sent as fast as the gateway takes it; every event goes to a webhook destination without a
budget, the sink twin. The rate is events over the time from the first request to the last delivery. Then
the same load is sent at half that rate, and the lag of every event is counted from the moment its request
was due until the twin had it.
"""

import tempfile
from pathlib import Path

from rig.hub import BenchHub, bench_hub, wait_for, webhook
from rig.processes import Usage, hub_cores, load_cores, usage
from rig.result import Options, Result, begun, handed_in, options, quantile, say
from rig.twin import Twin

BATCH = 500
CONNECTIONS = {1: 64, BATCH: 4}
PATIENCE_S = 240


def sizes(asked: Options) -> dict[str, float]:
    """Return how much is sent."""
    if asked.quick:
        return {"single_events": 400, "batch_events": 1_000, "warm_up": 50, "lag_s": 2}
    return {"single_events": 40_000, "batch_events": 50_000, "warm_up": 1_000, "lag_s": 20}


def processes(hub: BenchHub, twin: Twin) -> dict[str, Usage]:
    assert hub.gateway is not None
    assert hub.worker is not None
    return {
        "gateway": usage(hub.gateway.pid),
        "worker": usage(hub.worker.pid),
        "twin": usage(twin.pid),
    }


def at_full_load(batch: int, events: int, warm_up: int) -> dict[str, object]:
    """Send as fast as possible and return rate, CPU, memory and disk per event."""
    with Twin("sink") as twin, bench_hub({"sink": webhook(f"{twin.url}/events")}) as hub:
        hub.start_both()
        hub.send(requests=warm_up, first=10_000_000)
        wait_for(lambda: twin.taken() >= warm_up, "warmed up", timeout_s=PATIENCE_S)
        before = processes(hub, twin)
        sent = hub.send(requests=events // batch, batch=batch, connections=CONNECTIONS[batch])
        wanted = warm_up + sent.events
        ended = wait_for(lambda: twin.taken() >= wanted, "delivered", timeout_s=PATIENCE_S)
        after = processes(hub, twin)
        hub.stop()
        disk = hub.file_bytes()
    cpu_us = {
        name: round((after[name].cpu_s - before[name].cpu_s) / sent.events * 1e6, 1)
        for name in after
    }
    return {
        "events": sent.events,
        "events_per_s": round(sent.events / (ended - sent.began_ms / 1000)),
        "acknowledged_per_s": round(sent.events / sent.seconds),
        "cpu_us_per_event": {**cpu_us, "generator": round(sent.cpu_s / sent.events * 1e6, 1)},
        "peak_rss_mb": {name: after[name].peak_rss_mb for name in ("gateway", "worker")},
        "bytes_per_event": {name: round(size / wanted) for name, size in disk.items()},
    }


def at_half_load(batch: int, events_per_s: float, seconds: float) -> dict[str, object]:
    """Send at a fixed rate and return acknowledgement and lag, in ms."""
    rate = events_per_s / 2 / batch
    requests = max(1, round(rate * seconds))
    with (
        tempfile.TemporaryDirectory() as folder,
        Twin("sink", record=Path(folder) / "record.jsonl") as twin,
        bench_hub({"sink": webhook(f"{twin.url}/events")}) as hub,
    ):
        hub.start_both()
        sent = hub.send(requests=requests, batch=batch, rate=rate, connections=CONNECTIONS[batch])
        wait_for(lambda: twin.taken() >= sent.events, "delivered", timeout_s=PATIENCE_S)
        lags = [one["at"] - one["body"]["properties"]["due_ms"] for one in twin.recorded()]
    return {
        "offered_events_per_s": round(rate * batch, 1),
        "ack_p50_ms": sent.p50_ms,
        "ack_p99_ms": sent.p99_ms,
        "lag_p50_ms": round(quantile(lags, 0.5), 1),
        "lag_p99_ms": round(quantile(lags, 0.99), 1),
        "lag_max_ms": round(max(lags), 1),
    }


def report(result: Result) -> None:
    """Turn the figures into tables."""
    forms = list(result.figures)
    full = {form: result.figures[form]["full"] for form in forms}
    half = {form: result.figures[form]["half"] for form in forms}
    result.table(
        "As fast as possible",
        ("requests of", "events/s to the twin", "events/s acknowledged", "journal B/event",
         "store B/event", "gateway peak MB", "worker peak MB"),
        [
            (form, f["events_per_s"], f["acknowledged_per_s"], f["bytes_per_event"]["journal"],
             f["bytes_per_event"]["store"], f["peak_rss_mb"]["gateway"], f["peak_rss_mb"]["worker"])
            for form, f in full.items()
        ],
    )  # fmt: skip
    names = ("gateway", "worker", "twin", "generator")
    result.table(
        "CPU per event, µs",
        ("requests of", *names),
        [(form, *(f["cpu_us_per_event"][name] for name in names)) for form, f in full.items()],
    )
    result.table(
        "At half of that rate, ms",
        ("requests of", "events/s offered", "answer p50", "answer p99", "at the twin p50",
         "at the twin p99", "at the twin max"),
        [
            (form, f["offered_events_per_s"], f["ack_p50_ms"], f["ack_p99_ms"], f["lag_p50_ms"],
             f["lag_p99_ms"], f["lag_max_ms"])
            for form, f in half.items()
        ],
    )  # fmt: skip
    p99 = half["1 event"]["ack_p99_ms"]
    result.target("p99 of the answer at half load", "< 25 ms", found=f"{p99} ms", met=p99 < 25)


def main() -> None:
    """Measure both forms and print them."""
    asked = options(__doc__)
    size = sizes(asked)
    cores = {"hub_cores": hub_cores(), "load_cores": load_cores()}
    result, quiet = begun(
        "end_to_end", "From HTTP to a destination", asked, settings={**size, **cores}
    )
    for form, batch, events in (
        ("1 event", 1, size["single_events"]),
        (f"{BATCH} events", BATCH, size["batch_events"]),
    ):
        say(f"end_to_end: requests of {form}, full load")
        full = at_full_load(batch, int(events), int(size["warm_up"]))
        say(f"end_to_end: requests of {form}, half load")
        half = at_half_load(batch, float(str(full["events_per_s"])), size["lag_s"])
        result.figures[form] = {"full": full, "half": half}
    report(result)
    if cores["hub_cores"] == cores["load_cores"]:
        result.notes.append("Generator and twin shared the two cores with the hub.")
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
