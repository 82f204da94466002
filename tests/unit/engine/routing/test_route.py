"""Which events go where."""

import pytest

from heliograph.engine.routing.route import Routes, route
from heliograph.model.documents.configuration import Pipeline, PipelineTarget
from heliograph.model.event import Event, encode_event
from heliograph.model.ids import delivery_id_of


def event(name: str | None = "Order Placed", **changes) -> Event:
    fields = {
        "type": "track",
        "event": name,
        "event_id": "evt_1",
        "workspace": "acme",
        "source_id": "shop",
        "request_id": "req_1",
        "item_index": 0,
        "timestamp": 1,
        "received_at": 1,
        "customer_id": "ann",
    }
    return Event(**{**fields, **changes})


def destinations(one: Event, *pipelines: Pipeline) -> list[str]:
    return [delivery.destination for delivery in routed(one, *pipelines)]


def routed(one: Event, *pipelines: Pipeline):
    return route(
        one,
        Routes("acme", pipelines),
        key="p_canonical",
        profile_id="p_first",
        partition=3,
        position=7,
        encoded=encode_event(one),
    )


def pipeline(name: str = "all", **changes) -> Pipeline:
    return Pipeline(name=name, **{"destinations": (PipelineTarget(name="hook"),), **changes})


def test_a_delivery_carries_everything_that_planning_needs():
    [delivery] = routed(event(), pipeline())
    assert delivery.delivery_id == delivery_id_of("evt_1", "all", "acme/hook")
    assert (delivery.destination, delivery.pipeline, delivery.blueprint) == (
        "acme/hook",
        "all",
        "default",
    )
    assert (delivery.key, delivery.profile_id) == ("p_canonical", "p_first")
    assert (delivery.partition, delivery.position) == (3, 7)
    assert delivery.event == encode_event(event())


@pytest.mark.parametrize(
    ("sources", "goes"),
    [(("*",), True), (("shop",), True), (("crm", "shop"), True), (("crm",), False), ((), False)],
)
def test_the_source_must_be_named(sources, goes):
    assert bool(destinations(event(), pipeline(sources=sources))) is goes


@pytest.mark.parametrize(
    ("events", "excluded", "name", "goes"),
    [
        ((), (), "Order Placed", True),
        (("Order *",), (), "Order Placed", True),
        (("order *",), (), "Order Placed", False),
        (("Order Placed", "Cart*"), (), "Cart Viewed", True),
        (("Cart*",), (), "Order Placed", False),
        ((), ("Order*",), "Order Placed", False),
        (("*",), ("Order Placed",), "Order Placed", False),
        (("Order ?laced",), (), "Order Placed", True),
        (("Order.*",), (), "Order Placed", False),
        (("Order Placed",), (), "Order Placed\n", False),
        (("*",), (), "two\nlines", True),
    ],
)
def test_globs_of_event_names(events, excluded, name, goes):
    target = PipelineTarget(name="hook", events=events, exclude_events=excluded)
    assert bool(destinations(event(name), pipeline(destinations=(target,)))) is goes


@pytest.mark.parametrize(
    ("one", "called"),
    [
        (event(None, type="identify"), "identify"),
        (event("ignored", type="identify"), "identify"),
        (event(None, type="page"), "page"),
        (event("Home", type="page"), "Home"),
        (event(None, type="alias"), "alias"),
    ],
)
def test_events_without_a_name_are_called_by_their_type(one, called):
    target = PipelineTarget(name="hook", events=(called,))
    assert destinations(one, pipeline(destinations=(target,))) == ["acme/hook"]


def test_a_disabled_pipeline_makes_nothing():
    assert destinations(event(), pipeline(enabled=False)) == []


def test_every_pipeline_and_destination_makes_a_delivery_of_its_own():
    two = (PipelineTarget(name="a", blueprint=None), PipelineTarget(name="b"))
    deliveries = routed(event(), pipeline("z", destinations=two), pipeline("a"))
    assert [(d.pipeline, d.destination) for d in deliveries] == [
        ("a", "acme/hook"),
        ("z", "acme/a"),
        ("z", "acme/b"),
    ]
    assert len({d.delivery_id for d in deliveries}) == 3


def test_names_that_senders_make_up_do_not_fill_the_memory():
    routes = Routes("acme", [pipeline()])
    for number in range(25_000):
        assert routes.ways("shop", f"event {number}")
    assert len(routes._judged) <= 10_000
