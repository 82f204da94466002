"""What acknowledging a webhook costs: `python benchmarks/flow/gateway.py [--quick] [--json]`.

One run measures, on loopback only, the server pinned to one core and the generator to another:

- floor: the same uvicorn, event loop and parser answering a constant;
- hub: single-event webhooks of about 600 bytes, authenticated, mapped, committed to SQLite with fsync;
- their ratio, round by round (floor and hub take turns, so that a busy machine hits both);
- batches of 500 items; acknowledgement latency at half the hub's rate (open loop); resident memory;
- nginx answering a constant, where it is installed;
- Node-RED receiving, mapping and answering the same webhook without storing anything.

Trust the ratios, not the values. Afterwards the journal must hold every acknowledged request.
"""

import argparse
import base64
import contextlib
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gateway_servers as servers
import nginx
import node_red

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache"
RESULTS = ROOT / "benchmarks" / "results"
PATH = "/v1/partner/shop/events/"


def cores() -> tuple[int, int]:
    """Return the core of the server and that of the generator (the same one if there is only one)."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(rf"{field}:\s+(\d+) kB", status)
    return round(int(match[1]) / 1024, 1) if match else 0.0


@contextlib.contextmanager
def served(
    command: list[str], port: int, environment: dict[str, str] | None = None
) -> Iterator[int]:
    """Run a server pinned to the server's core until the block ends; gives its process id."""
    core = cores()[0]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"did not start: {' '.join(command)}")
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


class Load:
    """Sends one body to servers; wrk drives the closed loop where it is installed."""

    def __init__(self, folder: Path, name: str, body: bytes, config: str) -> None:
        token = base64.b64encode(f"{servers.WORKSPACE}:{servers.KEY}".encode()).decode()
        self.headers = {"authorization": f"Basic {token}", "content-type": "application/json"}
        self.target = f"{PATH}?configName={config}"
        self.body = folder / f"{name}.json"
        self.body.write_bytes(body)
        self._script = folder / f"{name}.lua"
        lines = ['wrk.method = "POST"']
        lines += [f'wrk.headers["{key}"] = "{value}"' for key, value in self.headers.items()]
        lines += [f'local f = io.open("{self.body}", "rb"); wrk.body = f:read("*a"); f:close()']
        self._script.write_text("\n".join(lines))

    def closed(self, port: int, pid: int, *, connections: int, seconds: int) -> dict[str, Any]:
        """Return requests per second and CPU per request, as fast as answers come."""
        before = cpu_seconds(pid)
        if shutil.which("wrk"):
            result = self._wrk(port, connections, seconds)
        else:
            result = self._own(port, connections, seconds, None)
        used = cpu_seconds(pid) - before
        result["cpu_us_per_request"] = round(used / result["requests"] * 1e6, 1)
        return result

    def open(self, port: int, *, rate: float, connections: int, seconds: int) -> dict[str, Any]:
        """Return latencies at a constant rate."""
        return self._own(port, connections, seconds, rate)

    def _run(self, command: list[str], seconds: int) -> str:
        core = cores()[1]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        return done.stdout

    def _wrk(self, port: int, connections: int, seconds: int) -> dict[str, Any]:
        url = f"http://127.0.0.1:{port}{self.target}"
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
        text = self._run(["wrk", *options, "-s", str(self._script), url], seconds)
        found = re.search(r"(\d+) requests in ([\d.]+)(m?s|m)", text)
        if found is None or "Non-2xx" in text or "Socket errors" in text:
            raise RuntimeError(f"wrk reports: {text}")
        per_second = re.search(r"Requests/sec:\s+([\d.]+)", text)
        assert per_second
        return {"requests": int(found[1]), "per_second": float(per_second[1])}

    def _own(self, port: int, connections: int, seconds: int, rate: float | None) -> dict[str, Any]:
        order = {
            "port": port,
            "target": self.target,
            "headers": self.headers,
            "rate": rate,
            "body_file": str(self.body),
            "connections": connections,
            "seconds": seconds,
        }
        script = str(Path(__file__).with_name("load.py"))
        result = json.loads(self._run([sys.executable, script, json.dumps(order)], seconds + 15))
        if set(result["statuses"]) - {"200"} or result["broken_connections"]:
            raise RuntimeError(f"not every answer was a 200: {result}")
        return result


