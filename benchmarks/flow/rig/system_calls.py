"""How many system calls processes make, counted by strace; slow, so in a run of their own."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType


def system_calls() -> str | None:
    """Return the path of strace, or None where it is not installed."""
    return shutil.which("strace")


class Counting:
    """Counts the calls of some processes and their threads during a `with` block."""

    def __init__(self, pids: list[int]) -> None:
        self._output = Path(tempfile.mkstemp(prefix="heliograph-strace-")[1])
        strace = system_calls()
        assert strace is not None
        attached = [word for pid in pids for word in ("-p", str(pid))]
        self._process = subprocess.Popen(
            [strace, "-f", "-c", "-o", str(self._output), *attached],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for _ in pids:
            self._process.stderr.readline()  # "Process N attached"
        self._counts: dict[str, int] = {}

    def __enter__(self) -> "Counting":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        for line in self._output.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                self._counts[words[-1]] = int(words[3])
        self._output.unlink()

    def counts(self) -> dict[str, int]:
        """Return call -> how often, the most frequent first, after the block."""
        return dict(sorted(self._counts.items(), key=lambda item: -item[1]))
