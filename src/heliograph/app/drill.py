"""Killing roles under load and reconciling: whatever was acknowledged must be there, applied and sent.

Uses the demo's hub, twins and traffic. A killed role is started again by its supervisor, as on any
other day; requests that meet a gateway that is down are not acknowledged and owe nothing.
"""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final

import aiohttp
import msgspec

from heliograph.app.demo.round import Verdict, settled, verdict
from heliograph.app.demo.stage import Stage
from heliograph.app.demo.traffic import Shot, shots
from heliograph.model.clock import Clock
from heliograph.model.ids import event_id_of
from heliograph.storage.data import Data
from heliograph.storage.run_files import Role, RoleNote, running

SENDERS: Final = 8
PACE_S: Final = 0.03
"""Pause of a sender between two requests: about 200 requests/s in all, so that the rest is soon done."""
DOWN_S: Final = 0.25
"""The same while the gateway is down."""
VICTIMS: Final[tuple[Role, ...]] = ("gateway", "worker")
UP_AGAIN_S: Final = 60.0
CHECKED_PER_VIEW: Final = 200


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill came to."""

    kills: dict[str, int]
    """Role -> how often it was killed."""
    sent: int
    acknowledged: int
    unanswered: int
    """Requests that got no answer, because their gateway was being killed."""
    lost: tuple[str, ...]
    """Ids of requests that were acknowledged and are not in the journal, or whose events were not all
    applied. The drill fails when there is one."""
    events: int
    delivered: int
    received_by_twins: dict[str, int]
    """Twin -> requests it got; more than the deliveries when a kill came between sending and noting."""
    audit: Verdict
    differences: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was lost and the audit balances."""
        return not self.lost and self.audit == "balanced"


async def run_drill(
    stage: Stage, data: Data, *, kills: int, random: Random, clock: Clock
) -> DrillReport:
    """Kill gateway and worker in random order while requests come in, then reconcile."""
    acknowledged: set[str] = set()
    unanswered = count()
    ended = asyncio.Event()
    traffic = shots(random, now_ms=clock.now_ms)
    senders = [
        asyncio.create_task(_send(stage, traffic, acknowledged, unanswered=unanswered, ended=ended))
        for _ in range(SENDERS)
    ]
    killed: Counter[str] = Counter()
    try:
        for _ in range(kills):
            victim = random.choice(VICTIMS)
            note = await _running(stage, victim, clock)
            await asyncio.sleep(random.uniform(0.1, 1.0))
            os.kill(note.pid, signal.SIGKILL)
            killed[victim] += 1
            await _other_than(stage, victim, note.pid, clock)
    finally:
        ended.set()
        await asyncio.gather(*senders)
    stage.trouble(False)
    report = await settled(data, clock)
    lost = await asyncio.to_thread(_lost, data, sorted(acknowledged))
    return DrillReport(
        kills=dict(killed),
        sent=stage.sent,
        acknowledged=len(acknowledged),
        unanswered=next(unanswered),
        lost=tuple(lost),
        events=report.engine.events,
        delivered=report.deliveries.delivered,
        received_by_twins={
            name: int(str(twin.server.ledger.stats()["requests"]))
            for name, twin in stage.twins.items()
        },
        audit=verdict(report),
        differences=report.differences,
    )


async def _send(
    stage: Stage,
    traffic: Iterator[Shot],
    acknowledged: set[str],
    *,
    unanswered: "count[int]",
    ended: asyncio.Event,
) -> None:
    while not ended.is_set():
        pause_s = PACE_S
        try:
            answer = await stage.send(next(traffic))
        except (aiohttp.ClientError, OSError):
            next(unanswered)
            pause_s = DOWN_S
        else:
            if answer.status == 200:
                acknowledged.add(str(msgspec.json.decode(answer.body)["request_id"]))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), pause_s)


async def _running(stage: Stage, role: Role, clock: Clock) -> RoleNote:
    """Return the note of a role once it runs and has said who it is."""
    return await _other_than(stage, role, 0, clock)


async def _other_than(stage: Stage, role: Role, pid: int, clock: Clock) -> RoleNote:
    """Return the note of a role once a process other than `pid` holds it.

    Raises:
        TimeoutError: its supervisor does not start it again.
    """
    deadline = clock.monotonic_s() + UP_AGAIN_S
    while True:
        note = running(stage.settings.data_path, role)
        if note is not None and note.pid not in (0, pid):
            return note
        if clock.monotonic_s() > deadline:
            raise TimeoutError(f"the {role} was not started again within {UP_AGAIN_S:g} s")
        await asyncio.sleep(0.02)


def _lost(data: Data, request_ids: list[str]) -> list[str]:
    """Return those requests that are not stored whole, or of whose events one was not applied."""
    lost: list[str] = []
    for start in range(0, len(request_ids), CHECKED_PER_VIEW):
        with data.store.read() as reader:
            for request_id in request_ids[start : start + CHECKED_PER_VIEW]:
                request = data.requests.get(request_id)
                if request is None:
                    lost.append(request_id)
                    continue
                rejected = {item.index for item in request.rejected}
                wanted = [
                    event_id_of(request_id, index)
                    for index in range(request.items)
                    if index not in rejected
                ]
                if len(reader.applied.existing(wanted)) != request.events:
                    lost.append(request_id)
    return lost
