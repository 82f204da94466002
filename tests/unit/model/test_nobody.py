"""What stands for nobody, and what is somebody however odd it looks."""

import hashlib
from collections.abc import Callable

import pytest

from heliograph.model.nobody import BLANKS, BUILT_IN, ORDINARY, Blocklist, Usable, trimmed

NOBODY = [
    # what languages print for nothing
    *[
        "",
        " ",
        "null",
        "NULL",
        "Null",
        "nil",
        "<nil>",
        "None",
        "(null)",
        "(none)",
        "<null>",
        "undefined",
    ],
    *["NaN", "nan", "-Infinity", "[object Object]", "[object Undefined]", "[object Promise]"],
    *[
        "[Object: null prototype] {}",
        "{}",
        "[]",
        '""',
        "''",
        '"null"',
        "'undefined'",
        "#<User:0x0007>",
    ],
    *["<User object at 0x7f>", '{"id": 5}', "true", "false", "Array", "Object", "string"],
    *["[null]", "[undefined]", "[Filtered]", "[Circular]", "[Function: id]", "(user id)", "( )"],
    *["[YOUR_CUSTOMER_ID]", "[First Name]", "(your id here)", "('null')", "(other)", "[object]"],
    # words of nothing, joined
    *["null null", "undefined-undefined", "NaN-NaN", "null@null.com", "null@null", "None None"],
    *["undefined_null", "-null", "null-", "null:0", "0_null", "(null)-(null)", "N/A N/A"],
    *["nullnull", "undefinedundefined", "unknown.unknown", "guest|guest", "undefined, undefined"],
    *[
        "Anonymous Anonymous",
        "none@none.com",
        "nil/nil",
        '"null" "null"',
        "null%20null",
        "null%40null.com",
    ],
    # zeros and last values
    *[
        "0",
        "00",
        "0000000000",
        "0.0",
        "-0",
        "00000000-0000-0000-0000-000000000000",
        "0" * 32,
        "0" * 15,
    ],
    *["{00000000-0000-0000-0000-000000000000}", "urn:uuid:00000000-0000-0000-0000-000000000000"],
    *[
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "f" * 32,
        "-1",
    ],
    *["0000-00-00 00:00:00", "00:00:00:00:00:00", "02:00:00:00:00:00", "9774d56d682e549c"],
    # words
    *["unknown", "Unknown", "anonymous", "guest", "Guest", "n/a", "N/A", "na", "#N/A", "(not set)"],
    *[
        "not set",
        "redacted",
        "user_id",
        "userId",
        "id",
        "customer_id",
        "anonymousId",
        "your_user_id",
    ],
    # templates
    *[
        "{{user.id}}",
        "{{ user.id }}",
        "{{{id}}}",
        "user-{{id}}",
        "${id}",
        "${user.id}",
        "$(id)",
        "#{id}",
    ],
    *[
        "%%id%%",
        "%%emailaddr%%",
        "%id%",
        "%{id}",
        "%s",
        "%1$s",
        "%(id)s",
        "{id}",
        "{0}",
        "{!Contact.Id}",
    ],
    *[
        "<user_id>",
        "<YOUR USER ID>",
        "<%= id %>",
        "<<id>>",
        "*|EMAIL|*",
        "[[id]]",
        "[user_id]",
        "[id]",
    ],
    *[
        "{% user.id %}",
        "{%id%}",
        "@{id}",
        "@@id@@",
        "##id##",
        ":id",
        ":user_id",
        "$user_id",
        "__IDFA__",
    ],
    *["%7B%7Buser.id%7D%7D", "%24%7Bid%7D", "&lt;user_id&gt;", "{{ user.id"],
    # nothing to tell anybody by
    *[
        "-",
        "--",
        "?",
        "...",
        "***",
        "*",
        "/",
        "_",
        "~",
        "\ufffd",
        "•••",
        "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ],
    # invisible
    *["\u200b", "\ufeff", "\ufeffnull", "null\u200b", "\u200b guest \u200d", "\u00a0", "\x00\x00"],
]

SOMEBODY = [
    *["[123]", "[A-12]", "(Anna)", "[1]", "(+1) 555", "[bob@example.com]", '"A-12"', "'(7)'"],
    *["null-island", "guest-null-5", "nan-12", "Nan Goldin", "none@example.com", "nullo@null.com"],
    *[
        "anonymous@example.com",
        "Nil Nilsson",
        "0-null-1",
        "undefined-5",
        "unknownunknown",
        "guest.5",
    ],
    *["1", "2", "-2", "7", "a", "42", "007", "00042", "0123", "10%", "50%off", "100%25", "a&b"],
    *[
        "alex@example.com",
        "a+b@example.co.uk",
        "<bob@example.com>",
        "bob@example",
        "O'Brien",
        "@bob",
    ],
    *["f47ac10b-58cc-4372-a567-0e02b2c3d479", "{F47AC10B-58CC-4372-A567-0E02B2C3D479}"],
    *["00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-fffffffffffe", "facade"],
    *["{3f2504e04f8911d39a0c0305e82c3301}", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
    *["auth0|507f1f77bcf86cd799439011", "google-oauth2|1", "$device:18c0ffee", "us-east-1:0c1b"],
    *["$RCAnonymousID:87c6049c58069238dce29853916d624c", "cus_9s6XKzkNRiz8i3", "GA1.2.12345.678"],
    *["+491701234567", "+1 (555) 010-9999", "user#123", "C#1", "#12", "张三", "Ünal", "😀", "نور"],
    *[
        "nullable",
        "guest-17",
        "anonymous-5",
        "undefined_7",
        "unknownsoldier",
        "ident",
        "xxl",
        "x-1",
        "x" * 300,
        "f" * 12,
    ],
    *["CN=x,OU=y", "user:12", "a.b@cafe.de", "dGVzdA==", "ffaabbcc", "X12", "0x1f", "0-1", "id-1"],
    hashlib.sha256(b"alex@example.com").hexdigest(),
]


@pytest.mark.parametrize("value", NOBODY)
def test_what_senders_put_in_place_of_nobody_is_blocked(value: str) -> None:
    assert BUILT_IN.holds(value)
    assert BUILT_IN.holds(f" {value}\ufeff")


@pytest.mark.parametrize("value", SOMEBODY)
def test_an_odd_identifier_is_somebody(value: str) -> None:
    assert not BUILT_IN.holds(value)
    assert not BUILT_IN.holds(f"\u200b{value}\n")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text, n: '"' * n + text + '"' * n,
        lambda text, n: "'" * n + text + "'" * n,
        lambda text, n: "(" * n + text + ")" * n,
        lambda text, n: "\"'" * n + text + "'\"" * n,
        lambda text, n: "%" + "25" * n + text,
        lambda text, n: '" ' * n + text + ' "' * n,
    ],
    ids=["quotes", "apostrophes", "brackets", "turns", "escapes", "blanks"],
)
def test_wrapping_is_looked_through_three_times_and_no_deeper(
    wrap: Callable[[str, int], str],
) -> None:
    assert not BUILT_IN.holds(wrap("c-12", 1))
    for layers in (4, 100, 700, 20_000):
        assert BUILT_IN.holds(wrap("c-12", layers))
        assert Usable(BUILT_IN)[wrap("c-12", layers)] is None
        assert BUILT_IN.holds(wrap("null", layers))


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("text", ["", "null", "undefined", "None", "guest"])
def test_the_hash_of_nobody_is_nobody(name: str, text: str) -> None:
    digest = hashlib.new(name, text.encode()).hexdigest()
    assert BUILT_IN.holds(digest)
    assert BUILT_IN.holds(digest.upper())


