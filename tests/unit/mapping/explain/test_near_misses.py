"""Why a path leads nowhere, and which one may have been meant."""

import json
from typing import Any

import pytest

from heliograph.mapping import compile_mapper
from heliograph.mapping.explain.explanation import FieldExplanation


def look_up(path: str, payload: Any, *, batching: bool = False) -> FieldExplanation:
    """Return the explanation of an attribute in the first record."""
    mapper = compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {
                "customer_id": "$.rows[*].id" if batching else "$.id",
                "event_name": "Seen",
                "user_time": "$receivedAt",
                "platform": "web",
                "attr": {"x": path},
            },
            "batching": batching,
        }
    )
    explanation = mapper.explain(
        {"id": "c-1", **payload} if isinstance(payload, dict) else payload, received_at_ms=0
    )
    return next(each for each in explanation.items[0].fields if each.field == "properties.x")


ITEMS: Any = {"items": [{"sku": "a"}, {"sku": "b"}]}

MISSES: list[tuple[str, Any, str | None, str | None]] = [
    (
        "$.items[*].sku",
        {"items": {"sku": "a"}},
        "[*] needs an array; $['items'] is an object.",
        "$.items.sku",
    ),
    ("$.items[*].sku", {"items": "a"}, "$['items'] is a string, and nothing is inside it.", None),
    ("$.items[*].sku", {"items": []}, "$['items'] has no elements.", None),
    ("$.items[*].skuu", ITEMS, None, "$.items[*].sku"),
    ("$.a.b.c", {"a.b.c": 1}, None, "$['a.b.c']"),
    ("$.a.b.c", {"a": {"x": 1}, "a.b.c": 1}, None, "$['a.b.c']"),
    ("$.a.b.c.d", {"a": {"b.c": {"d": 1}}}, None, "$.a['b.c'].d"),
    ("$.a.b.c", {"a.b": {"d": 1}}, None, None),
    (
        "$.data[0].email",
        {"data": {"email": "x"}},
        "[0] needs an array; $['data'] is an object.",
        "$.data.email",
    ),
    (
        "$.data[0].email",
        {"data": {"0": {"email": "x"}}},
        "[0] needs an array; $['data'] is an object.",
        "$.data['0'].email",
    ),
    (
        "$.data.email",
        {"data": [{"email": "x"}]},
        "$['data'] is an array, not an object.",
        "$.data[0].email",
    ),
    (
        "$.email",
        [{"email": "x"}],
        "The body is a list, and this path reads an object: send each by itself, or map lists, with batching "
        "and paths that begin with $[*].",
        "$[0].email",
    ),
    (
        "$.data['1'].email",
        {"data": [{}, {"email": "x"}]},
        "$['data'] is an array, not an object.",
        "$.data[1].email",
    ),
    ("$.items[2].sku", ITEMS, "$['items'] has 2 elements, [0] to [1].", None),
    ("$.items[-3]", ITEMS, "$['items'] has 2 elements, [0] to [1].", None),
    ("$.items[1]", {"items": [1]}, "$['items'] has one element.", None),
    ("$.items[0]", {"items": []}, "$['items'] has no elements.", None),
    ("$.email", {"email ": "x"}, "The key there has a blank at its edge: 'email '.", "$['email ']"),
    ("$.q", {" Q": "x"}, "The key there has a blank at its edge: ' Q'.", "$[' Q']"),
    (
        "$.payload.id",
        {"payload": json.dumps({"id": 1})},
        "$['payload'] is a text that holds JSON, which $json reads; no path looks into a text.",
        None,
    ),
    (
        "$.payload[0]",
        {"payload": "[1]"},
        "$['payload'] is a text that holds JSON, which $json reads; no path looks into a text.",
        None,
    ),
    (
        "$.payload.a",
        {"payload": "{no"},
        "$['payload'] is a string, and nothing is inside it.",
        None,
    ),
    (
        "$.payload.a",
        {"payload": "[" * 5000},
        "$['payload'] is a string, and nothing is inside it.",
        None,
    ),
    (
        "$.payload.a",
        {"payload": "{\ud800}"},
        "$['payload'] is a string, and nothing is inside it.",
        None,
    ),
    ("$.a.b.c", {"a": 5}, "$['a'] is a number, and nothing is inside it.", None),
    ("$.a.b", {"a": None}, "$['a'] is null.", None),
    ("$.a", {}, None, None),
]


@pytest.mark.parametrize(("path", "payload", "why", "suggestion"), MISSES)
def test_a_path_that_leads_nowhere(
    path: str, payload: Any, why: str | None, suggestion: str | None
):
    found = look_up(path, payload)
    assert found.reason == "path_missing"
    assert found.note is not None
    said = found.note.partition(" leads nowhere.")[2].strip()
    assert (said or None, found.suggestion) == (why, suggestion)


@pytest.mark.parametrize(("path", "payload"), [each[:2] for each in MISSES if each[3]])
def test_what_is_suggested_leads_somewhere(path: str, payload: Any):
    suggestion = look_up(path, payload).suggestion
    assert suggestion is not None
    assert look_up(suggestion, payload).reason is None


def test_in_a_batch_the_place_is_that_of_the_record():
    rows = {"rows": [{"id": "a-1", "lines": {"sku": "s"}}]}
    found = look_up("$.rows[*].lines[0].sku", rows, batching=True)
    assert found.note is not None
    assert "[0] needs an array; $['rows'][0]['lines'] is an object." in found.note
    assert found.suggestion == "$.rows[*].lines.sku"


def test_a_key_with_dots_keeps_the_wildcard():
    rows = {"rows": [{"id": "a-1", "utm.source": "s"}]}
    found = look_up("$.rows[*].utm.source", rows, batching=True)
    assert found.suggestion == "$.rows[*]['utm.source']"
