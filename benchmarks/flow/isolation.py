"""Whether a destination that hangs slows another one down.

`python benchmarks/flow/isolation.py [--quick] [--json]`

Two webhook destinations get every event; both twins could take all of it. B always has a backlog, so its
rate is what the hub can do. A is paused (its deliveries are made and wait), then hangs for a minute (every
request is held, times out after 10 s and is tried again), then is paused again, and so on. Each minute of
hanging is compared with the paused windows before and after it, so a drift of the machine cancels out. What
other tenants of the machine take within a minute does not: so the same piece of work is timed ten times a
second all the while, and B's rate is also given per amount of work the machine did.
"""

import base64
import http.client
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

from rig import orders
from rig.hub import BenchHub, bench_hub, webhook
from rig.processes import hub_cores, load_cores, usage
from rig.result import begun, handed_in, options, say
from rig.twin import Twin

BATCH = 500
BACKLOG = 4_000
"""Events that B has waiting, at least."""
TIMEOUT_S = 10
PROMISED = 0.05
"""Largest change of B's rate; pairs that differ by more than twice as much are too noisy to judge."""


def piece_of_work() -> float:
    """Return the processor seconds that about two milliseconds' work of an interpreter takes now."""
    began = time.process_time()
    counts: dict[str, int] = {}
    for number in range(8_000):
        key = str(number % 500)
        counts[key] = counts.get(key, 0) + number
    return time.process_time() - began


class Feeder:
    """Keeps B's backlog filled and counts what B takes."""

    def __init__(self, hub: BenchHub, twin: Twin) -> None:
        assert hub.gateway is not None
        assert hub.gateway.address is not None
        place = urlsplit(hub.gateway.address)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port or 80)
        token = base64.b64encode(f"{orders.WORKSPACE}:{orders.KEY}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._twin = twin
        self._sent = 0

    def close(self) -> None:
        self._connection.close()

    def feed(self, seconds: float) -> tuple[float, float]:
        """Feed for so long; return the events a second that B took, and pieces of work a processor second."""
        began, first = time.perf_counter(), self._twin.taken()
        taken = first
        pieces: list[float] = []
        while time.perf_counter() - began < seconds:
            while self._sent - taken < BACKLOG:
                self._send()
            pieces.append(piece_of_work())
            time.sleep(0.1)
            taken = self._twin.taken()
        return (taken - first) / (time.perf_counter() - began), 1 / statistics.mean(pieces)

    def _send(self) -> None:
        body = orders.batch(self._sent, BATCH, 0.0)
        self._connection.request("POST", orders.BATCH_PATH, body=body, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        self._sent += BATCH


def compared(values: list[float]) -> list[float]:
    """Return every second value over the mean of its neighbours."""
    return [
        values[at] / statistics.mean((values[at - 1], values[at + 1]))
        for at in range(1, len(values), 2)
    ]


def listed(ratios: list[float]) -> str:
    """Return changes in percent."""
    return ", ".join(f"{ratio - 1:+.1%}" for ratio in ratios)


def main() -> None:
    """Alternate and print the ratio of every minute of hanging."""
    asked = options(__doc__)
    quick, full = (1, 1.0, 2.0, 1.0, 0.5), (3, 20.0, 60.0, 10.0, 3.0)
    pairs, paused_s, hanging_s, slice_s, settle_s = quick if asked.quick else full
    result, quiet = begun(
        "isolation",
        "One destination hangs, another one works",
        asked,
        settings={
            "pairs": pairs,
            "paused_s": paused_s,
            "hanging_s": hanging_s,
            "timeout_s": TIMEOUT_S,
            "hub_cores": hub_cores(),
            "load_cores": load_cores(),
        },
    )
    windows: list[dict[str, Any]] = []
    with Twin("sink") as a, Twin("sink") as b:
        destinations = {"a": webhook(f"{a.url}/a", timeout_s=TIMEOUT_S), "b": webhook(f"{b.url}/b")}
        with bench_hub(destinations) as hub:
            hub.paused("a", True)
            hub.start_both()
            assert hub.worker is not None
            feeder = Feeder(hub, b)
            a.hang(hanging_s)
            feeder.feed(settle_s)
            for turn in range(2 * pairs + 1):
                hangs = turn % 2 == 1
                if turn:
                    hub.paused("a", not hangs)
                feeder.feed(settle_s)
                length = hanging_s if hangs else paused_s
                say(
                    f"isolation: window {turn + 1} of {2 * pairs + 1}, A {'hangs' if hangs else 'is paused'}"
                )
                held, used = a.stats()["requests"], usage(hub.worker.pid)
                slices = [feeder.feed(slice_s) for _ in range(round(length / slice_s))]
                rates = [rate for rate, _ in slices]
                windows.append(
                    {
                        "a": "hangs" if hangs else "paused",
                        "events_per_s": [round(rate, 1) for rate in rates],
                        "work_per_s": [round(work, 1) for _, work in slices],
                        "requests_of_a": a.stats()["requests"] - held,
                        "worker_cpu_us_per_event": round(
                            (usage(hub.worker.pid).cpu_s - used.cpu_s)
                            / max(1.0, sum(rates) * slice_s)
                            * 1e6,
                            1,
                        ),
                    }
                )
            feeder.close()
            hub.stop()
    work = [statistics.mean(window["work_per_s"]) for window in windows]
    means = [statistics.mean(window["events_per_s"]) for window in windows]
    plain = compared(means)
    ratios = compared([rate / speed for rate, speed in zip(means, work, strict=True)])
    change = statistics.mean(ratios) - 1
    result.figures = {
        "windows": windows,
        "ratios": [round(r, 4) for r in ratios],
        "ratios_without_the_machine": [round(r, 4) for r in plain],
    }
    result.table(
        "B, in windows one after the other",
        ("A", "B events/s", "lowest slice", "highest slice", "machine's speed", "worker CPU µs/event",
         "requests A held"),
        [
            (w["a"], round(mean), round(min(w["events_per_s"])), round(max(w["events_per_s"])),
             f"{speed / statistics.mean(work):.2f}", w["worker_cpu_us_per_event"], w["requests_of_a"])
            for w, mean, speed in zip(windows, means, work, strict=True)
        ],
    )  # fmt: skip
    result.target(
        "Change of B's rate while A hangs",
        "less than 5 %",
        found=f"{change:+.1%} ({listed(ratios)}; without regard to the machine's speed {listed(plain)})",
        met=abs(change) < PROMISED if (max(ratios) - min(ratios)) / 2 < PROMISED else None,
    )
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
