"""One bounded round of the demo: send, heal, wait until everything is done, reconcile."""

import asyncio
from itertools import islice
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final, Literal

import msgspec

from heliograph.app.demo.stage import Answer, Stage
from heliograph.app.demo.traffic import Shot, one_of_each, shots
from heliograph.model.clock import Clock
from heliograph.operations.look.condition.audit import AuditReport, audit
from heliograph.storage.data import Data

IN_FLIGHT: Final = 16
SETTLE_S: Final = 90.0
Verdict = Literal["balanced", "unbalanced", "unsettled"]
"""`unsettled`: something was still under way when the time was over."""


class RoundReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one round came to."""

    requests: int
    """Sent."""
    accepted: int
    """Answered 200, in part or whole."""
    refused: int
    """Answered anything else."""
    events: int
    profiles: int
    delivered: int
    dead: int
    audit: Verdict
    held: int
    """Deliveries that wait for their person to be identified."""
    rejected: int
    """Items of accepted or refused requests that became no event."""
    differences: tuple[str, ...] = ()


async def run_round(
    stage: Stage, data: Data, *, requests: int, random: Random, clock: Clock
) -> RoundReport:
    """Send one request of every kind and others up to `requests`, and wait until all is delivered."""
    every = one_of_each(random, now_ms=clock.now_ms())
    more = islice(shots(random, now_ms=clock.now_ms), max(0, requests - len(every)))
    await send_all(stage, [*every, *more])
    stage.trouble(False)
    report = await settled(data, clock)
    with data.store.read() as reader:
        profiles = reader.profiles.count()
    return RoundReport(
        requests=stage.sent,
        accepted=stage.accepted,
        refused=stage.sent - stage.accepted,
        events=report.engine.events,
        profiles=profiles,
        delivered=report.deliveries.delivered,
        dead=report.deliveries.dead,
        audit=verdict(report),
        held=report.deliveries.held,
        rejected=report.journal.rejected,
        differences=report.differences,
    )


async def send_all(stage: Stage, wanted: list[Shot]) -> list[Answer]:
    """Send requests, some at a time, and return the answers in the order of the requests."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(shot: Shot) -> Answer:
        async with gate:
            return await stage.send(shot)

    return await asyncio.gather(*(one(shot) for shot in wanted))


async def settled(data: Data, clock: Clock) -> AuditReport:
    """Return the audit once nothing is under way any more, or when `SETTLE_S` is over."""
    deadline = clock.monotonic_s() + SETTLE_S
    while True:
        report = await asyncio.to_thread(audit, data)
        if is_settled(report) or clock.monotonic_s() >= deadline:
            return report
        await asyncio.sleep(0.2)


def is_settled(report: AuditReport) -> bool:
    """Tell whether every event is applied and no delivery is under way; held ones may stay."""
    d = report.deliveries
    return report.engine.lag == 0 and d.queued == d.waiting == 0


def verdict(report: AuditReport) -> Verdict:
    """Return the audit in one word."""
    if not is_settled(report):
        return "unsettled"
    return "balanced" if report.balanced else "unbalanced"