def middle(values: list[float]) -> float:
    return round(statistics.median(values), 3)


def measure(folder: Path, *, rounds: int, seconds: int, connections: int) -> dict[str, Any]:
    """Return floor, hub, ratio, batches, latency and memory."""
    single = Load(folder, "single", servers.single_payload(), "single")
    batch = Load(folder, "batch", servers.batch_payload(500), "batch")
    script = str(Path(__file__).with_name("gateway_servers.py"))
    floor_port, hub_port = free_port(), free_port()
    floor_command = [sys.executable, script, "floor", str(floor_port)]
    hub_command = [sys.executable, script, "hub", str(hub_port), str(folder)]
    acknowledged = 0
    with served(floor_command, floor_port) as floor_pid, served(hub_command, hub_port) as hub_pid:
        idle_mb = memory_mb(hub_pid, "VmRSS")
        floor: list[dict[str, Any]] = []
        hub: list[dict[str, Any]] = []
        for number in range(rounds + 1):
            options: dict[str, int] = {
                "connections": connections,
                "seconds": 1 if number == 0 else seconds,
            }
            one = single.closed(floor_port, floor_pid, **options)
            other = single.closed(hub_port, hub_pid, **options)
            acknowledged += other["requests"]
            if number:  # the first round only warms up
                floor.append(one)
                hub.append(other)
        rate = statistics.median(r["per_second"] for r in hub)
        latency = single.open(hub_port, rate=rate / 2, connections=connections, seconds=seconds * 2)
        batches = batch.closed(hub_port, hub_pid, connections=8, seconds=seconds)
        acknowledged += latency["requests"] + batches["requests"]
        memory = {
            "idle_mb": idle_mb,
            "after_mb": memory_mb(hub_pid, "VmRSS"),
            "peak_mb": memory_mb(hub_pid, "VmHWM"),
        }
    stored = count_stored(folder)
    ratios = [h["per_second"] / f["per_second"] for f, h in zip(floor, hub, strict=True)]
    floor_cpu = middle([r["cpu_us_per_request"] for r in floor])
    hub_cpu = middle([r["cpu_us_per_request"] for r in hub])
    return {
        "floor": {"per_second": middle([r["per_second"] for r in floor]), "cpu_us": floor_cpu},
        "hub": {"per_second": middle([r["per_second"] for r in hub]), "cpu_us": hub_cpu},
        "ratio": {
            "median": middle(ratios),
            "rounds": [round(ratio, 3) for ratio in ratios],
            "by_cpu": round(floor_cpu / hub_cpu, 3),
        },
        "batches_of_500": {
            "items_per_second": round(batches["per_second"] * 500),
            "cpu_us_per_item": round(batches["cpu_us_per_request"] / 500, 2),
        },
        "half_load": latency,
        "memory": memory,
        "stored": {"acknowledged": acknowledged, "in_journal": stored},
    }


def count_stored(folder: Path) -> int:
    """Return how many requests the journal holds after the gateway has stopped."""
    from heliograph.backends.sqlite import open_journal

    with contextlib.closing(open_journal(folder / "journal.db", read_only=True)) as journal:
        return journal.requests.counts().requests


def measure_node_red(folder: Path, *, seconds: int, connections: int) -> dict[str, Any]:
    """Return Node-RED's figures, or why there are none."""
    cache = CACHE / f"node-red-{node_red.VERSION}"
    problem = node_red.install(cache)
    if problem is not None:
        return {"skipped": problem}
    port = free_port()
    load = Load(folder, "node-red", servers.single_payload(), "single")
    command = node_red.command(cache, folder / "node-red", port, PATH)
    with served(command, port, node_red.environment()) as pid:
        wait_for_flow(port)
        load.closed(port, pid, connections=connections, seconds=1)
        result = load.closed(port, pid, connections=connections, seconds=seconds)
        return {
            "per_second": result["per_second"],
            "cpu_us": result["cpu_us_per_request"],
            "memory_mb": memory_mb(pid, "VmRSS"),
        }


