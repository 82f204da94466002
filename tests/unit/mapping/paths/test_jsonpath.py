import json
from pathlib import Path
from typing import Any

import pytest

from heliograph.errors import ConfigError, InputError
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.work import Work


def compliance_cases(shared_data: Path) -> list[dict[str, Any]]:
    return json.loads((shared_data / "jsonpath" / "cts.json").read_text())["tests"]


def test_the_whole_compliance_suite_of_rfc_9535(shared_data: Path):
    """All 703 cases: invalid paths are refused, valid ones select the values at the locations given."""
    cases = compliance_cases(shared_data)
    failures: list[str] = []
    for case in cases:
        try:
            query = jsonpath.compile(case["selector"])
        except ConfigError:
            if not case.get("invalid_selector"):
                failures.append(f"{case['name']}: refused")
            continue
        if case.get("invalid_selector"):
            failures.append(f"{case['name']}: accepted")
            continue
        values = query.values(case["document"], Work())  # what honest paths cost is nowhere near
        if values not in case.get("results", [case.get("result")]):
            failures.append(f"{case['name']}: values {values}")
        paths = [jsonpath.normalized(location) for location, _ in query.nodes(case["document"])]
        if paths not in case.get("results_paths", [case.get("result_paths")]):
            failures.append(f"{case['name']}: paths {paths}")
    assert failures == []
    assert len(cases) == 703


DOCUMENT: Any = {
    "a": {"b": [{"c": 1}, {"c": None}, {"d": 3}]},
    "a b": 5,
    "": 6,
    "list": [[1, 2], [3], {"x": 4}],
}


@pytest.mark.parametrize(
    ("path", "values", "singular"),
    [
        ("$", [DOCUMENT], True),
        ("$.a.b[0].c", [1], True),
        ("$.a.b[1].c", [None], True),
        ("$.a.b[-1].d", [3], True),
        ("$.a.b[3]", [], True),
        ("$.a.b[-4]", [], True),
        ("$.a.b.c", [], True),
        ("$['a b']", [5], True),
        ("$['']", [6], True),
        ("$.missing.deeper", [], True),
        ("$.a.b[*].c", [1, None], False),
        ("$.list[*][*]", [1, 2, 3, 4], False),
        ("$.a.*[0].c", [1], False),
        ("$['a b', '']", [5, 6], False),
        ("$.list[0:2]", [[1, 2], [3]], False),
        ("$..c", [1, None], False),
        ("$.a.b[?@.d == 3].d", [3], False),
        ("$.a.b[?@.c == null].c", [None], False),
    ],
)
def test_values_and_singularity(path: str, values: list[Any], singular: bool):
    query = jsonpath.compile(path)
    assert query.values(DOCUMENT) == values
    assert [value for _, value in query.nodes(DOCUMENT)] == values
    assert query.singular is singular
    assert query.text == path


@pytest.mark.parametrize(
    "name", ["客户", "客户_2", "ሀ", "a㐀b", "é\ud7ffz", "\ue000\uffff", "x😀\U0010ffff", "_ꀀ1"]
)
def test_a_name_of_any_script_stands_behind_a_dot(name: str):
    """RFC 9535, 2.5.1.1: every letter of a name may be U+0080 to U+D7FF or U+E000 to U+10FFFF."""
    document = {name: {name: [{name: 7}]}, "list": [{name: 7}]}
    assert jsonpath.compile(f"$.{name}.{name}[0].{name}").values(document) == [7]
    assert jsonpath.compile(f"$..{name}").values(document["list"]) == [7]
    assert jsonpath.compile(f"$.list[?@.{name} == 7].{name}").values(document) == [7]


@pytest.mark.parametrize(
    "path", ["$.客 户", "$.客-户", "$.客\ud800", "$.\udfff", "$.1客", "$.客\x7f", "$..客!"]
)
def test_what_is_no_letter_of_a_name_ends_it(path: str):
    with pytest.raises(ConfigError, match="no JSONPath"):
        jsonpath.compile(path)


@pytest.mark.parametrize("document", [None, True, 5, 1.5, "text", [], {}])
def test_any_json_value_is_a_document(document: Any):
    for path in ("$.a", "$[0]", "$[*]", "$.a[*].b", "$..a", "$[?@.a]", "$[0:1]"):
        assert jsonpath.compile(path).values(document) == []


