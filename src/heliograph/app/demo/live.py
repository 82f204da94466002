"""The demo that stays up: one request followed to its end, then traffic at a steady rate until stopped."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final, Protocol

import aiohttp
import msgspec

from heliograph.app import wiring
from heliograph.app.demo.stage import DATA_API_KEY, WORKSPACE, Answer, Stage
from heliograph.app.demo.traffic import Shot, sample, shots
from heliograph.errors import HeliographError
from heliograph.model.clock import Clock
from heliograph.operations.caller import operator
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.audit import AuditReport, audit
from heliograph.operations.look.condition.status import read_status
from heliograph.operations.look.records.trace import trace
from heliograph.operations.views import Status, TraceView
from heliograph.storage.data import Data

ME: Final = operator("demo")
FIRST_S: Final = 20.0
"""How long the first request is waited for."""
REFRESH_S: Final = 0.5
PAUSE_S: Final = 0.05
RECENT: Final = 20
"""Answers kept for the view, which shows as many as it has room for."""
RATE_WINDOW: Final = 20
"""Pictures over which the rate is taken: 10 s."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What the view shows at one moment."""

    status: Status
    audit: AuditReport
    sent: int
    refused: int
    per_second: float
    """Requests answered per second, over the last seconds."""
    recent: tuple[Answer, ...]
    """The last answers, newest first."""


class View(Protocol):
    """Shows the demo to a person."""

    def first(self, life: TraceView | None, curl: str) -> None:
        """Show the life of the first request, and a command to try."""
        ...

    def open(self) -> contextlib.AbstractContextManager[Callable[[Picture], None]]:
        """Give a function that shows the newest picture, until the block ends."""
        ...


async def run_live(
    stage: Stage,
    data: Data,
    *,
    rate: float,
    random: Random,
    clock: Clock,
    view: View,
    stop: asyncio.Event,
) -> None:
    """Send traffic and show what becomes of it until `stop` is set."""
    view.first(await _first(stage, data, clock, stop), curl_line(stage.address))
    recent: deque[Answer] = deque(maxlen=RECENT)
    sender = asyncio.create_task(
        _traffic(stage, rate=rate, random=random, clock=clock, recent=recent)
    )
    taken: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)
    hub = wiring.hub_of(stage.settings, data, clock=clock)
    try:
        with view.open() as show:
            while not stop.is_set():
                status = await asyncio.to_thread(read_status, ME, hub)
                report = await asyncio.to_thread(audit, data)
                answered = sum(stage.statuses.values())
                taken.append((clock.monotonic_s(), answered))
                show(
                    Picture(
                        status=status,
                        audit=report,
                        sent=stage.sent,
                        refused=answered - stage.accepted,
                        per_second=_rate(taken),
                        recent=tuple(recent),
                    )
                )
                await _until(stop, REFRESH_S)
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender


def curl_line(address: str) -> str:
    """Return a command that sends the seed's contact form to the demo."""
    body = msgspec.json.encode(msgspec.json.decode(sample().body)).decode()
    return (
        f"curl -u {WORKSPACE}:{DATA_API_KEY} -H 'Content-Type: application/json' \\\n"
        f"  '{address}{sample().path}' \\\n  -d '{body}'"
    )


def open_port(wanted: int) -> int:
    """Return the port when nobody listens on it, else 0 for a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


async def _first(stage: Stage, data: Data, clock: Clock, stop: asyncio.Event) -> TraceView | None:
    """Send the sample and return its life once it is delivered everywhere, or as far as it came."""
    answer = await stage.send(sample())
    request_id = str(msgspec.json.decode(answer.body).get("request_id", ""))
    deadline = clock.monotonic_s() + FIRST_S
    while True:
        life = await asyncio.to_thread(_traced, wiring.hub_of(stage.settings, data), request_id)
        if _done(life) or stop.is_set() or clock.monotonic_s() > deadline:
            return life
        await _until(stop, PAUSE_S)


def _traced(hub: Hub, request_id: str) -> TraceView | None:
    try:
        return trace(ME, hub, request_id)
    except HeliographError as error:
        if error.code != "lookup.not_found":
            raise
        return None


def _done(life: TraceView | None) -> bool:
    if life is None or not life.events:
        return False
    states = [d.state for event in life.events for d in event.deliveries or ()]
    return bool(states) and all(state in ("delivered", "dead", "held") for state in states)


async def _traffic(
    stage: Stage, *, rate: float, random: Random, clock: Clock, recent: deque[Answer]
) -> None:
    """Send at a steady rate: late requests are caught up with, so the rate is the one asked for."""
    due = clock.monotonic_s()
    tasks: set[asyncio.Task[None]] = set()

    async def one(shot: Shot) -> None:
        # The hub may be restarting: a sender of the real world would try again; this one goes on.
        with contextlib.suppress(aiohttp.ClientError):
            recent.appendleft(await stage.send(shot))

    try:
        for shot in shots(random, now_ms=clock.now_ms):
            await asyncio.sleep(max(0.0, due - clock.monotonic_s()))
            due += 1 / rate
            task = asyncio.create_task(one(shot))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _rate(taken: deque[tuple[float, int]]) -> float:
    (first_s, first), (last_s, last) = taken[0], taken[-1]
    return (last - first) / (last_s - first_s) if last_s > first_s else 0.0


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
