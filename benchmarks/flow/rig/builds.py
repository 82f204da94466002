"""Heliograph as it is in this tree, and as it was at an earlier revision, run side by side.

An earlier one is taken from git into `.cache/builds/<revision>` with an environment of its own, as its lock
says; it is driven by its command line only, so nothing inside needs to be as it is today.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec
from rig.processes import HubUse, children_of, hub_cores, hub_use, pinned

ROOT = Path(__file__).resolve().parents[3]
READY_S = 60.0
STOP_S = 40.0
ROLES = ("up", "gateway", "worker")


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One version that can be run."""

    name: str
    python: str
    source: str
    """Folder of the package, put before what the interpreter has installed."""

    def command(self, *words: str) -> list[str]:
        """Return the command line of its `heliograph`."""
        return [self.python, "-m", "heliograph.cli", *words]

    def environ(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of its processes."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}
        return {**own, "PYTHONPATH": self.source, **secrets}


class NoRevision(Exception):
    """The revision is not to be had here."""


def this_tree() -> Build:
    """Return the tree that this file is a part of, with the running interpreter."""
    return Build(name="now", python=sys.executable, source=str(ROOT / "src"))


def earlier(revision: str, *, python: str | None = None) -> Build:
    """Return an earlier revision with an environment of its own, made on first use.

    Args:
        revision: anything git understands.
        python: an interpreter that has what the revision needs, instead of that environment.

    Raises:
        NoRevision: this is no git checkout, or a shallow one without it, or its set-up failed.
    """
    found = _git("rev-parse", "--short=7", "--verify", f"{revision}^{{commit}}")
    if found is None:
        raise NoRevision(f"git does not know revision {revision} here")
    name = found.decode().strip()
    folder = ROOT / ".cache" / "builds" / name
    if not (folder / "src").exists():
        archive = _git("archive", "--format=tar", name)
        if archive is None:
            raise NoRevision(f"git cannot archive {name}")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    if python is None:
        done = subprocess.run(
            ["scripts/bootstrap"], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise NoRevision(f"the environment of {name} cannot be made: {done.stderr[-500:]}")
        python = str(folder / ".venv" / "bin" / "python")
    return Build(name=name, python=python, source=str(folder / "src"))


class RunningHub:
    """A data folder and the processes of one build on it; killed at the end of a `with` block.

    Args:
        build: which version.
        folder: for data, configuration and output; must be on a real disk.
        files: the configuration, path -> text.
        secrets: environment variables of its processes.
    """

    def __init__(
        self, build: Build, folder: Path, files: Mapping[str, str], secrets: Mapping[str, str]
    ) -> None:
        self._build = build
        self._environ = build.environ(secrets)
        self._data = folder / "data"
        self._output: IO[str] = (folder / "output.log").open("a", encoding="utf-8")
        self._running: list[subprocess.Popen[str]] = []
        self.port = 0
        for path, text in files.items():
            place = folder / "configuration" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self._run("apply", str(folder / "configuration"), "--yes")

    def __enter__(self) -> "RunningHub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()
        self._output.close()

    def start(self, role: str) -> None:
        """Start `up`, `gateway` or `worker` on the hub's cores and wait until it works."""
        ready, writes = os.pipe()
        command = self._build.command(role, *self._arguments(), "--ready-fd", str(writes))
        with pinned(hub_cores()):
            process = subprocess.Popen(
                command, env=self._environ, stdout=self._output, stderr=self._output,
                stdin=subprocess.DEVNULL, pass_fds=[writes], text=True,
            )  # fmt: skip
        os.close(writes)
        self._running.append(process)
        with os.fdopen(ready, encoding="utf-8") as line:
            said = line.readline().strip()
        if not said:
            raise RuntimeError(f"{self._build.name}: {role} did not start: {self._said()}")
        if said != "-":
            self.port = int(said.rpartition(":")[2])

    def roles(self) -> dict[str, list[int]]:
        """Return role -> process ids; whatever is neither supervisor nor gateway counts as worker."""
        found: dict[str, list[int]] = {}
        for process in self._running:
            for pid, words in children_of(process.pid).items():
                role = next((word for word in words if word in ROLES), "worker")
                found.setdefault(role, []).append(pid)
        return found

    def use(self) -> HubUse:
        """Return what its processes used so far, by role."""
        return hub_use(self.roles())

    def stop(self) -> None:
        """Stop every process, the last one started first."""
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _arguments(self) -> list[str]:
        settings = ("gateway.port=0", "log.level=warning")
        return ["--data-dir", str(self._data), *(w for s in settings for w in ("--set", s))]

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            self._build.command(*words, *self._arguments()),
            env=self._environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{self._build.name}: {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def _said(self) -> str:
        self._output.flush()
        return Path(self._output.name).read_text(encoding="utf-8")[-2000:]


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.perf_counter() + timeout_s
    while not condition():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}")
        time.sleep(0.01)


def _git(*words: str) -> bytes | None:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
