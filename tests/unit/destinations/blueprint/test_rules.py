from collections.abc import Callable

import pytest

from heliograph.destinations.blueprint.rules import (
    apply_blueprint,
    compile_blueprint,
    named_as_it_is,
)
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.preflight import UNMAPPED
from heliograph.errors import ConfigError
from heliograph.model.event import Event
from heliograph.model.json import JsonObject

MakeEvent = Callable[..., Event]


def mapped(document: JsonObject, event: Event) -> Event:
    out = apply_blueprint(compile_blueprint({"name": "b", **document}), event)
    assert out is not None
    return out


@pytest.mark.parametrize("name", ["Product Added", "product_added", "add_to_cart"])
def test_three_eras_of_names_become_one(make_event: MakeEvent, name: str):
    document: JsonObject = {
        "events": {"rename": {"Added to Cart": ["Product Added", "product_added", "add_to_cart"]}}
    }
    assert mapped(document, make_event(event=name)).event == "Added to Cart"


def test_unlisted_events_pass_or_are_dropped(make_event: MakeEvent):
    rename: JsonObject = {"B": "A"}
    passing = compile_blueprint({"name": "b", "events": {"rename": rename}})
    dropping = compile_blueprint({"name": "b", "events": {"rename": rename, "unlisted": "drop"}})
    other = make_event(event="C")
    assert apply_blueprint(passing, other) == other
    assert apply_blueprint(dropping, other) is None
    assert apply_blueprint(dropping, make_event(event="A")) is not None
    assert apply_blueprint(dropping, make_event(event="B")) is not None
    assert apply_blueprint(dropping, make_event(type="identify", traits={"a": 1})) is not None


@pytest.mark.parametrize("dropped", ["A", "B"])
def test_drop_names_an_event_before_or_after_renaming(make_event: MakeEvent, dropped: str):
    blueprint = compile_blueprint(
        {"name": "b", "events": {"rename": {"B": "A"}, "drop": [dropped]}}
    )
    assert apply_blueprint(blueprint, make_event(event="A")) is None


def test_identify_is_dropped_by_its_type(make_event: MakeEvent):
    blueprint = compile_blueprint({"name": "b", "events": {"drop": ["identify"]}})
    assert apply_blueprint(blueprint, make_event(type="identify", traits={"a": 1})) is None


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"revenue": 1, "total": 2, "value": 3}, {"amount": 1, "total": 2, "value": 3}),
        ({"total": 2, "value": 3}, {"amount": 2, "value": 3}),
        ({"value": 3}, {"amount": 3}),
        ({"revenue": None, "value": 3}, {"revenue": None, "amount": 3}),
        ({"revenue": 0}, {"amount": 0}),
        ({"amount": 9, "revenue": 1}, {"amount": 1}),
        ({"amount": 9}, {"amount": 9}),
        ({"other": 1}, {"other": 1}),
    ],
)
def test_the_first_source_with_a_value_is_used(
    make_event: MakeEvent, properties: JsonObject, expected: JsonObject
):
    document: JsonObject = {"properties": {"rename": {"amount": ["revenue", "total", "value"]}}}
    assert mapped(document, make_event(event="x", properties=properties)).properties == expected


def test_order_of_keys_is_kept(make_event: MakeEvent):
    document: JsonObject = {"properties": {"rename": {"Z": "b"}}}
    out = mapped(document, make_event(event="x", properties={"c": 1, "b": 2, "a": 3}))
    assert list(out.properties) == ["c", "Z", "a"]


def test_sources_reach_into_nested_objects_and_the_event(make_event: MakeEvent):
    document: JsonObject = {
        "properties": {
            "rename": {
                "city": "address.city",
                "first": "items.0.sku",
                "url": "$.context.page.url",
                "app": "$.app_version",
                "none": ["nowhere.at.all", "$.context.nothing"],
            }
        }
    }
    event = make_event(
        event="x",
        properties={"address": {"city": "Pune"}, "items": [{"sku": "A"}]},
        context={"page": {"url": "https://shop.example.com"}},
        app_version="1.2",
    )
    out = mapped(document, event).properties
    assert out == {
        "address": {"city": "Pune"},
        "items": [{"sku": "A"}],
        "city": "Pune",
        "first": "A",
        "url": "https://shop.example.com",
        "app": "1.2",
    }


def test_a_literal_key_with_a_dot_goes_before_a_path(make_event: MakeEvent):
    document: JsonObject = {"traits": {"rename": {"city": "address.city"}}}
    traits: JsonObject = {"address.city": "A", "address": {"city": "B"}}
    assert mapped(document, make_event(event="x", traits=traits)).traits == {
        "city": "A",
        "address": {"city": "B"},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [("CC", "card"), (1, "one"), (True, "yes"), ("other", "?"), (["cc"], ["cc"]), (2.5, "?")],
)
def test_values_are_mapped_as_text_with_a_default(
    make_event: MakeEvent, value: object, expected: object
):
    table: JsonObject = {"cc": "card", "1": "one", "true": "yes", "*": "?"}
    document: JsonObject = {"properties": {"rename": {"p": "q"}, "values": {"p": table}}}
    assert mapped(document, make_event(event="x", properties={"q": value})).properties == {
        "p": expected
    }


