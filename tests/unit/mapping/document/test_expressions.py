"""Which expressions a mapper document may hold, and what its author reads of the others."""

from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper


def compile_with(**mappings: Any) -> list[str]:
    usual = {
        "customer_id": "$.id",
        "event_name": "E",
        "user_time": "$receivedAt",
        "platform": "web",
    }
    mapper = compile_mapper(
        {"partner_name": "test", "mapping_type": "events", "mappings": {**usual, **mappings}}
    )
    return [each.code for each in mapper.warnings]


@pytest.mark.parametrize(
    ("expression", "where", "message"),
    [
        ({"$frst": ["$.a"]}, "", "Write {\"$first\": [\"$.a\", \"$.b\"]}."),
        ({"$foo": 1}, "", "Allowed: $first, $map"),
        ({"$lower": "$.a", "default": "x"}, "", "one $ key"),
        ({"a": "$.b"}, "", "neither a path nor a literal"),
        ({"$first": []}, "['$first']", "1 to 20"),
        ({"$first": "$.a"}, "['$first']", "takes a list"),
        ({"$first": ["$.a"] * 21}, "['$first']", "an array of 21"),
        ({"$first": ["email", "$.b"]}, "['$first'][0]", "Write $.email for the payload's email."),
        ({"$first": [None, "$.b"]}, "['$first'][0]", "is missing"),
        ({"$first": ["$.a", "$.[0]"]}, "['$first'][1]", "The standard spelling is $[0]"),
        ({"$first": ["$.a", "{{ $.b }}"]}, "['$first'][1]", "neither a path nor a literal"),
        ({"$first": ["$.a", {"$lowr": "$.b"}]}, "['$first'][1]", "$lower"),
        ({"$map": "$.a"}, "['$map'].values", "needs values"),
        ({"$map": {"of": "$.a", "values": {}}}, "['$map'].values", "needs values"),
        ({"$map": {"values": {"a": "b"}}}, "['$map'].of", "is missing"),
        ({"$map": {"of": "$.a", "value": {"a": "b"}}}, "['$map'].value", "Did you mean values?"),
        ({"$map": {"of": "$.a", "values": {"a": "$.b"}}}, "['$map'].values.a", "is a literal"),
        ({"$map": {"of": "$.a", "values": {"A": 1, "a": 2}, "ignore_case": True}}, "['$map'].values.a",
         "mapped twice"),
        ({"$map": {"of": "$.a", "values": {"a": 1}, "ignore_case": 1}}, "['$map'].ignore_case",
         "true or false"),
        ({"$template": "{$.a"}, "['$template']", "not closed"),
        ({"$template": "{a}"}, "['$template']", "Braces hold a path"),
        ({"$template": "{}"}, "['$template']", "Braces hold a path"),
        ({"$template": "abc"}, "['$template']", "holds no path"),
        ({"$template": ["$.a"]}, "['$template']", "a text with paths in braces"),
        ({"$template": {"text": "{x}", "with": {"x": {"$lowre": "$.a"}}}}, "['$template'].with.x", "$lower"),
        ({"$template": {"text": "{$.a}", "width": {}}}, "['$template'].width", "Did you mean with?"),
        ({"$hash": {"of": "$.a", "with": "crc32"}}, "['$hash'].with", "sha256, sha1, md5"),
        ({"$hash": {"of": "$.a", "normalise": "name"}}, "['$hash'].normalise", "none, email, phone"),
        ({"$hash": {"of": "$.a", "normalize": "email"}}, "['$hash'].normalize", "Did you mean normalise?"),
        ({"$cast": "$.a"}, "['$cast'].to", "number, integer, text, boolean, time"),
        ({"$cast": {"of": "$.a", "to": "float"}}, "['$cast'].to", "number, integer"),
        ({"$cast": {"of": "$.a", "to": "time", "format": "qq"}}, "['$cast'].format", "qq"),
        ({"$cast": {"of": "$.a", "to": "number", "format": "x"}}, "['$cast'].format", "Only a time"),
        ({"$split": {"of": "$.a"}}, "['$split'].by", "the text between"),
        ({"$split": {"of": "$.a", "by": ""}}, "['$split'].by", "at least one character"),
        ({"$split": {"of": "$.a", "by": " ", "take": "0"}}, "['$split'].take", "a whole number"),
        ({"$split": {"of": "$.a", "by": " ", "limit": 0}}, "['$split'].limit", "from 1"),
        ({"$split": {"of": "$.a", "by": " ", "take": True}}, "['$split'].take", "a whole number"),
        ({"$json": {"of": "$.a", "path": "order.id"}}, "['$json'].path", "a path into the text"),
        ({"$json": {"of": "$.a", "path": "$headers.x"}}, "['$json'].path", "a path into the text"),
        ({"$json": {"of": "$.a", "path": "$.x["}}, "['$json'].path", "RFC 9535"),
        ({"$literal": None}, "['$literal']", "maps nothing"),
        ({"$lower": None}, "['$lower']", "is missing"),
        ({"$lower": {"$lower": {"$lower": {"$lower": {"$lower": "$.a"}}}}}, "['$lower']" * 4, "at most 4"),
    ],
)  # fmt: skip
def test_a_wrong_expression_is_refused_with_its_place(expression: Any, where: str, message: str):
    with pytest.raises(ConfigError) as caught:
        compile_with(attr={"x": expression})
    text = str(caught.value)
    assert f"$.mappings.attr.x{where}" in text
    assert message in text


