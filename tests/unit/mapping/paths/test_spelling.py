"""Paths of other dialects: the hint is a path that means the same, or says why there is none."""

import json
from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping.paths import jsonpath


def hint_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        jsonpath.compile(text)
    assert caught.value.hint is not None
    return caught.value.hint


DOCUMENT: Any = {
    "a": {"b": 1},
    "a b": 2,
    "a.b": 3,
    "dash-ed": {"x:y": 4},
    "items": [{"id": "i-0"}, {"id": "i-1"}, {"id": "i-2"}, {"id": "i-3"}],
    "rows": [{"k": "x"}, {"k": "y z"}, {"k": None}, {"k": True}, {"k": "x, z"}],
}

SPELLINGS: list[tuple[str, str, list[Any]]] = [
    ('$."a b"', "$['a b']", [2]),
    ("$.'a'.b", "$['a'].b", [1]),
    ("$.'a.b'", "$['a.b']", [3]),
    ("$[a.b]", "$['a.b']", [3]),
    ("$.dash-ed.x:y", "$['dash-ed']['x:y']", [4]),
    ("$.items[last].id", "$.items[-1].id", ["i-3"]),
    ("$.items[first].id", "$.items[0].id", ["i-0"]),
    ("$.items[@.length-1].id", "$.items[-1].id", ["i-3"]),
    ("$.items[$.items.length - 1].id", "$.items[-1].id", ["i-3"]),
    ("$.items{0}.id", "$.items[0].id", ["i-0"]),
    ("$.items(0).id", "$.items[0].id", ["i-0"]),
    ("$.items[0]]", "$.items[0]", [{"id": "i-0"}]),
    ("$.items[01].id", "$.items[1].id", ["i-1"]),
    ("$.items[1..3].id", "$.items[1:4].id", ["i-1", "i-2", "i-3"]),
    ("$. a.b", "$.a.b", [1]),
    ("@a.b", "$.a.b", [1]),
    ("$$.a.b", "$.a.b", [1]),
    ("${a.b}", "$.a.b", [1]),
    ("${$.a.b}", "$.a.b", [1]),
    ("={{ $json.a.b }}", "$.a.b", [1]),
    ("#/items/1/id", "$.items[1].id", ["i-1"]),
    ("$[\u201ca b\u201d]", '$["a b"]', [2]),
    ("$[\u2018a b\u2019]", "$['a b']", [2]),
    ("$.rows[?(@.k == True)]", "$.rows[?(@.k == true)]", [{"k": True}]),
    ("$.rows[?(@.k == None)]", "$.rows[?(@.k == null)]", [{"k": None}]),
    ("$.items[?(@.id <> 'i-0')].id", "$.items[?(@.id != 'i-0')].id", ["i-1", "i-2", "i-3"]),
    ("$.rows[?(@.k == x)].k", "$.rows[?(@.k == 'x')].k", ["x"]),
    (
        "$.rows[?@.k in ['x', 'x, z']].k",
        "$.rows[?(@.k == 'x' || @.k == 'x, z')].k",
        ["x", "x, z"],
    ),
    ("$.rows[?@.k in [true]].k", "$.rows[?@.k == true].k", [True]),
    ("$.rows[?@.k contains 'y'].k", "$.rows[?search(@.k, 'y')].k", ["y z"]),
    ("$.rows[?contains(@.k, 'y')].k", "$.rows[?search(@.k, 'y')].k", ["y z"]),
    (
        r"$.items[?@.id =~ /^i-\d$/ && @.id = 'i-2'].id",
        "$.items[?match(@.id, 'i-[0-9]') && @.id == 'i-2'].id",
        ["i-2"],
    ),
    ("$.rows[?(@.k = 'x and y')]", "$.rows[?(@.k == 'x and y')]", []),
]


@pytest.mark.parametrize(("text", "standard", "values"), SPELLINGS)
def test_the_standard_spelling_selects_what_was_meant(text: str, standard: str, values: list[Any]):
    assert hint_of(text).startswith(f"The standard spelling is {standard} (")
    assert jsonpath.compile(standard).values(DOCUMENT) == values


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("$.a | $.b", "A path has no fallback"),
        ('$.a || "x"', "A path has no fallback"),
        ("$.a ?? $.b", "A path has no fallback"),
        ("$.a ? $.b : $.c", "A path has no fallback"),
        ("{{ $.a | upper }}", "A path has no fallback, no condition and no pipe"),
        ("$.price * 2", "A path computes nothing"),
        ("$.price*2", "A path computes nothing"),
        ("$.a-$.b", "A path computes nothing"),
        ('$.first + " " + $.last', "A path computes nothing"),
        ('$.first & " " & $.last', "A path computes nothing"),
        ("$.a^", "A path only leads down"),
        ("$.a.*~", "A path selects values, never their names"),
    ],
)
def test_what_no_path_can_do_is_said(text: str, sentence: str):
    assert hint_of(text).startswith(sentence)


@pytest.mark.parametrize("text", ["$.R&D", "$.a!", "$.a,b", "$.a;b", "$.two  blanks"])
def test_no_spelling_is_shown_where_none_is_known(text: str):
    assert "standard spelling" not in hint_of(text)


def test_a_lost_flag_is_named():
    hint = hint_of("$.rows[?(@.k =~ /x/i)]")
    assert hint.startswith("The standard spelling is $.rows[?search(@.k, 'x')] (")
    assert "flags are lost: for the flag i write both cases" in hint
    assert "flags" not in hint_of("$.rows[?(@.k =~ /x/)]")


@pytest.mark.parametrize("operator", ["||", "|", "??", "+", "*"])
def test_operators_inside_quotes_and_brackets_are_no_operators(operator: str):
    text = f"a[{json.dumps(f'x {operator} y')}]"
    assert hint_of(text).startswith(f"The standard spelling is $.{text} (")
