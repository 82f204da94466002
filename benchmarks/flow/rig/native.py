"""Sender and receiver outside Python, so that what is measured is the hub: a few µs an event each.

Both are C programs in `native/`, compiled on first use with the machine's `cc` into `.cache/native`. They
write when each event was acknowledged and when it arrived into a file that is read here while they run.
"""

import array
import hashlib
import mmap
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import msgspec
from rig.processes import load_cores, pinned

ROOT = Path(__file__).resolve().parents[3]
SOURCES = Path(__file__).resolve().parents[1] / "native"
COUNTERS = 8
NS_PER_MS = 1e6


class NoCompiler(Exception):
    """There is no C compiler, so these programs cannot be had."""


def program(name: str) -> str:
    """Return the path of `sender` or `receiver`, compiled.

    Raises:
        NoCompiler: no `cc` is found.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler (cc) is found")
    sources = [SOURCES / f"{name}.c", SOURCES / "board.h"]
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    target = ROOT / ".cache" / "native" / f"{name}-{mark}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        made = target.with_suffix(f".{os.getpid()}")
        subprocess.run(
            [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(made), str(sources[0])],
            check=True,
        )
        made.rename(target)
    return str(target)


class Board:
    """Counters and moments that a program writes; made by `make`, removed by `close`."""

    def __init__(self, events: int) -> None:
        shared = Path("/dev/shm")
        folder = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
        handle, name = tempfile.mkstemp(prefix="heliograph-bench-", dir=folder)
        self.events = events
        self.path = Path(name)
        os.ftruncate(handle, (COUNTERS + events) * 8)
        self._map = mmap.mmap(handle, 0)
        os.close(handle)

    def counter(self, number: int) -> int:
        """Return a counter as it is now; which one means what is said in the C files."""
        return int.from_bytes(self._map[number * 8 : number * 8 + 8], "little", signed=True)

    def moments(self) -> "array.array[int]":
        """Return nanoseconds of CLOCK_MONOTONIC per event, 0 for none yet."""
        found = array.array("q")
        found.frombytes(self._map[COUNTERS * 8 :])
        return found

    def close(self) -> None:
        """Remove the file."""
        self._map.close()
        self.path.unlink(missing_ok=True)


class Receiver:
    """A destination that answers at once and notes arrivals; stops at the end of a `with` block.

    Args:
        events: how many numbers it may see.
        status: of every answer.
        headers: further headers of an answer, up to 12.
    """

    def __init__(self, events: int, *, status: int = 200, headers: int = 0) -> None:
        command = program("receiver")
        self.board = Board(events)
        with pinned(load_cores()):
            self._process = subprocess.Popen(
                [command, str(self.board.path), str(events), str(status), str(headers)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self.board.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def requests(self) -> int:
        """Requests that came."""
        return self.board.counter(0)

    @property
    def taken(self) -> int:
        """Different events that came."""
        return self.board.counter(1)

    def faults(self) -> dict[str, int]:
        """Return what must be 0: events that came again, and requests without a number or a key."""
        return {
            "repeated": self.board.counter(2),
            "unknown": self.board.counter(3),
            "without_key": self.board.counter(6),
        }


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender reports; see `native/sender.c`."""

    began_ns: int
    ended_ns: int
    sent: int
    answered: int
    broken: int
    cpu_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    statuses: dict[str, int]

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return (self.ended_ns - self.began_ns) / 1e9


class Sender:
    """Sends numbered events of one form; remembers the next number.

    Args:
        events: how many numbers there are.
        request: one whole HTTP request with the marks of `native/sender.c`.
        port: of the gateway, on the loopback.
    """

    def __init__(self, events: int, request: bytes, port: int) -> None:
        self._command = program("sender")
        self._port = port
        self.board = Board(events)
        self.next = 0
        self._request = self.board.path.with_suffix(".request")
        self._request.write_bytes(request)

    def __enter__(self) -> "Sender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.board.close()
        self._request.unlink(missing_ok=True)

    def begin(
        self, *, requests: int, connections: int = 64, rate: float = 0, seconds: float = 600
    ) -> "subprocess.Popen[str]":
        """Start sending; hand what this returns to `ended`.

        Args:
            requests: how many at most.
            connections: how many at a time.
            rate: requests a second; 0 for as fast as they are answered.
            seconds: after which it ends in any case.
        """
        words = [str(self.board.path), str(self.board.events), str(self._port)]
        words += [str(self._request), str(connections), f"{rate:.3f}", f"{seconds:.3f}"]
        words += [str(self.next), str(requests)]
        with pinned(load_cores()):
            return subprocess.Popen(
                [self._command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )

    def ended(self, process: "subprocess.Popen[str]", *, all_taken: bool = True) -> Sent:
        """Wait for a sender's end.

        Raises:
            RuntimeError: it failed, or `all_taken` and an answer was no 200.
        """
        output, said = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"the sender ended with {process.returncode}: {said}{output}")
        sent = msgspec.json.decode(output, type=Sent)
        self.next += sent.sent
        if all_taken and (set(sent.statuses) != {"200"} or sent.broken):
            raise RuntimeError(f"the gateway answered {sent.statuses}, {sent.broken} broke off")
        return sent

    def send(
        self, *, requests: int, connections: int = 64, rate: float = 0, seconds: float = 600
    ) -> Sent:
        """Send to the end; every request must be answered 200."""
        started = self.begin(requests=requests, connections=connections, rate=rate, seconds=seconds)
        return self.ended(started)


def lags_ms(sender: Board, receiver: Board, numbers: range) -> list[float]:
    """Return the milliseconds from acknowledgement to receiver of those events that have both."""
    acknowledged, arrived = sender.moments(), receiver.moments()
    return [
        (arrived[n] - acknowledged[n]) / NS_PER_MS
        for n in numbers
        if arrived[n] and acknowledged[n]
    ]