@pytest.mark.parametrize(
    "mappings",
    [
        {"customer_id": {"$first": ["$.email", "nobody"]}},
        {"customer_id": {"$lower": {"$first": ["$.email", "nobody"]}}},
        {"customer_id": {"$map": {"of": "$.a", "values": {"x": "y"}, "default": "z"}}},
        {"customer_id": {"$literal": "c-1"}},
        {"anon_id": {"$first": ["$.email", 5]}},
        {"user_time": {"$first": ["$.at", "2024-10-25"]}},
        {"user_time": {"$cast": {"of": "2024-10-25", "to": "time"}}},
    ],
)
def test_nobody_and_no_time_is_a_literal_in_the_end(mappings: Any):
    with pytest.raises(ConfigError) as caught:
        compile_with(**mappings)
    assert "a literal, so" in str(caught.value)


def test_a_value_that_stands_for_nobody_may_be_mapped_to_nothing():
    guests = {"$map": {"of": "$.id", "values": {"0": None}}}
    assert compile_with(customer_id={"$first": [guests, "$.email"]}) == []
    assert (
        compile_with(customer_id={"$map": {"of": "$.id", "values": {"0": None}, "default": None}})
        == []
    )


@pytest.mark.parametrize(
    "mappings",
    [
        {"event_name": {"$lower": "$.items[*].name"}},
        {"customer_id": {"$json": {"of": "$.m", "path": "$.people[*].id"}}},
        {"event_name": {"$split": {"of": "$.a", "by": " "}}},
        {"platform": {"$first": ["$.os", {"$trim": "$['a','b']"}]}},
    ],
)
def test_a_field_of_one_value_takes_no_expression_that_gives_a_list(mappings: Any):
    with pytest.raises(ConfigError) as caught:
        compile_with(**mappings)
    assert "This expression gives a list" in str(caught.value)


def test_a_first_of_open_paths_is_one_value():
    assert compile_with(customer_id={"$first": ["$['a','b']", "$..email", "$.items[*].id"]}) == []


def test_four_expressions_stand_inside_each_other():
    assert compile_with(attr={"x": {"$lower": {"$trim": {"$lower": {"$trim": "$.a"}}}}}) == []


def test_all_problems_are_said_at_once():
    with pytest.raises(ConfigError) as caught:
        compile_with(
            attr={"x": {"$first": ["a", None, {"$nope": 1}]}, "y": {"$cast": {"of": "$.a"}}}
        )
    assert "4 problems" in str(caught.value)


def test_literals_inside_are_doubted_as_elsewhere():
    assert compile_with(attr={"x": {"$first": ["$.a", "b.c"]}}) == ["mapper.literal_like_path"]
    assert compile_with(attr={"x": {"$first": ["$.a", {"$literal": "b.c"}]}}) == []
