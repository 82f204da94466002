"""Regular expressions in filters: I-Regexp, linear time, nothing that could hold the gateway up."""

import itertools

import pytest
from jsonpath_rfc9535 import function_extensions as standard

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.iregexp import (
    MAX_PAYLOAD_PATTERN,
    Literal,
    Match,
    Search,
    fault_of,
    is_iregexp,
)

GREEDY = [
    "(a*)*b",
    "(a|a)*b",
    "(a|aa)+b",
    "(a+)+b",
    "(.*)(.*)(.*)(.*)(.*)b",
    "(([a-z])+.)+[A-Z]([a-z])+",
    "(x+x+)+y",
]
PATTERNS = [
    *(
        "a",
        "ab*",
        "a.c",
        "[^a]",
        "[a-c]+",
        "a{2}",
        "a{1,}",
        "a|b",
        "(ab)+",
        r"\.",
        r"[.]",
        "",
        ".*",
    ),
    *(r"\p{Lu}", r"\p{L}+", r"\P{N}", "ä", "😀.", r"\\", r"\n", "[a.]", r"[\]]", "x?y"),
]
TEXTS = [
    *("", "a", "ab", "abb", "aa", "abc", "a.c", "a\nc", "a\rc", "a\u2028c", "b", "c", ".", "A"),
    *("äö", "ä", "1", "😀x", "\\", "\n", "]", "xy", "y"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_answers_are_those_of_the_backtracking_engine(pattern: str):
    for text in TEXTS:
        assert Match()(text, pattern) == standard.Match()(text, pattern), text
        assert Search()(text, pattern) == standard.Search()(text, pattern), text


@pytest.mark.parametrize(("pattern", "sign"), list(itertools.product(GREEDY, "ax")))
def test_patterns_that_let_others_backtrack_for_ever_end(pattern: str, sign: str):
    """The text is so long that exponential, or even quadratic, time would not come to an end here."""
    assert not Match()(sign * 1_000_000, pattern)
    assert not Match()(sign * 1_000_000, Literal(pattern))


def test_a_pattern_of_the_payload_is_as_harmless():
    query = jsonpath.compile("$.items[?match(@.name, $.pattern)].name")
    long = "a" * 100_000
    document = {"pattern": "(a*)*b", "items": [{"name": long}, {"name": "aab"}]}
    assert query.values(document) == ["aab"]


@pytest.mark.parametrize(
    "pattern", ["(", "\\d", "a*?", "(?=a)", "[z-a]", "a{1001}", "((a{99}){99}){99}", None, 1, ["a"]]
)
def test_what_is_no_pattern_matches_nothing(pattern: object):
    assert not Match()("a", pattern)
    assert not Search()("a", pattern)


@pytest.mark.parametrize("pattern", ["a" * (MAX_PAYLOAD_PATTERN + 1), r"(\p{L}{9}){9}"])
def test_large_patterns_are_for_documents_only(pattern: str):
    """Their memory is built before anything is matched, which a payload must not ask for."""
    text = "a" * (81 if "L" in pattern else len(pattern))
    assert not Match()(text, pattern)
    assert Match()(text, Literal(pattern))


@pytest.mark.parametrize("text", [None, 1, True, [], {}, "\ud800"])
def test_what_is_no_text_is_matched_by_nothing(text: object):
    assert not Match()(text, ".*")
    assert not Search()(text, ".*")


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        (r"\\d+", "[0-9]"),
        (r"\\w", "[A-Za-z0-9_]"),
        (r"a\\sb", "instead of \\s"),
        ("a*?", "lazy"),
        ("(?=a)b", "(?"),
        ("(", "no I-Regexp"),
        ("((a{99}){99}){99}", "too large"),
        ("((a{99}){99}){99}", "leave out"),
    ],
)
def test_a_literal_that_could_never_match_is_refused_with_advice(pattern: str, advice: str):
    document = {
        "partner_name": "p",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$.id",
            "event_name": "Seen",
            "user_time": "$receivedAt",
            "platform": "web",
            "attr": {"a": f"$.items[?search(@.name, '{pattern}')].name"},
        },
    }
    with pytest.raises(ConfigError) as caught:
        compile_mapper(document)
    assert advice in str(caught.value)
    assert "$.mappings.attr" in str(caught.value)


IREGEXPS = [
    *(
        "",
        "a",
        "a|",
        "|",
        "()",
        "(a|b)*c",
        "a{10}",
        "a{2,}",
        "a{2,12}",
        "[a-z]",
        "[^a-]",
        "[-a]",
        "[-]",
    ),
    *(
        r"\.",
        r"\-",
        r"\n",
        r"[\]\\]",
        r"\p{L}",
        r"\P{Nd}",
        r"[\p{L}0-9_-]",
        "^a$",
        "((a))",
        "/",
        "~",
        "\n",
    ),
]
NO_IREGEXPS = [
    *(
        "(",
        ")",
        "a)",
        "(a",
        "*",
        "a**",
        "a{,2}",
        "a{2",
        "{2}",
        "[",
        "]",
        "[]",
        "[a",
        "[a-b-c]",
    ),
    *(
        r"\d",
        r"\w",
        r"\x41",
        r"\p{Ll",
        r"\p{Latin}",
        r"\pL",
        "(?:a)",
        "(?=a)",
        "a*?",
        "[[:alpha:]]",
        "\\",
    ),
]


@pytest.mark.parametrize("pattern", IREGEXPS)
def test_the_grammar_accepts(pattern: str):
    assert is_iregexp(pattern)
    assert fault_of(pattern) is None


@pytest.mark.parametrize("pattern", NO_IREGEXPS)
def test_the_grammar_refuses(pattern: str):
    assert not is_iregexp(pattern)
    assert fault_of(pattern) is not None


def test_ten_digits_are_ten_digits():
    query = jsonpath.compile("$[?match(@, '[0-9]{10}')]")
    assert query.values(["0123456789", "012345678"]) == ["0123456789"]


def test_checking_a_long_pattern_ends():
    assert is_iregexp("[" + "a-b" * 300_000 + "]")
    assert not is_iregexp("[" + "a-b" * 300_000)
    assert not is_iregexp("(" * 300_000)


def test_large_classes_fit():
    assert fault_of(r"[-\p{L}\p{N}_]{1,64}") is None
    assert Match()("Größe-7", Literal(r"[-\p{L}\p{N}_]{1,64}"))
