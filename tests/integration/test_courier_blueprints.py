"""A delivery is sent with the text of the blueprint that it was made with, however late that is."""

import msgspec
import pytest
from aiohttp import web

from heliograph.destinations import registry
from heliograph.destinations.blueprint.pinning import digest_of
from heliograph.destinations.blueprint.rules import compile_blueprint
from heliograph.storage.work.deliveries import DeliveryQuery


@pytest.fixture
def renaming(hub, receiver):
    """Give the destination `hook` a pipeline whose blueprint `shop` calls the event so."""

    def configure(name: str) -> None:
        hub.put("blueprint", "shop", {"events": {"rename": {name: "Order Placed"}}})
        hub.configure({"hook": receiver.destination()})
        hub.put("pipeline", "all", {"destinations": [{"name": "hook", "blueprint": "shop"}]})

    return configure


def refuse_first(receiver) -> None:
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=400 if number == 1 else 200)

    receiver.answer = answer


def replay(hub, **options) -> int:
    with hub.store.transaction() as tx:
        query = DeliveryQuery(limit=0)
        return tx.deliveries.replay(query, now_ms=hub.clock.now_ms(), **options)


@pytest.mark.parametrize(("newest", "named"), [(False, "Bought"), (True, "Purchased")])
async def test_a_replay_keeps_the_text_of_the_first_time_unless_asked(
    hub, receiver, until, renaming, newest, named
):
    refuse_first(receiver)
    renaming("Bought")
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1})
        [dead] = hub.deliveries("hook")
        assert dead.blueprint == "shop@1"
        renaming("Purchased")
        assert replay(hub, newest_blueprint=newest) == 1
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert [body["event"] for body in receiver.bodies] == ["Bought", named]


async def test_what_waits_is_sent_with_the_text_it_was_made_with(hub, receiver, until, renaming):
    """Also when the document was changed, or removed, before the courier began."""
    renaming("Bought")
    hub.apply(hub.event())
    renaming("Purchased")
    hub.apply(hub.event())
    with hub.store.transaction() as tx:
        assert tx.configuration.delete("acme", "blueprint", "shop", now_ms=hub.clock.now_ms())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 2})
    assert [body["event"] for body in receiver.bodies] == ["Bought", "Purchased"]


async def test_a_preset_that_a_new_release_changes_leaves_old_deliveries_alone(
    hub, receiver, until
):
    hub.configure({"hook": receiver.destination()})
    hub.put("pipeline", "all", {"destinations": [{"name": "hook", "blueprint": "default"}]})
    hub.apply(hub.event())
    [made] = hub.deliveries("hook")
    webhook = registry.get("webhook")
    assert made.blueprint == f"preset:webhook/default@{digest_of(webhook.blueprints[0])}"
    changed = compile_blueprint(
        {"events": {"rename": {"Renamed by a release": "Order Placed"}}}, name="default"
    )
    released = msgspec.structs.replace(webhook, blueprints=(changed,))
    hub.lookup = lambda name: released
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert receiver.bodies[0]["event"] == "Order Placed"


async def test_a_blueprint_that_does_not_compile_yet_is_named_only(hub, receiver, until, renaming):
    """So that what waits for its repair is sent with the repaired text."""
    renaming("Bought")
    hub.put("blueprint", "shop", {"events": {"renames": {}}})
    hub.apply(hub.event())
    [made] = hub.deliveries("hook")
    assert made.blueprint == "shop"
    async with hub.delivering():
        await until(lambda: hub.state("hook")[0] == "misconfigured")
        renaming("Purchased")
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert receiver.bodies[0]["event"] == "Purchased"


async def test_a_text_that_is_gone_makes_a_dead_letter_that_says_what_to_do(hub, receiver, until):
    hub.configure({"hook": receiver.destination()})
    lost = "preset:webhook/default@0000000000"
    hub.apply(hub.event())
    with hub.store.transaction() as tx:
        tx.deliveries._session.raw.execute("UPDATE deliveries SET blueprint = ?", (lost,))
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1})
        [dead] = hub.deliveries("hook")
        assert lost in dead.reason
        assert "--newest-blueprint" in dead.reason
        assert replay(hub, newest_blueprint=True) == 1
        await until(lambda: hub.counts("hook") == {"delivered": 1})
