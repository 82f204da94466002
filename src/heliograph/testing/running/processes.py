"""Roles as real processes for tests: start them, wait until they work, kill them, look at what is kept.

    with HubFolder(tmp_path, configuration, environ={"KEY": "…"}) as hub:
        hub.apply()
        up = hub.start("up")                       # or "gateway", "worker"
        up.wait_ready()                            # -> "http://127.0.0.1:<port>"
        up.kill()                                  # kill -9
        with hub.reading() as data:
            ...

Ports are free ones, output goes to a file that error messages quote, and whatever still runs at the end
of the block is killed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from heliograph.app import wiring
from heliograph.app.processes import RoleProcess
from heliograph.app.settings import Settings
from heliograph.app.settings_loading import load_settings
from heliograph.model.clock import Clock, SystemClock
from heliograph.storage.data import Data

COMMAND_S: Final = 120


class HubFolder:
    """A data folder and the processes a test starts on it.

    Args:
        folder: where data and output go; made when missing.
        configuration: folder that `apply` brings into force.
        environ: variables on top of this process's environment, e.g. secrets.
        settings: dotted key -> text, e.g. `{"delivery.retry.first_s": "0.2"}`.
    """

    def __init__(
        self,
        folder: Path,
        configuration: Path | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = folder / "data"
        self.configuration = configuration
        self.flags = {"gateway.port": "0", "log.level": "info", **(settings or {})}
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")},
            **(environ or {}),
        }
        self._log = folder / "output.log"
        self._started: list[RoleProcess] = []
        self.data_dir.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "HubFolder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in self._started:
            process.close()

    @property
    def settings(self) -> Settings:
        """The settings its processes have."""
        flags = {**self.flags, "data_dir": str(self.data_dir)}
        return load_settings(environ={}, flags=flags).settings

    @property
    def arguments(self) -> list[str]:
        """`--data-dir` and `--set` for any command that takes settings."""
        pairs = [part for k, v in self.flags.items() for part in ("--set", f"{k}={v}")]
        return ["--data-dir", str(self.data_dir), *pairs]

    def start(self, role: str, *options: str, **settings: str) -> RoleProcess:
        """Start `up`, `gateway` or `worker`; `settings` have `__` for the dot, e.g. gateway__port."""
        extra = [
            part
            for key, value in settings.items()
            for part in ("--set", f"{key.replace('__', '.')}={value}")
        ]
        arguments = [*self.arguments, *extra, *options]
        process = RoleProcess(role, arguments, environ=self.environ, log=self._log)
        self._started.append(process)
        return process

    def run(self, *command: str, settings: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `heliograph <command>` to its end, by default on this data folder."""
        tail = self.arguments if settings else []
        return subprocess.run(
            [sys.executable, "-m", "heliograph.cli", *command, *tail],
            env=self.environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_S,
            check=False,
        )

    def json(self, *command: str) -> Any:
        """Run a command with `--json` that must exit 0, and return what it printed (`status`: 0 or 1)."""
        outcome = self.run(*command, "--json")
        usual = (0, 1) if command[0] == "status" else (0,)
        assert outcome.returncode in usual, f"{command}: {outcome.stdout}{outcome.stderr}"
        return json.loads(outcome.stdout)

    def apply(self) -> None:
        """Bring the configuration into force."""
        assert self.configuration is not None
        outcome = self.run("apply", str(self.configuration), "--yes")
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr

    def reading(self) -> AbstractContextManager[Data]:
        """Open journal and store for reading."""
        return wiring.reading(self.settings)

    def output(self) -> str:
        """Everything the processes have written."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    timeout_s: float = 60.0,
    clock: Clock | None = None,
    said: Callable[[], str] | None = None,
) -> None:
    """Return as soon as `condition()` is true.

    Raises:
        AssertionError: it is not within `timeout_s`; the message has `what` and the end of `said()`.
    """
    import threading

    clock = clock or SystemClock()
    pause = threading.Event()
    deadline = clock.monotonic_s() + timeout_s
    while not condition():
        if clock.monotonic_s() > deadline:
            raise AssertionError(
                f"not within {timeout_s:g} s: {what}\n{said()[-4000:] if said else ''}"
            )
        pause.wait(0.02)


def write_files(root: Path, files: Mapping[str, str] | Iterable[tuple[str, str]]) -> Path:
    """Write text files below a folder and return it; `files` is relative path -> text."""
    for name, text in dict(files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