def test_without_a_default_values_pass_and_null_drops(make_event: MakeEvent):
    document: JsonObject = {"properties": {"values": {"a": {"x": None}, "b": {"x": "y"}}}}
    event = make_event(event="x", properties={"a": "X", "b": "z"})
    assert mapped(document, event).properties == {"b": "z"}


def test_rules_apply_to_each_object_of_a_list(make_event: MakeEvent):
    document: JsonObject = {
        "properties": {
            "rename": {"products": "items"},
            "items": {"products": {"rename": {"product_id": "item_id"}, "drop": ["cost"]}},
        }
    }
    event = make_event(event="x", properties={"items": [{"item_id": 1, "cost": 2}, 7]})
    assert mapped(document, event).properties == {"products": [{"product_id": 1}, 7]}


def test_drop_unlisted_and_flatten(make_event: MakeEvent):
    event = make_event(event="x", properties={"a": 1, "b": {"c": {"d": 2}, "e": []}, "b.e": 3})
    assert mapped({"properties": {"drop": ["a"]}}, event).properties.keys() == {"b", "b.e"}
    only: JsonObject = {"properties": {"rename": {"a": "a", "x": "y"}, "unlisted": "drop"}}
    assert mapped(only, event).properties == {"a": 1}
    flat = mapped({"properties": {"flatten_with": "."}}, event).properties
    assert flat == {"a": 1, "b.c.d": 2, "b.e": 3}


def test_a_dropped_source_is_no_source(make_event: MakeEvent):
    document: JsonObject = {"properties": {"rename": {"x": ["a", "b"]}, "drop": ["a"]}}
    event = make_event(event="x", properties={"a": 1, "b": 2})
    assert mapped(document, event).properties == {"x": 2}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "page"}, "Page Viewed"),
        ({"type": "page", "event": "Home"}, "Page Viewed"),
        ({"type": "screen"}, "Screen Viewed"),
        ({"type": "group"}, "Group Joined"),
    ],
)
def test_events_without_a_name_are_called_by_their_type(
    make_event: MakeEvent, fields: JsonObject, expected: str
):
    out = mapped({}, make_event(**fields))
    assert out.event == expected
    assert out.properties == ({"name": "Home"} if "event" in fields else {})


@pytest.mark.parametrize(
    ("properties", "name", "expected"),
    [
        ({"category": "Docs"}, "Home", "Viewed Docs Home page"),
        ({}, "Home", "Viewed Home page"),
        ({"category": "Docs"}, None, "Viewed Docs page"),
        ({"name": "Start"}, None, "Viewed Start page"),
        ({}, None, "Viewed a page"),
    ],
)
def test_pages_named_by_what_was_viewed(
    make_event: MakeEvent, properties: JsonObject, name: str | None, expected: str
):
    event = make_event(type="page", event=name, properties=properties)
    assert mapped({"events": {"page_names": "viewed"}}, event).event == expected


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"name": 1}, "$.name"),
        ({}, "$"),
        ({"name": ""}, "$.name"),
        ({"name": "b", "event": {}}, "$"),
        ({"name": "b", "events": {"unlisted": "maybe"}}, "$.events.unlisted"),
        ({"name": "b", "events": {"rename": {"A": [1]}}}, "$.events.rename[...][0]"),
        ({"name": "b", "events": {"rename": {"A": []}}}, "$.events.rename.A"),
        ({"name": "b", "events": {"rename": {"A": "x", "B": "x"}}}, "$.events.rename.B"),
        ({"name": "b", "properties": {"rename": {"a": [""]}}}, "$.properties.rename.a"),
        ({"name": "b", "traits": {"rename": {"a": "$.nosuch.x"}}}, "$.traits.rename.a"),
        ({"name": "b", "traits": {"rename": {"a": "$"}}}, "$.traits.rename.a"),
        ({"name": "b", "traits": {"flatten_with": ""}}, "$.traits.flatten_with"),
        (
            {"name": "b", "properties": {"items": {"p": {"rename": {"": "a"}}}}},
            "$.properties.items.p.rename",
        ),
    ],
)
def test_a_document_with_a_mistake_is_refused_with_its_path(document: JsonObject, where: str):
    with pytest.raises(ConfigError) as caught:
        compile_blueprint(document)
    assert caught.value.code == "config.invalid"
    assert caught.value.where == where


def test_a_preset_printed_is_a_document_that_compiles():
    from heliograph.destinations import registry

    for destination in registry.BUILT_IN:
        for preset in destination.blueprints:
            assert compile_blueprint(preset.as_json()).document == preset.document


@pytest.mark.parametrize("name", ["Order Placed", "", None])
@pytest.mark.parametrize("kind", ["track", "page", "screen", "identify", "group", "alias"])
def test_what_is_named_as_it_is_no_blueprint_changes(
    make_event: MakeEvent, kind: str, name: str | None
):
    event = make_event(type=kind, event=name, properties={"name": "other"}, traits={"a": None})
    findings = Findings("it", fail=False)
    unchanged = apply_blueprint(UNMAPPED, event, findings) is event
    assert named_as_it_is(event) == (kind == "track" and bool(name))
    assert unchanged or not named_as_it_is(event)
    assert not (named_as_it_is(event) and findings.warnings)
