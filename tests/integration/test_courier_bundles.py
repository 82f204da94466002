"""Several deliveries in one request: what goes together, and what a refusal of the whole leads to."""

import json

import pytest
from aiohttp import web


@pytest.fixture
def heap(hub, receiver):
    """Send to a receiver as to Heap, in bulk."""

    def configure(**config: object) -> None:
        address = receiver.url.removesuffix("/in")
        settings = {"app_id": "11", "host": address, "bulk": True}
        hub.configure({"heap": {"type": "heap", "settings": settings, "concurrency": 1, **config}})

    return configure


def names(bodies: list[dict]) -> list[list[str]]:
    return [
        [event["identity"] for event in body["events"]] if "events" in body else [body["identity"]]
        for body in bodies
    ]


async def test_what_waits_goes_in_one_request_and_each_has_its_attempt(hub, receiver, until, heap):
    heap()
    hub.apply(*[hub.event(f"customer-{n}") for n in range(20)])
    async with hub.delivering():
        await until(lambda: hub.counts("heap") == {"delivered": 20})
    assert sum(len(together) for together in names(receiver.bodies)) == 20
    assert len(receiver.bodies) <= 3
    for delivery in hub.deliveries("heap"):
        [attempt] = hub.attempts(delivery.delivery_id)
        assert attempt.bundled > 1
        shown = json.loads(attempt.request_body)
        assert shown["idempotency_key"] == delivery.delivery_id
        assert shown["app_id"] == "11"


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_one_bad_event_is_found_by_halves_and_the_others_arrive(
    status: int, hub, receiver, until, heap
):
    async def answer(request: web.Request, number: int) -> web.Response:
        together = names([receiver.bodies[-1]])[0]
        return web.Response(status=status if "customer-5" in together else 200, text="{}")

    receiver.answer = answer
    heap()
    hub.apply(*[hub.event(f"customer-{n}") for n in range(16)])
    async with hub.delivering():
        await until(lambda: hub.counts("heap") == {"delivered": 15, "dead": 1})
    [dead] = [one for one in hub.deliveries("heap") if one.state == "dead"]
    assert json.loads(dead.event)["customer_id"] == "customer-5"
    assert [one.retries for one in hub.deliveries("heap")] == [0] * 16


async def test_a_failure_of_the_whole_is_a_retry_of_each(hub, receiver, until, heap):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=500 if number == 1 else 200, text="{}")

    receiver.answer = answer
    heap()
    hub.apply(*[hub.event(f"customer-{n}") for n in range(8)])
    async with hub.delivering():
        await until(lambda: hub.counts("heap") == {"delivered": 8})
    keys = [
        event["idempotency_key"] for body in receiver.bodies for event in body.get("events", [body])
    ]
    assert len(set(keys)) == 8
    assert sum(one.retries for one in hub.deliveries("heap")) >= 2


async def test_events_of_one_person_never_go_together(hub, receiver, until, heap):
    heap()
    hub.apply(*[hub.event("ann" if n % 2 else f"customer-{n}") for n in range(12)])
    async with hub.delivering():
        await until(lambda: hub.counts("heap") == {"delivered": 12})
    for together in names(receiver.bodies):
        assert len(set(together)) == len(together)
    sent = [
        event["properties"]["n"]
        for body in receiver.bodies
        for event in body.get("events", [body])
        if event["identity"] == "ann"
    ]
    assert sent == sorted(sent)


async def test_a_person_whose_budget_is_used_up_waits_and_the_others_of_the_bundle_go(
    hub, receiver, until, heap
):
    """Heap takes 30 events a person in 30 s; six at once are let through, bundled or not."""
    heap()
    hub.apply(*[hub.event("ann" if n < 10 else f"customer-{n}") for n in range(30)])

    def of_ann() -> list[str]:
        return [one.state for one in hub.deliveries("heap") if '"ann"' in one.event.decode()]

    async with hub.delivering():
        await until(lambda: hub.counts("heap").get("delivered", 0) >= 26)
        await until(lambda: of_ann().count("delivered") >= 6)
        sent = [name for together in names(receiver.bodies) for name in together]
    assert sent.count("ann") < 10
    assert len(set(sent)) == 21, "nobody else waited for her"