def test_a_workspace_adds_its_own_words() -> None:
    blocked = Blocklist(["Till-1 ", "walk-in"])
    assert blocked.holds("till-1")
    assert blocked.holds("WALK-IN")
    assert blocked.holds("null")
    assert not blocked.holds("till-2")
    assert not BUILT_IN.holds("till-1")


@pytest.mark.parametrize("value", [*NOBODY, *SOMEBODY])
def test_what_is_ordinary_needs_no_trimming_and_is_judged_by_the_words_alone(value: str) -> None:
    if ORDINARY.fullmatch(value) is not None:
        assert trimmed(value) == value
        assert BUILT_IN.holds(value) == (value.lower() in BUILT_IN.words)


def test_every_invisible_end_is_trimmed() -> None:
    assert all(trimmed(f"{blank}a{blank}") == "a" for blank in BLANKS)
    assert all(blank in BLANKS for blank in map(chr, range(0x110000)) if blank.isspace())
    assert trimmed("a\u200bb") == "a\u200bb"


def test_a_text_is_usable_as_the_list_says_asked_again_or_not() -> None:
    usable = Usable(Blocklist(["till-1"]))
    for _ in range(2):
        for value in NOBODY:
            assert usable[value] is None
        for value in SOMEBODY:
            assert usable[f"\ufeff{value} "] == usable[value] == value
        assert usable["Till-1"] is None


def test_what_is_remembered_is_bounded() -> None:
    usable = Usable(BUILT_IN)
    for number in range(10_000):
        assert usable[f"c-{number}"] == f"c-{number}"
    assert usable["x" * 101] == "x" * 101
    assert len(usable) < 5_000
    assert max(map(len, usable)) <= 100
