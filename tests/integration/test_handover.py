"""What an engine hands to the courier of its process is sent as if it had been read from the store."""

import asyncio
from collections import defaultdict

import msgspec
import pytest
from aiohttp import web

from heliograph.backends.sqlite.store.work.deliveries import SqliteDeliveries


@pytest.fixture
def loaded(monkeypatch) -> list[int]:
    """The seqs that were read back from the store."""
    seqs: list[int] = []
    real = SqliteDeliveries.load

    def load(self, wanted):
        seqs.extend(wanted)
        return real(self, wanted)

    monkeypatch.setattr(SqliteDeliveries, "load", load)
    return seqs


async def begun(courier, until) -> None:
    """Return when the lane of `hook` waits for work."""
    await until(lambda: (lane := courier.stats().get("acme/hook")) is not None and lane.open)


async def test_only_what_is_tried_again_is_read_back(hub, receiver, until, loaded):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=503 if number % 5 == 0 else 200)

    receiver.answer = answer
    settings = {"url": receiver.url, "include_profile": True}
    hub.configure({"hook": {"type": "webhook", "settings": settings}})
    async with hub.delivering() as courier:
        await begun(courier, until)
        for first in range(0, 60, 20):
            events = [
                hub.event(f"customer-{n % 7}", traits={"n": n}) for n in range(first, first + 20)
            ]
            hub.apply(*events, courier=courier)
        await until(lambda: hub.counts("hook") == {"delivered": 60})
    again = {one.seq for one in hub.deliveries("hook") if one.retries}
    assert again
    assert set(loaded) == again
    taken: dict[str, list[int]] = defaultdict(list)
    for body, status in zip(receiver.bodies, receiver.statuses, strict=True):
        assert body["profile"]["customer_id"] == body["customer_id"]
        assert body["profile"]["traits"]["n"] >= body["traits"]["n"], (
            "a person older than the event"
        )
        if status == 200:
            taken[body["customer_id"]].append(body["properties"]["n"])
    assert all(numbers == sorted(numbers) for numbers in taken.values())
    for one in hub.deliveries("hook"):
        assert [a.number for a in hub.attempts(one.delivery_id)] == list(range(1, one.retries + 2))


async def test_who_became_known_meanwhile_is_sent_as_known(hub, receiver, until, loaded):
    """The second event of the visitor waits behind the first while a third says who it is."""
    hub.configure(
        {"hook": {"type": "webhook", "settings": {"url": receiver.url, "include_profile": True}}}
    )

    async def answer(request: web.Request, number: int) -> web.Response:
        if number == 1:
            hub.apply(hub.event("ann", anonymous_id="v-1"), courier=courier)
        return web.Response()

    receiver.answer = answer
    async with hub.delivering() as courier:
        await begun(courier, until)
        events = [hub.event(None, anonymous_id="v-1") for _ in range(2)]
        hub.apply(*events, courier=courier)
        await until(lambda: hub.counts("hook") == {"delivered": 3})
    assert [body["profile"].get("customer_id") for body in receiver.bodies] == [None, "ann", "ann"]
    assert loaded == []


async def test_a_lane_that_waits_for_its_results_goes_on_when_they_are_written(
    hub, receiver, until, quick
):
    """More results than the store takes at a time: it must not sit out the wait for a store that is away."""
    settings = {"url": receiver.url, "requests_per_minute": 6_000_000}
    hub.configure({"hook": {"type": "webhook", "settings": settings}})
    hub.apply(*[hub.event(f"customer-{n}") for n in range(600)])
    slow = msgspec.structs.replace(quick, group_max=1, store_retry_s=600.0)
    async with hub.delivering(slow):
        await until(lambda: hub.counts("hook") == {"delivered": 600})


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
async def test_the_next_of_a_person_does_not_wait_until_results_have_company(
    hub, receiver, until, quick, busy
):
    """It is made while the result of the one before it waits for others to be written with."""
    released = asyncio.Event()

    async def answer(request: web.Request, number: int) -> web.Response:
        if receiver.bodies[number - 1]["customer_id"] == "slow":
            await released.wait()
        return web.Response()

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    patient = msgspec.structs.replace(quick, group_wait_s=600.0, order_wait_s=0.001)
    async with hub.delivering(patient) as courier:
        await begun(courier, until)
        hub.apply(hub.event("first"), courier=courier)
        await until(lambda: hub.counts("hook") == {"delivered": 1})  # by now nothing is queued
        if busy:
            hub.apply(hub.event("slow"), courier=courier)
            await until(lambda: len(receiver.bodies) == 2)
        sent = len(receiver.bodies)
        hub.apply(hub.event("ann"), courier=courier)
        await until(lambda: len(receiver.statuses) == sent + (not busy))
        await asyncio.sleep(0.2)
        assert hub.counts("hook")["delivered"] == 1  # its result waits
        hub.apply(hub.event("ann"), courier=courier)
        await until(lambda: len(receiver.bodies) == sent + 2)
        released.set()