def test_text_is_not_indexed_like_an_array():
    assert jsonpath.compile("$.a[0]").values({"a": "text"}) == []


def test_values_are_the_documents_own_parts_and_lists_are_new():
    inner = {"x": 1}
    document: Any = {"list": [inner]}
    values = jsonpath.compile("$.list[*]").values(document)
    assert values[0] is inner
    values.clear()
    assert document == {"list": [inner]}


@pytest.mark.parametrize("path", ["$..a", "$..[?@.a].a", "$[?@..a]..a", "$[?@ == $.x]..a"])
def test_descending_has_no_depth_limit_and_no_recursion(path: str):
    document: Any = {"a": 7}
    for _ in range(20_000):
        document = {"x": document}
    query = jsonpath.compile(path)
    assert query.values(document) == [7]
    assert [(len(location), value) for location, value in query.nodes(document)] == [(20_001, 7)]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([True], [1], False),
        ({"a": [False]}, {"a": [0]}, False),
        ([1], [1.0], True),
        ({"a": 1, "b": None}, {"b": None, "a": 1}, True),
        ({"a": None}, {}, False),
        ([[1], {"x": "y"}], [[1], {"x": "y"}], True),
        ([1, 2], [1], False),
        (None, [], False),
    ],
)
def test_values_are_equal_as_the_rfc_has_it_at_any_depth(left: Any, right: Any, same: bool):
    document: Any = {"pair": {"left": left, "right": right}}
    equal = jsonpath.compile("$[?@.left == @.right]").values(document)
    other = jsonpath.compile("$[?@.left != @.right]").values(document)
    assert (len(equal), len(other)) == (int(same), int(not same))


def chain(depth: int, name: str = "a") -> Any:
    """Return objects inside each other, each with one key."""
    document: Any = 1
    for _ in range(depth):
        document = {name: document}
    return document


def cost(path: str, document: Any) -> int:
    work = Work(10**9)
    jsonpath.compile(path).values(document, work)
    return work.limit - work.left


@pytest.mark.parametrize("path", ["$..a", "$..*", "$..[0]", "$..[?@.a]", "$[?@..b]"])
def test_descending_costs_no_more_than_the_document_is_large_at_any_depth(path: str):
    """One chain 96 deep costs what 96 objects beside each other do: a count, so the same on any machine."""
    deep, wide = [chain(96) for _ in range(10)], [chain(1) for _ in range(960)]
    assert cost(path, deep) <= 2 * cost(path, wide)
    assert cost(path, deep * 2) <= 2 * cost(path, deep)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("$..a..a..a..a", chain(95)),
        ("$..*..*..*", [chain(90, "b")]),
        ("$[?value(@..c) == 5]", [chain(90) for _ in range(900)]),
        ("$[?$..b]", [chain(90) for _ in range(300)]),
        ("$..[?@ == $]", [chain(90) for _ in range(300)]),
        ("$[?count($..*) > 1]", [[1]] * 1_000),
        ("$[?match(@.t, @.p)]", [{"t": "a" * 200, "p": f"(a|b){{1,{n}}}"} for n in range(100)]),
        ("$[?search($[0], 'b+')]", ["a" * 400_000] + [""] * 200),
        ("$[?search($[0], $[1])]", ["a" * 400_000, "b+"]),
        ("$[*][*]", [[1] * 400] * 400),
        ("$[0:][0:]", [[1] * 400] * 400),
        ("$..['a','a','a','a']", [chain(90) for _ in range(300)]),
    ],
)
def test_what_costs_too_much_is_refused_with_its_path_and_what_is_allowed(path: str, document: Any):
    query = jsonpath.compile(path)
    for follow in (query.values, query.nodes):
        work = Work(100_000)
        with pytest.raises(InputError) as caught:
            follow(document, work)
        assert (caught.value.code, caught.value.where) == ("mapper.work_exceeded", path)
        assert "100,000" in str(caught.value)
        assert work.left < 0


