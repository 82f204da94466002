"""One hub under one load, and what it used: the regimes of the benchmark `delivery_cost`.

Every regime gives figures by name; names end in their unit. Per event are worker and gateway apart: the
worker is every process of the hub but supervisor and gateway.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rig import orders
from rig.builds import Build, RunningHub, wait_until
from rig.native import Receiver, Sender, lags_ms
from rig.processes import HubUse, used_between
from rig.result import quantile
from rig.system_calls import Counting

EVENTS = 2_000_000
"""More than any regime sends."""
PATIENCE_S = 240.0
SECRETS = {
    "RECEIVER_TOKEN": "receiver-token-0123456789abcdef0123456789",
    "RECEIVER_SIGNING": "whsec_aGVsaW9ncmFwaC1iZW5jaG1hcmstc2VjcmV0LTAx",
}
CACHE = Path(__file__).resolve().parents[3] / ".cache"
CALLS_SHOWN = 12
SYNCS = ("fsync", "fdatasync")
Figures = dict[str, float]


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much of each."""

    warm_up: int = 1_500
    saturated: int = 15_000
    secrets: int = 6_000
    paced_s: float = 10.0
    half_s: float = 5.0
    idle_s: float = 15.0
    backlog: int = 12_000
    flood_s: float = 8.0
    traced_s: float = 3.0


QUICK = Size(
    warm_up=50,
    saturated=300,
    secrets=100,
    paced_s=1.0,
    half_s=1.0,
    idle_s=1.0,
    backlog=400,
    flood_s=1.5,
    traced_s=1.0,
)


def files(url: str, *, secrets: bool) -> dict[str, str]:
    """Return a configuration with one source and one webhook without a budget to speak of."""
    destination = ['type = "webhook"', "[settings]", f'url = "{url}/events"']
    destination.append("requests_per_minute = 6000000")
    if secrets:
        destination.append('signing_secret = "${RECEIVER_SIGNING}"')
        destination.append("[settings.secret_headers]")
        destination += [
            'Authorization = "Bearer ${RECEIVER_TOKEN}"',
            'X-Api-Key = "${RECEIVER_TOKEN}"',
        ]
    return {
        "workspace.toml": f'id = "{orders.WORKSPACE}"\ndata_api_keys = ["{orders.KEY}"]\n'
        "requests_per_second = 1000000\n",
        **orders.mapper_files(),
        "destinations/sink.toml": "\n".join(destination) + "\n",
        "pipelines/all.toml": 'sources = ["*"]\n[[destinations]]\nname = "sink"\n',
    }


class Bench:
    """A running hub of one version with its sender and receiver."""

    def __init__(self, hub: RunningHub, sender: Sender, receiver: Receiver) -> None:
        self.hub, self.sender, self.receiver = hub, sender, receiver

    def drained(self) -> None:
        """Wait until everything that was acknowledged has arrived."""
        wanted = self.sender.board.counter(1)
        wait_until(lambda: self.receiver.taken >= wanted, PATIENCE_S, f"{wanted} events delivered")

    def warm(self, events: int) -> None:
        """Send a little, so that first times are over."""
        self.sender.send(requests=events, connections=16)
        self.drained()

    def faults(self) -> None:
        """Raise when an event came twice, or something came that nobody sent."""
        if any(self.receiver.faults().values()):
            raise RuntimeError(f"the receiver saw {self.receiver.faults()}")


@contextlib.contextmanager
def bench(
    build: Build, *, secrets: bool = False, roles: tuple[str, ...] = ("up",)
) -> Iterator[Bench]:
    """Give a hub with empty data, started, its sender and its receiver."""
    CACHE.mkdir(exist_ok=True)
    # Not the system's temporary folder: that may be memory, where fsync costs nothing.
    with (
        tempfile.TemporaryDirectory(dir=CACHE, prefix="bench-cost-") as folder,
        Receiver(EVENTS, headers=12 if secrets else 0) as receiver,
        RunningHub(build, Path(folder), files(receiver.url, secrets=secrets), SECRETS) as hub,
    ):
        for role in roles:
            hub.start(role)
        request = orders.single_request(f"127.0.0.1:{hub.port}")
        with Sender(EVENTS, request, hub.port) as sender:
            yield Bench(hub, sender, receiver)


