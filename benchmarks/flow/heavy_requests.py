"""How long an ordinary sender waits while another one sends the heaviest requests that are allowed.

`python benchmarks/flow/heavy_requests.py [--quick] [--json] [--kind TEXT] [--seconds S]`

A gateway gets 200 ordinary webhooks a second, each due at its time, and beside them one heavy request of
one kind every second (the next one as soon as the last was answered, if that took longer). All stay under
the limit of 1 MB.
"""

import argparse
import socket
import tempfile
import threading
import time
from pathlib import Path

import msgspec
from rig import heavy, orders
from rig.builds import Build, RunningHub, earlier, this_tree
from rig.native import NoCompiler, Sender, program
from rig.result import Result, begun, handed_in, parsed, say

GOAL_MS = 100
RATE = 200
PATIENCE_S = 60.0
CACHE = Path(__file__).resolve().parents[2] / ".cache"


class Waited(msgspec.Struct, frozen=True, kw_only=True):
    """What the ordinary sender saw, in ms, and how the heavy requests were answered."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    answers: dict[str, int] = {}
    """Status -> heavy requests; `broken` for those without an answer, `unread` for one nobody looked at."""
    answer_s: float = 0.0
    """Longest answer to a heavy request."""


class Heavy(threading.Thread):
    """Sends one request again and again, each on a connection of its own."""

    def __init__(self, port: int, kind: heavy.Kind) -> None:
        super().__init__(daemon=True)
        self._port, self._kind, self._request = port, kind, kind.make()
        self._ended = threading.Event()
        self.answers: dict[str, int] = {}
        self.longest_s = 0.0

    def run(self) -> None:
        while not self._ended.is_set():
            began = time.perf_counter()
            status = self._once()
            took = time.perf_counter() - began
            self.answers[status] = self.answers.get(status, 0) + 1
            self.longest_s = max(self.longest_s, took)
            self._ended.wait(max(0.0, 1.0 - took))

    def end(self) -> None:
        """Stop after the request under way."""
        self._ended.set()
        self.join()

    def _once(self) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S) as link:
                self._send(link)
                if not self._kind.reads:
                    self._ended.wait(1.0)
                    return "unread"
                answer = link.recv(4096)
        except OSError:
            return "broken" if self._kind.reads else "unread"
        return answer[9:12].decode() or "broken"

    def _send(self, link: socket.socket) -> None:
        size = self._kind.piece or len(self._request)
        if not self._kind.reads:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.settimeout(1.0)
        try:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(self._request), size):
                link.sendall(self._request[start : start + size])
        except (BrokenPipeError, ConnectionResetError):
            return  # refused before the end of the body; the answer may be there all the same


def beside(build: Build, kind: heavy.Kind | None, *, seconds: float) -> Waited:
    """Return how long the ordinary sender waits beside one kind of heavy request, or alone."""
    files = {
        "workspace.toml": f'id = "{orders.WORKSPACE}"\ndata_api_keys = ["{orders.KEY}"]\n'
        "requests_per_second = 1000000\n",
        **heavy.mapper_files(),
    }
    CACHE.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=CACHE, prefix="bench-heavy-") as folder,
        RunningHub(build, Path(folder), files, {}) as hub,
    ):
        hub.start("gateway")
        events = round(RATE * seconds) + 200
        with Sender(events, orders.single_request(f"127.0.0.1:{hub.port}"), hub.port) as sender:
            sender.send(requests=200)
            other = None if kind is None else Heavy(hub.port, kind)
            if other is not None:
                other.start()
            sent = sender.send(requests=events - 200, rate=RATE, connections=256)
            if other is not None:
                other.end()
    return Waited(
        p50_ms=sent.p50_ms,
        p99_ms=sent.p99_ms,
        max_ms=sent.max_ms,
        answers={} if other is None else other.answers,
        answer_s=0.0 if other is None else round(other.longest_s, 3),
    )


def report(result: Result, found: dict[str, Waited]) -> None:
    """Turn the figures into a table and the goal."""
    result.table(
        "An ordinary sender beside one heavy request a second, ms",
        ("heavy request", "p50", "p99", "longest", "its answers", "its longest answer, s"),
        [
            (
                kind, one.p50_ms, one.p99_ms, one.max_ms,
                ", ".join(f"{n} × {status}" for status, n in sorted(one.answers.items())), one.answer_s,
            )
            for kind, one in found.items()
        ],
    )  # fmt: skip
    kind, worst = max(found.items(), key=lambda item: item[1].p99_ms)
    result.target(
        "p99 of an ordinary sender beside the worst kind of request every second",
        f"< {GOAL_MS} ms",
        found=f"{worst.p99_ms:.0f} ms ({kind})",
        met=worst.p99_ms < GOAL_MS,
    )


def main() -> None:
    """Measure every kind and print what came out."""

    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--kind", action="append", metavar="TEXT", help="only those with it")
        parser.add_argument("--seconds", type=float, metavar="S", help="of each kind")
        parser.add_argument("--revision", metavar="REV", help="an earlier version, not this tree")
        parser.add_argument("--revision-python", metavar="PATH", help="its interpreter")

    asked, given = parsed(__doc__, more)
    seconds: float = given.seconds or (1.0 if asked.quick else 10.0)
    kinds = {
        name: kind
        for name, kind in heavy.KINDS.items()
        if not given.kind or any(text in name for text in given.kind)
    }
    if asked.quick and not given.kind:
        kinds = dict(list(kinds.items())[:3])
    settings = {"seconds": seconds, "ordinary_per_s": RATE, "body_bytes": heavy.LIMIT}
    result, quiet = begun("heavy_requests", "Beside heavy requests", asked, settings=settings)
    try:
        program("sender")
    except NoCompiler as reason:
        result.notes.append(f"Not measured: {reason}.")
        handed_in(result, quiet, asked)
        return
    build = earlier(given.revision, python=given.revision_python) if given.revision else this_tree()
    say("heavy_requests: alone")
    found = {"none": beside(build, None, seconds=seconds)}
    for name, kind in kinds.items():
        say(f"heavy_requests: {name}")
        found[name] = beside(build, kind, seconds=seconds)
    result.figures = {kind: msgspec.to_builtins(one) for kind, one in found.items()}
    report(result, found)
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