def measure_nginx(folder: Path, *, seconds: int, connections: int) -> dict[str, Any]:
    """Return nginx's figures for a constant, or why there are none."""
    program = nginx.program()
    if program is None:
        return {"skipped": "nginx is not installed (scripts/services nginx)"}
    port = free_port()
    load = Load(folder, "nginx", servers.single_payload(), "single")
    command = nginx.command(program, folder / "nginx", port, servers.ANSWER.decode())
    with served(command, port) as pid:
        load.closed(port, pid, connections=connections, seconds=1)
        result = load.closed(port, pid, connections=connections, seconds=seconds)
        return {"per_second": result["per_second"], "cpu_us": result["cpu_us_per_request"]}


def wait_for_flow(port: int) -> None:
    """Wait until the flow answers: Node-RED listens before its flows run."""
    body = servers.single_payload()
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
    request = head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(request)
            if link.recv(64).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.1)
    raise RuntimeError("Node-RED's flow did not start within 30 s")


def table(result: dict[str, Any]) -> str:
    """Return the figures as text."""
    half, peer = result["half_load"], result["node_red"]
    rows = [
        ("uvicorn, constant answer", f"{result['floor']['per_second']:,.0f}/s"),
        ("hub, mapped and fsynced", f"{result['hub']['per_second']:,.0f}/s"),
        (
            "ratio",
            f"{result['ratio']['median']:.2f} (by CPU per request {result['ratio']['by_cpu']:.2f})",
        ),
        ("CPU per request", f"{result['floor']['cpu_us']} / {result['hub']['cpu_us']} µs"),
        ("batches of 500", f"{result['batches_of_500']['items_per_second']:,} items/s"),
        (
            f"acknowledged at {half['rate']:,.0f}/s",
            f"p50 {half['p50_ms']} ms, p99 {half['p99_ms']} ms, max {half['max_ms']} ms",
        ),
        (
            "memory",
            "idle {idle_mb} MB, after {after_mb} MB, peak {peak_mb} MB".format(**result["memory"]),
        ),
        ("stored / acknowledged", "{in_journal:,} / {acknowledged:,}".format(**result["stored"])),
        ("nginx, constant answer", constant_of(result["nginx"])),
        (
            "Node-RED, nothing stored",
            f"skipped: {peer['skipped']}"
            if "skipped" in peer
            else f"{peer['per_second']:,.0f}/s, {peer['memory_mb']} MB",
        ),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)


def constant_of(found: dict[str, Any]) -> str:
    """Return what is said of nginx."""
    if "skipped" in found:
        return f"skipped: {found['skipped']}"
    return f"{found['per_second']:,.0f}/s, {found['cpu_us']} µs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--no-node-red", action="store_true", help="leave the peer out")
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    rounds, seconds = (1, 1) if arguments.quick else (11, 3)
    CACHE.mkdir(exist_ok=True)
    # Not the system's temporary folder: that may be memory, where fsync costs nothing.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="bench-gateway-") as name:
        folder = Path(name)
        result = measure(folder, rounds=rounds, seconds=seconds, connections=arguments.connections)
        result["nginx"] = measure_nginx(folder, seconds=seconds, connections=arguments.connections)
        result["node_red"] = (
            {"skipped": "--no-node-red"}
            if arguments.no_node_red
            else measure_node_red(folder, seconds=seconds, connections=arguments.connections)
        )
    result["machine"] = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "connections": arguments.connections,
        "rounds": rounds,
        "seconds": seconds,
        "load_average": os.getloadavg()[0],
        "generator": "wrk" if shutil.which("wrk") else "own",
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "gateway.local.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result) if arguments.json else table(result))
    if result["stored"]["in_journal"] < result["stored"]["acknowledged"]:
        print("requests were acknowledged and are not in the journal", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
