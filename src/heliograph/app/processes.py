"""Starting a role as a process of its own, knowing when it is ready, and ending it, gently or not.

Used by the demo and the drill, and by tests through `heliograph.testing.running.processes`.
"""

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from heliograph.app.hub import role_command
from heliograph.errors import HeliographError

TAIL_CHARS: Final = 4_000


class RoleProcess:
    """A running `heliograph up`, `gateway` or `worker`; it stops when this process ends.

    Args:
        role: `up`, `gateway` or `worker`.
        arguments: `--data-dir …`, `--set …` and the like.
        environ: its whole environment.
        log: file its output is appended to; its end is part of error messages.
    """

    def __init__(
        self, role: str, arguments: Sequence[str], *, environ: Mapping[str, str], log: Path
    ) -> None:
        self.role = role
        self.address: str | None = None
        """Where the gateway listens, once ready."""
        self.log = log
        """Where its output goes."""
        lifeline_read, self._lifeline = os.pipe()
        self._ready, ready_write = os.pipe()
        tether = ("--lifeline", str(lifeline_read), "--ready-fd", str(ready_write))
        output: IO[bytes]
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and command
                    [*role_command(role, arguments), *tether],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(environ),
                    pass_fds=(lifeline_read, ready_write),
                    start_new_session=True,
                )
        finally:
            os.close(lifeline_read)
            os.close(ready_write)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return everything it (and a predecessor with the same log) has written."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def wait_ready(self, timeout_s: float = 60.0) -> str | None:
        """Wait until it works and return its address, None for a worker.

        Raises:
            HeliographError: `process.failed`; it ended or was not ready in time.
        """
        readable, _, _ = select.select([self._ready], [], [], timeout_s)
        said = os.read(self._ready, 4096).decode().strip() if readable else ""
        if not said:
            state = (
                f"ended with code {self._process.wait()}" if readable else "is not ready in time"
            )
            raise HeliographError(
                "process.failed",
                f"the {self.role} {state}",
                where=str(self.log),
                found=self.output()[-TAIL_CHARS:].strip() or "no output",
            )
        self.address = None if said == "-" else said
        return self.address

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a power cut would, and wait for the system to clean up."""
        self._process.kill()
        self._process.wait()

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait for its end and return the exit code.

        Raises:
            HeliographError: `process.failed`; it still runs.
        """
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise HeliographError(
                "process.failed",
                f"the {self.role} does not end",
                where=str(self.log),
                found=self.output()[-TAIL_CHARS:],
            ) from None

    def stop(self, timeout_s: float = 60.0) -> int:
        """Ask it to stop (SIGTERM), wait, and return the exit code; a second call does nothing more."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def close(self) -> None:
        """Let go of it: whatever still runs is killed, pipes are closed."""
        if self._process.poll() is None:
            self.kill()
        for fd in (self._lifeline, self._ready):
            os.close(fd)
        self._lifeline = self._ready = -1

    def __enter__(self) -> "RoleProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self._lifeline >= 0:
            self.close()
