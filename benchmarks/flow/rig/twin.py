"""A twin in a process of its own, told what to do over its `/_twin/` pages."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rig.processes import load_cores, pinned


class Twin:
    """`heliograph sandbox` with one twin; stops at the end of a `with` block.

    Args:
        name: `sink`, `webengage` and so on.
        record: file that gets every request; None is faster.
        keep: requests it keeps in memory.
    """

    def __init__(self, name: str, *, record: Path | None = None, keep: int = 1) -> None:
        command = [sys.executable, "-m", "heliograph.cli", "sandbox", "--port-base", "0", "--json"]
        command += ["--only", name, "--keep", str(keep)]
        command += ["--record", str(record)] if record else []
        self._record = record
        with pinned(load_cores()):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        (twin,) = json.loads(self._process.stdout.readline())["twins"]
        self.url: str = twin["url"]
        self.destination: dict[str, Any] = twin["destination"]

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def __enter__(self) -> "Twin":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def stats(self) -> dict[str, Any]:
        """Return its counters."""
        return self._ask("GET", "stats")

    def taken(self) -> int:
        """Return how many requests it answered 2xx."""
        counts = self.stats()["by_status"]
        return sum(n for status, n in counts.items() if status.startswith("2"))

    def hang(self, seconds: float) -> None:
        """Keep every request waiting so long, then cut its connection."""
        self._ask("PUT", "faults", {"hang_s": seconds})

    def delay(self, milliseconds: float) -> None:
        """Answer every request so much later, as one far away does."""
        self._ask("PUT", "faults", {"latency_ms": milliseconds})

    def heal(self) -> None:
        """Answer again."""
        self._ask("DELETE", "faults")

    def limit(self, per_minute: int, *, window: str) -> None:
        """Put a limit on all of its buckets; `window` is `fixed` or `sliding`."""
        self._ask("PUT", "limits", {"per_minute": per_minute, "window": window})

    def recorded(self) -> Iterator[dict[str, Any]]:
        """Yield every request it recorded, oldest first."""
        assert self._record is not None
        with self._record.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def _ask(self, method: str, page: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_twin/{page}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
