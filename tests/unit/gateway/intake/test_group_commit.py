"""One fsync for many requests: order, failures, cancellation and the end."""

import asyncio
from typing import Any

import pytest

from heliograph.errors import HeliographError, InvariantBroken, StoreUnavailable
from heliograph.gateway.intake.group_commit import GroupCommit, Unit
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.request import StoredRequest


def request(number: int, path: str = "") -> StoredRequest:
    return StoredRequest(
        request_id=f"req_{number:026d}",
        workspace="w",
        source_id="s",
        received_at=0,
        state="accepted",
        items=1,
        events=1,
        path=path or f"/{number}",
        body=b"x" * 10,
    )


class Waiting(Unit):
    """A unit that somebody awaits."""

    def __init__(self, request: StoredRequest, started_s: float) -> None:
        super().__init__(request, (), started_s)
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(self, failure: HeliographError | None) -> None:
        if failure is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(failure)


def submit(commit: GroupCommit, request: StoredRequest) -> "asyncio.Future[None]":
    unit = Waiting(request, 0.0)
    commit.submit(unit)
    return unit.future


async def entered(journal: Any) -> None:
    await asyncio.to_thread(journal.entered.wait, 30)


async def test_what_gathers_during_a_commit_is_written_together(gateway: Any):
    gateway.journal.gate.clear()
    commit: GroupCommit = gateway.commit
    first = submit(commit, request(0))
    await entered(gateway.journal)
    rest = [submit(commit, request(n)) for n in range(1, 8)]
    gateway.journal.gate.set()
    await asyncio.gather(first, *rest)
    ids = [[r.path for r in requests] for requests, _ in gateway.journal.batches]
    assert ids == [["/0"], [f"/{n}" for n in range(1, 8)]]


async def test_one_commit_holds_at_most_the_units_of_the_setting(make_gateway: Any):
    gateway = make_gateway(settings=GatewaySettings(flush_records=3))
    gateway.journal.gate.clear()
    first = submit(gateway.commit, request(0))
    await entered(gateway.journal)
    rest = [submit(gateway.commit, request(n)) for n in range(1, 8)]
    gateway.journal.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(requests) for requests, _ in gateway.journal.batches] == [1, 3, 3, 1]


async def test_failure_reaches_everyone_who_waits_and_the_next_commit_works(gateway: Any):
    gateway.journal.break_down()
    futures = [submit(gateway.commit, request(n)) for n in range(3)]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert gateway.commit.last_failure is not None
    gateway.journal.failure = None
    await submit(gateway.commit, request(9))
    assert gateway.commit.last_failure is None
    assert [r.path for r in gateway.journal.requests] == ["/9"]


async def test_a_unit_that_breaks_the_journal_fails_alone(gateway: Any):
    gateway.journal.gate.clear()
    first = submit(gateway.commit, request(0))
    await entered(gateway.journal)
    gateway.journal.poison = "bad"
    futures = [submit(gateway.commit, request(n, "/bad" if n == 5 else "")) for n in range(1, 9)]
    gateway.journal.gate.set()
    results = await asyncio.gather(first, *futures, return_exceptions=True)
    assert [isinstance(result, InvariantBroken) for result in results] == [n == 5 for n in range(9)]
    assert [r.path for r in gateway.journal.requests] == [f"/{n}" for n in range(9) if n != 5]


async def test_sender_whose_answer_fails_does_not_take_others_along(gateway: Any):
    gateway.journal.gate.clear()
    futures = [submit(gateway.commit, request(n)) for n in range(3)]
    await entered(gateway.journal)
    futures[1].cancel()
    gateway.journal.gate.set()
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert results[0] is None
    # `done` of the cancelled one raises InvalidStateError, which is logged and goes no further.
    assert isinstance(results[1], asyncio.CancelledError)
    assert results[2] is None
    assert len(gateway.journal.requests) == 3


async def test_close_writes_what_was_submitted(gateway: Any):
    gateway.journal.gate.clear()
    futures = [submit(gateway.commit, request(n)) for n in range(5)]
    closing = asyncio.create_task(gateway.commit.close())
    gateway.journal.gate.set()
    await asyncio.wait_for(closing, 30)
    assert all(future.done() and future.exception() is None for future in futures)
    assert len(gateway.journal.requests) == 5
    assert gateway.commit.refusal() == "the gateway is stopping"


@pytest.mark.parametrize("limit", ["units", "bytes"])
async def test_queue_is_bounded_in_units_and_in_bytes(make_gateway: Any, limit: str):
    settings = (
        GatewaySettings(max_pending_requests=2)
        if limit == "units"
        else GatewaySettings(max_pending_bytes=30)
    )
    gateway = make_gateway(settings=settings)
    gateway.journal.gate.clear()
    futures = [submit(gateway.commit, request(0))]
    await entered(gateway.journal)
    assert gateway.commit.refusal() is None
    futures += [submit(gateway.commit, request(n)) for n in (1, 2)]
    assert gateway.commit.refusal() == "too many requests wait to be written"
    gateway.journal.gate.set()
    await asyncio.gather(*futures)
    assert gateway.commit.refusal() is None


async def test_hung_disk_makes_new_requests_be_refused_at_once(gateway: Any):
    gateway.journal.gate.clear()
    futures = [submit(gateway.commit, request(0))]
    await entered(gateway.journal)
    futures.append(submit(gateway.commit, request(1)))
    assert gateway.commit.refusal() is None
    gateway.clock.seconds += 6
    assert gateway.commit.refusal() == "the journal does not answer"
    gateway.journal.gate.set()
    await asyncio.gather(*futures)
    assert gateway.commit.refusal() is None


async def test_commits_are_counted_in_one_go(gateway: Any):
    seen: list[Unit] = []
    gateway.commit._committed = lambda units, _: seen.extend(units)
    await asyncio.gather(*[submit(gateway.commit, request(n)) for n in range(4)])
    assert [unit.request.path for unit in seen] == ["/0", "/1", "/2", "/3"]
