"""When an anonymous person becomes known, their deliveries and the customer's go in one line."""

import asyncio

from aiohttp import web


def apply(hub, *who: tuple[str | None, str | None]) -> None:
    """Apply an event for each (customer id, anonymous id), one after the other."""
    for customer, anonymous in who:
        hub.apply(hub.event(customer, anonymous_id=anonymous))


ANONYMOUS, ANN, BOTH = (None, "cookie"), ("ann", None), ("ann", "cookie")


def in_order(receiver) -> list[int]:
    """The numbers of what was taken, in the order of their answers."""
    return [
        n for n, status in zip(receiver.numbers(), receiver.statuses, strict=True) if status == 200
    ]


async def test_deliveries_of_both_persons_and_later_ones_go_in_the_order_of_their_events(
    hub, receiver, until
):
    hub.configure({"hook": receiver.destination()})

    async def refuses_the_first(request: web.Request, number: int) -> web.StreamResponse:
        again = receiver.numbers()[number - 1] == 1 and number < 4
        return web.json_response({}, status=503 if again else 200)

    receiver.answer = refuses_the_first
    apply(hub, ANONYMOUS, ANN, ANONYMOUS, ANN, BOTH, ANN)
    async with hub.delivering():
        await until(lambda: hub.counts("hook").get("delivered") == 6)
    assert in_order(receiver) == [1, 2, 3, 4, 5, 6]
    assert receiver.numbers()[:4] == [1, 1, 1, 1]


async def test_what_is_in_flight_at_the_merge_ends_and_everything_behind_it_is_in_order(
    hub, receiver, until
):
    hub.configure({"hook": receiver.destination()})
    merged = asyncio.Event()

    async def slow(request: web.Request, number: int) -> web.StreamResponse:
        await merged.wait()
        return web.json_response({})

    receiver.answer = slow
    apply(hub, ANONYMOUS, ANN, ANONYMOUS, ANN)
    async with hub.delivering():
        await until(lambda: len(receiver.bodies) == 2)  # the first of each person
        await asyncio.to_thread(apply, hub, BOTH, ANN)
        merged.set()
        await until(lambda: hub.counts("hook").get("delivered") == 6)
    assert sorted(receiver.numbers()[:2]) == [1, 2]
    assert receiver.numbers()[2:] == [3, 4, 5, 6]