def per_event(used: HubUse, events: int) -> Figures:
    """Return CPU, disk and context switches of worker and gateway an event, and memory."""
    worker, gateway = used["worker"], used["gateway"]
    return {
        "worker_cpu_us": worker.cpu_s / events * 1e6,
        "gateway_cpu_us": gateway.cpu_s / events * 1e6,
        "worker_written_kib": worker.written_bytes / events / 1024,
        "written_kib": sum(one.written_bytes for one in used.values()) / events / 1024,
        "worker_switches": worker.switches / events,
        "worker_peak_mb": worker.peak_rss_mb,
        "gateway_peak_mb": gateway.peak_rss_mb,
        "hub_cpu_us": sum(one.cpu_s for one in used.values()) / events * 1e6,
    }


def full_load(one: Bench, events: int) -> Figures:
    """Send as fast as possible."""
    before = one.hub.use()
    sent = one.sender.send(requests=events)
    one.drained()
    last_ns = one.receiver.board.counter(5)
    used = used_between(before, one.hub.use())
    one.faults()
    return {
        **per_event(used, events),
        "events_per_s": events / (last_ns - sent.began_ns) * 1e9,
        "acknowledged_per_s": events / sent.seconds,
        "sender_cpu_us": sent.cpu_s / events * 1e6,
    }


def paced(one: Bench, rate: float, seconds: float, *, connections: int = 32) -> Figures:
    """Send at a fixed rate."""
    first = one.sender.next
    before = one.hub.use()
    sent = one.sender.send(
        requests=max(1, round(rate * seconds)), rate=rate, connections=connections
    )
    one.drained()
    used = used_between(before, one.hub.use())
    one.faults()
    lags = lags_ms(one.sender.board, one.receiver.board, range(first, one.sender.next))
    return {
        **per_event(used, sent.answered),
        "rate": rate,
        "ack_p50_ms": sent.p50_ms,
        "ack_p99_ms": sent.p99_ms,
        "arrives_p50_ms": quantile(lags, 0.5),
        "arrives_p99_ms": quantile(lags, 0.99),
    }


def idle(one: Bench, seconds: float) -> Figures:
    """Let it be."""
    time.sleep(min(2.0, seconds))
    before = one.hub.use()
    time.sleep(seconds)
    used = used_between(before, one.hub.use())
    each = {f"{role}_cpu_ms_per_s": spent.cpu_s / seconds * 1e3 for role, spent in used.items()}
    return {
        **each,
        "cpu_ms_per_s": sum(each.values()),
        "written_kib_per_s": sum(s.written_bytes for s in used.values()) / seconds / 1024,
        "worker_rss_mb": used["worker"].rss_mb,
        "gateway_rss_mb": used["gateway"].rss_mb,
    }


def flooded(build: Build, size: Size) -> Figures:
    """Drain a backlog alone, then deliver while the gateway is sent all it can take."""
    with bench(build, roles=("gateway",)) as one:
        one.sender.send(requests=size.backlog)
        one.hub.start("worker")
        alone = rate_between(one.receiver, size.backlog // 10, size.backlog * 9 // 10)
        one.drained()
        flood = one.sender.begin(requests=EVENTS, seconds=size.flood_s)
        time.sleep(size.flood_s / 4)
        began, first = time.perf_counter(), one.receiver.taken
        time.sleep(size.flood_s / 2)
        beside = (one.receiver.taken - first) / (time.perf_counter() - began)
        sent = one.sender.ended(flood)
    return {
        "alone_per_s": alone,
        "flooded_per_s": beside,
        "kept": beside / alone,
        "acknowledged_per_s": sent.answered / sent.seconds,
    }


def rate_between(receiver: Receiver, first: int, last: int) -> float:
    """Return events a second from the first of two counts to the last."""
    wait_until(lambda: receiver.taken >= first, PATIENCE_S, "the backlog begins to drain")
    began, had = time.perf_counter(), receiver.taken
    wait_until(lambda: receiver.taken >= last, PATIENCE_S, "the backlog drains")
    return (receiver.taken - had) / (time.perf_counter() - began)


def traced(build: Build, size: Size) -> Figures:
    """Count system calls of the worker an event, at full load and paced, the most frequent ones by name."""
    found: Figures = {}
    with bench(build) as one:
        one.warm(size.warm_up)
        pids = one.hub.roles()["worker"]
        for load, rate in (("saturated", 0.0), ("150/s", 150.0), ("30/s", 30.0)):
            with Counting(pids) as counting:
                sent = one.sender.send(
                    requests=EVENTS, rate=rate, seconds=size.traced_s, connections=16
                )
                one.drained()
            counts = counting.counts()
            found[f"{load} all"] = sum(counts.values()) / sent.answered
            found[f"{load} syncs"] = sum(counts.get(c, 0) for c in SYNCS) / sent.answered
            for call, number in list(counts.items())[:CALLS_SHOWN]:
                found[f"{load} {call}"] = number / sent.answered
    return {name: round(number, 2) for name, number in found.items()}
