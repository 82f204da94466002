"""The hub under measurement: real roles on two cores, a configuration, a load, and what is on disk."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rig import orders
from rig.generator import Load, Sent
from rig.processes import hub_cores, load_cores, pinned

from heliograph.app import wiring
from heliograph.app.processes import RoleProcess
from heliograph.backends.sqlite.file.driver import dbapi
from heliograph.model.clock import SystemClock
from heliograph.operations.act.sending.deliveries import pause_destination, resume_destination
from heliograph.operations.configuration.folder import read_folder
from heliograph.operations.configuration.transfer import apply, planned
from heliograph.telemetry.logs import configure_logging
from heliograph.testing.running.processes import HubFolder, write_files

# Standard output is for the result.
configure_logging(level="warning", format_="text")
POLL_S = 0.05
SEND_S = 300.0
UNLIMITED_PER_MINUTE = 6_000_000
RIG = Path(__file__).resolve().parent


class BenchHub:
    """A hub in a folder of its own. Make it with `bench_hub`."""

    def __init__(self, folder: Path, destinations: Mapping[str, Mapping[str, Any]]) -> None:
        files = {
            "workspace.toml": f'id = "{orders.WORKSPACE}"\ndata_api_keys = ["{orders.KEY}"]\n'
            "requests_per_second = 1000000\n",
            **orders.mapper_files(),
            **{f"destinations/{n}.toml": _toml(d) for n, d in destinations.items()},
        }
        if destinations:
            targets = "".join(f'[[destinations]]\nname = "{name}"\n' for name in destinations)
            files["pipelines/all.toml"] = f'sources = ["*"]\n{targets}'
        self.folder = HubFolder(
            folder,
            write_files(folder / "configuration", files),
            settings={"log.level": "warning"},
        )
        self._apply(folder / "configuration")
        self.gateway: RoleProcess | None = None
        self.worker: RoleProcess | None = None

    def start_gateway(self) -> RoleProcess:
        """Start the gateway and wait until it listens."""
        self.gateway = self._start("gateway")
        return self.gateway

    def start_worker(self) -> RoleProcess:
        """Start engine and courier and wait until they work."""
        self.worker = self._start("worker")
        return self.worker

    def start_both(self) -> None:
        """Start gateway and worker."""
        self.start_gateway()
        self.start_worker()

    def begin(self, **load: Any) -> "subprocess.Popen[bytes]":
        """Start a generator with the fields of `Load`, and do not wait for it."""
        assert self.gateway is not None
        assert self.gateway.address is not None
        wanted = Load(address=self.gateway.address, **load)
        command = [sys.executable, "-m", "rig.generator", msgspec.json.encode(wanted).decode()]
        with pinned(load_cores()):
            return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=RIG.parent)

    def send(self, **load: Any) -> Sent:
        """Send a load to its end; every request must be answered 200."""
        try:
            return finished(self.begin(**load), timeout_s=SEND_S)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.folder.output()[-2000:]}") from None

    def paused(self, destination: str, pause: bool) -> None:
        """Pause a destination or resume it."""
        name = f"{orders.WORKSPACE}/{destination}"
        with wiring.writing_store(self.folder.settings) as store:
            if pause:
                pause_destination(store, name, reason="", clock=SystemClock(), by="bench")
            else:
                resume_destination(store, name, clock=SystemClock(), by="bench")

    def engine_lag(self) -> int:
        """Return how many events of the journal the engine has not applied."""
        with self.folder.reading() as data:
            events = data.journal.counts().events
            with data.store.read() as reader:
                return events - sum(reader.cursors.positions("engine").values())

    def file_bytes(self) -> dict[str, int]:
        """Return the size of journal and store once their write-ahead logs are folded into them.

        The roles must have stopped.
        """
        sizes: dict[str, int] = {}
        for name in ("journal", "store"):
            path = self.folder.data_dir / f"{name}.db"
            connection = dbapi.connect(str(path))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.close()
            sizes[name] = path.stat().st_size
        return sizes

    def stop(self) -> None:
        """Stop the roles."""
        for role in (self.gateway, self.worker):
            if role is not None:
                role.stop()
        self.gateway = self.worker = None

    def _apply(self, configuration: Path) -> None:
        folder = read_folder(configuration)
        settings = self.folder.settings
        wiring.prepare(settings)
        with wiring.writing_store(settings) as store:
            changes = planned(store, folder, prune=False)
            now_ms = SystemClock().now_ms()
            apply(store, folder, expected=changes, prune=False, now_ms=now_ms)

    def _start(self, role: str) -> RoleProcess:
        with pinned(hub_cores()):
            process = self.folder.start(role)
        process.wait_ready()
        return process


@contextmanager
def bench_hub(destinations: Mapping[str, Mapping[str, Any]]) -> Generator[BenchHub]:
    """Give a configured hub in a temporary folder, stopped; whatever runs at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="heliograph-bench-") as folder:
        hub = BenchHub(Path(folder), destinations)
        with hub.folder:
            yield hub


def webhook(url: str, **settings: Any) -> dict[str, Any]:
    """Return a webhook destination without a budget to speak of."""
    merged = {"url": url, "requests_per_minute": UNLIMITED_PER_MINUTE, **settings}
    return {"type": "webhook", "settings": merged}


def finished(generator: "subprocess.Popen[bytes]", *, timeout_s: float) -> Sent:
    """Wait for a generator and return what it sent.

    Raises:
        RuntimeError: it failed, or a request was answered otherwise than 200.
        subprocess.TimeoutExpired: it has not ended in time.
    """
    try:
        output, _ = generator.communicate(timeout=timeout_s)
    finally:
        generator.kill()
    if generator.returncode != 0:
        raise RuntimeError(f"the generator ended with code {generator.returncode}")
    sent = msgspec.json.decode(output, type=Sent)
    if set(sent.statuses) != {"200"}:
        raise RuntimeError(f"the gateway answered {sent.statuses}")
    return sent


def wait_for(condition: Callable[[], bool], what: str, *, timeout_s: float) -> float:
    """Wait until a condition holds and return the moment (`time.time`) it did.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.perf_counter() + timeout_s
    while not condition():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}")
        time.sleep(POLL_S)
    return time.time()


def _toml(destination: Mapping[str, Any]) -> str:
    lines = [f"{k} = {json.dumps(v)}" for k, v in destination.items() if k != "settings"]
    lines += ["[settings]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in destination["settings"].items()]
    return "\n".join(lines) + "\n"
