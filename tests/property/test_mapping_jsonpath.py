"""Our way through a document equals the library's, for random queries and documents."""

from typing import Any

import jsonpath_rfc9535
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import ConfigError
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.work import TooMuchWork, Work

NAMES = st.sampled_from(["a", "b", "c", "", "a b", "it's", 'q"', "\\", "名", "😀", "0", "\n"])

# Without 0 and 1: inside arrays and objects the library holds them for equal to false and true.
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.sampled_from([-2, 2, 3, 2.5]) | st.sampled_from(["a", "", "0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


def name_selector(name: str) -> str:
    return jsonpath.normalized((name,))[1:]


PLAIN = (
    NAMES.map(name_selector)
    | st.sampled_from([".a", ".b", ".c", ".名"])
    | st.integers(-4, 4).map(lambda index: f"[{index}]")
)
WILD = st.sampled_from(["[*]", ".*"])
OPEN = (
    st.sampled_from(["..*", "..a", "..['b']", "..[0]", "[?@.a]", "[?@.a == 2]", "[?@ > 0]"])
    | st.sampled_from(["[?!(@.a && @.b) || @..c]", "[?value(@..a) <= 2]", "[?@.a != @.b]"])
    | st.sampled_from(["[?length(@) > 1]", "[?count(@.*) == 2]", "[?@.a == $.b]", "['a','b']"])
    | st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(-2, 2)).map(
        lambda bounds: f"[{bounds[0]}:{bounds[1]}:{bounds[2]}]"
    )
)


def queries(*segments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*segments), max_size=5).map(lambda parts: "$" + "".join(parts))


def both_ways(text: str, document: Any) -> None:
    query = jsonpath.compile(text)
    expected = jsonpath_rfc9535.find(text, document)
    assert query.values(document) == expected.values()
    assert query.nodes(document) == [(node.location, node.value) for node in expected]
    assert [jsonpath.normalized(location) for location, _ in query.nodes(document)] == (
        expected.paths()
    )


LETTERS = st.characters(min_codepoint=0x80, exclude_categories=["Cs"]) | st.sampled_from("azAZ_")
DOTTED = st.tuples(LETTERS, st.text(LETTERS | st.sampled_from("0123456789"), max_size=6)).map(
    "".join
)


@given(DOTTED, DOCUMENTS)
def test_a_name_behind_a_dot_is_the_same_name_in_brackets(name: str, document: Any):
    """The library's own lexer refuses some of these names; brackets take any."""
    dotted, quoted = jsonpath.compile(f"$.{name}"), jsonpath.compile(f"${name_selector(name)}")
    assert (dotted.head, dotted.tail) == (quoted.head, quoted.tail) == ((name,), ())
    both = [{name: document}, [document], document]
    assert jsonpath.compile(f"$..{name}").values(both) == jsonpath.compile(
        f"$..{name_selector(name)}"
    ).values(both)


@given(queries(PLAIN), DOCUMENTS)
def test_names_and_indexes(text: str, document: Any):
    both_ways(text, document)
    assert jsonpath.compile(text).singular


@given(queries(PLAIN, WILD), DOCUMENTS)
def test_names_indexes_and_wildcards(text: str, document: Any):
    both_ways(text, document)


@given(queries(PLAIN, WILD, OPEN), DOCUMENTS)
def test_everything(text: str, document: Any):
    both_ways(text, document)


@given(queries(PLAIN, WILD, OPEN), DOCUMENTS, st.integers(0, 200))
def test_a_share_is_enough_for_the_whole_answer_or_there_is_none(
    text: str, document: Any, share: int
):
    query = jsonpath.compile(text)
    free = Work()
    whole = query.values(document, free)
    needed = free.limit - free.left
    for _ in range(2):
        try:
            found = query.values(document, Work(share))
        except TooMuchWork:
            assert share < needed
        else:
            assert share >= needed
            assert found == whole


@given(queries(PLAIN, WILD, OPEN), DOCUMENTS, st.integers(0, 5))
def test_following_in_two_parts_is_following_at_once(text: str, document: Any, cut: int):
    """Steps taken ahead, as batching does, and the rest from there, with `$` still the whole document."""
    query = jsonpath.compile(text)
    cut = min(cut, len(query.head))
    ahead = jsonpath.Query("", query.head[:cut], ())
    rejoined = [
        node for start in ahead.nodes(document) for node in query.nodes_from(cut, start, document)
    ]
    assert rejoined == query.nodes(document)


@given(st.text(st.sampled_from("$@.*[]()?'\"\\ab01,:-<>=!&|~ /{}"), max_size=25))
def test_random_text_compiles_as_in_the_library_and_never_fails_otherwise(text: str):
    """What the library accepts is accepted; advice for the rest names only paths that compile."""
    try:
        jsonpath_rfc9535.compile(text)
    except jsonpath_rfc9535.JSONPathError:
        valid = False
    else:
        valid = True
    try:
        jsonpath.compile(text)
    except ConfigError as error:
        assert not valid
        hint = str(error.hint)
        if hint.startswith("The standard spelling is "):
            standard = hint.removeprefix("The standard spelling is ").rpartition(" (")[0]
            jsonpath.compile(standard)
    else:
        assert valid
