"""The courier against real HTTP servers and the SQLite store: what each answer leads to."""

from aiohttp import web


async def test_what_the_engine_made_is_delivered_once_each(hub, receiver, until):
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i % 7}") for i in range(200)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 200})
    assert sorted(receiver.numbers()) == list(range(1, 201))