def test_plain_paths_have_no_depth_limit():
    document: Any = 7
    for _ in range(20_000):
        document = {"x": [document]}
    assert jsonpath.compile("$" + ".x[0]" * 20_000).values(document) == [7]


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ((), "$"),
        (("orders", 0, "id"), "$['orders'][0]['id']"),
        (
            ("it's", "a\\b", "\n\t\b\f\r", "\x01", '"'),
            r"""$['it\'s']['a\\b']['\n\t\b\f\r']['\u0001']['"']""",
        ),
        (("名", "😀"), "$['名']['😀']"),
    ],
)
def test_normalized_paths(location: jsonpath.Location, text: str):
    assert jsonpath.normalized(location) == text


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("$.a.[0]", "$.a[0]"),
        ("$.a.['b']", "$.a['b']"),
        (".a.b", "$.a.b"),
        ("a.b", "$.a.b"),
        ("$a.b", "$.a.b"),
        ("$.a-b", "$['a-b']"),
        ("$.headers.x-github-event", "$.headers['x-github-event']"),
        ("$.a-b.c-d", "$['a-b']['c-d']"),
        ("$.foo:bar", "$['foo:bar']"),
        ("$.@type", "$['@type']"),
        ("$.$id", "$['$id']"),
        ("$.2fa", "$['2fa']"),
        ("$.first name", "$['first name']"),
        ('$["a]', '$["a"]'),
        ("$['a", "$['a']"),
        ("$['a'", "$['a']"),
        ("$.a[0", "$.a[0]"),
        ("$.a.", "$.a"),
        ("$.a..", "$.a"),
        ("$.a[*].", "$.a[*]"),
        ("$.", "$"),
        ("@.x", "$.x"),
        ("@", "$"),
        ("#/a/b", "$.a.b"),
        ("/a/0/b", "$.a[0].b"),
        ("$.items.0.id", "$.items[0].id"),
        ("$.items[].id", "$.items[*].id"),
        ("$.a[b]", "$.a['b']"),
        ("$.x[(@.length-1)]", "$.x[-1]"),
        ("$.x[?(@.a = 'b')]", "$.x[?(@.a == 'b')]"),
        ("$.x[?(@.a === 'b')]", "$.x[?(@.a == 'b')]"),
        ("$.x[?(@.a !== 'b')]", "$.x[?(@.a != 'b')]"),
        ("$.x[?(@.a =~ /fo+.*/i)]", "$.x[?search(@.a, 'fo+.*')]"),
        ("$.a[?@.x and @.y]", "$.a[?@.x && @.y]"),
        ("$.a[?@.x OR not @.y]", "$.a[?@.x || !@.y]"),
        ("$.a[?(@.x.length() > 2)]", "$.a[?(length(@.x) > 2)]"),
        ("$.a[?(@.x.length > 2)]", None),
        ("{{ $.a }}", "$.a"),
        ("{$.a}", "$.a"),
        (" $.a", "$.a"),
        ("$.a ", "$.a"),
        ("$.book[1,]", "$.book[1]"),
        ("$.a?.b", "$.a.b"),
    ],
)
def test_spellings_of_other_dialects_are_refused_with_the_standard_one(
    text: str, standard: str | None
):
    if standard is None:
        assert jsonpath.compile(text).values({"a": []}) == []
        return
    with pytest.raises(ConfigError) as caught:
        jsonpath.compile(text)
    assert caught.value.code == "jsonpath.invalid"
    assert caught.value.found == text
    assert caught.value.hint is not None
    assert f"The standard spelling is {standard} " in caught.value.hint
    jsonpath.compile(standard)


@pytest.mark.parametrize("path", ["$.a.length()", "$.a.b.size()", "$.a.sum()", "$.a.min(1)"])
def test_functions_at_the_end_of_a_path_are_explained(path: str):
    with pytest.raises(ConfigError, match="selects values and computes none"):
        jsonpath.compile(path)


@pytest.mark.parametrize(
    "path", ["$.store.book[?(@.price < 10)]", "$..*[?(@.x)]", "$..book[-1:]", "$['a']", '$["a"]']
)
def test_spellings_of_jayway_that_are_standard_compile(path: str):
    assert jsonpath.compile(path).text == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$$",
        "$[",
        "$.a[?",
        "\ud800",
        "$.\ud800",
        "$['\ud800']",
        "$[" * 500,
        "(" * 5000,
        "$[?" + "(" * 5000 + "@.a" + ")" * 5000 + "]",
        "$[99999999999999999999]",
        "$['\\ud800']",
    ],
)
def test_garbage_is_refused_or_selects_nothing_but_never_fails_otherwise(text: str):
    try:
        query = jsonpath.compile(text)
    except ConfigError:
        return
    assert query.values({}) == []
