"""Twins for a test: all of them, on free ports, in a thread of their own.

The fixture `twins` comes with the package (`heliograph.testing.plugin`); a test may be synchronous, or drive
other processes, and still set faults and read what was received:

    def test_retry(twins):
        twins["webengage"].fail(status=503, times=2)
        …
        twins["webengage"].until(lambda stats: stats["applied"] == 1)
"""

import asyncio
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from heliograph.model.clock import Clock
from heliograph.model.json import JsonObject
from heliograph.twins.limits import WindowKind
from heliograph.twins.sandbox import TWINS, Destination, RunningTwin, open_sandbox
from heliograph.twins.server.faults import Fault

T = TypeVar("T")


class TwinHandle:
    """One running twin, used from any thread."""

    def __init__(self, twin: RunningTwin, loop: asyncio.AbstractEventLoop) -> None:
        self._twin = twin
        self._loop = loop
        self.name = twin.name
        self.url = twin.url

    @property
    def destination(self) -> Destination:
        """Type and settings of a destination that delivers here."""
        return self._twin.destination

    def stats(self) -> dict[str, Any]:
        """Return the counters: `requests`, `by_status`, `items_taken`, `duplicates` and so on."""
        return self._call(self._twin.server.ledger.stats)

    def until(
        self, condition: Callable[[dict[str, Any]], bool], *, timeout_s: float = 60
    ) -> dict[str, Any]:
        """Wait until the counters meet a condition and return them.

        Raises:
            TimeoutError: they did not in time; the message holds the last ones.
        """
        ledger = self._twin.server.ledger
        met: Future[dict[str, Any]] = Future()

        def look() -> None:
            stats = ledger.stats()
            if not met.done() and condition(stats):
                met.set_result(stats)

        def watch() -> None:
            ledger.listeners.append(look)
            look()

        self._call(watch)
        try:
            return met.result(timeout=timeout_s)
        except TimeoutError:
            raise TimeoutError(f"{self.name} after {timeout_s} s: {self.stats()}") from None
        finally:
            self._call(lambda: ledger.listeners.remove(look))

    def requests(self, *, since: int = 0, limit: int = 10_000) -> list[dict[str, Any]]:
        """Return what was received after request number `since`, oldest first."""
        return self._call(lambda: self._twin.server.ledger.shown(since=since, limit=limit))

    def profile(self, profile_id: str, kind: str | None = None) -> JsonObject | None:
        """Return one person as the vendor would show it, or None."""

        def find() -> JsonObject | None:
            found = self._twin.server.vendor.profiles.find(profile_id, kind)
            return found.shown() if found else None

        return self._call(find)

    def fail(self, **fault: Any) -> None:
        """Set one fault (fields of `faults.Fault`) in place of all others."""
        self._call(lambda: self._twin.server.faults.put([Fault(**fault)]))

    def heal(self) -> None:
        """Remove all faults."""
        self._call(lambda: self._twin.server.faults.put([]))

    def limit(
        self, per_minute: int | None, *, window: WindowKind = "fixed", bucket: str | None = None
    ) -> None:
        """Override the rate limit of one bucket or of all; None lifts it."""
        limits = self._twin.server.vendor.limits
        self._call(lambda: limits.override(per_minute, window=window, bucket=bucket))

    def forget(self) -> None:
        """Forget requests and counters."""
        self._call(self._twin.server.ledger.clear)

    def _call(self, function: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as error:
                done.set_exception(error)
                raise

        self._loop.call_soon_threadsafe(run)
        return done.result(timeout=60)


@contextmanager
def running_twins(
    names: Sequence[str] = TWINS,
    *,
    clock: Clock | None = None,
    record: Path | None = None,
    port_base: int | None = None,
) -> Generator[dict[str, TwinHandle]]:
    """Run twins in a thread and give handles by name; see `open_sandbox` for the arguments."""
    started: Future[tuple[dict[str, RunningTwin], asyncio.AbstractEventLoop, asyncio.Event]] = (
        Future()
    )

    async def serve() -> None:
        stop = asyncio.Event()
        async with open_sandbox(names, clock=clock, record=record, port_base=port_base) as twins:
            started.set_result((twins, asyncio.get_running_loop(), stop))
            await stop.wait()

    def run() -> None:
        try:
            uvloop.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="twins", daemon=True)
    thread.start()
    twins, loop, stop = started.result(timeout=60)
    try:
        yield {name: TwinHandle(twin, loop) for name, twin in twins.items()}
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=60)
