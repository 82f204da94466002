"""What each expression makes of values, by both ways of mapping: the generated code and the reference."""

import hashlib
from typing import Any

import msgspec
import pytest

from heliograph.errors import InputError
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.result import Mapped
from heliograph.mapping.run.limits import Limits
from heliograph.model.request import RejectedItem

RECEIVED = 1_767_225_600_000
MISSING = object()


def mapper(batching: Any = False, timezone: Any = "UTC", **mappings: Any) -> Mapper:
    usual = {
        "customer_id": "$.id",
        "event_name": "E",
        "user_time": "$receivedAt",
        "platform": "web",
    }
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {**usual, **mappings},
            "batching": batching,
        },
        timezone=timezone,
    )


def both_ways(compiled: Mapper, payload: Any, **request: Any) -> Mapped | RejectedItem:
    """Return what becomes of the one item, after a look whether both ways agree."""
    result = compiled.apply(payload, received_at_ms=RECEIVED, **request)
    explained = compiled.explain(payload, received_at_ms=RECEIVED, **request)
    assert msgspec.json.encode(explained.result()) == msgspec.json.encode(result)
    assert explained.text()
    (item,) = [*result.mapped, *result.rejected]
    return item


def value(expression: Any, **payload: Any) -> Any:
    item = both_ways(mapper(attr={"x": expression}), {"id": "c-1", **payload})
    assert isinstance(item, Mapped)
    return item.properties.get("x", MISSING)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


FIRST = {"$first": ["$.a", "$.b"]}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"a": 1, "b": 2}, 1),
        ({"b": 2}, 2),
        ({"a": None, "b": 2}, 2),
        ({"a": "", "b": 2}, 2),
        ({"a": "  ", "b": 2}, 2),
        ({"a": 0, "b": 2}, 0),
        ({"a": False, "b": 2}, False),
        ({"a": [], "b": 2}, []),
        ({"a": {}, "b": 2}, {}),
        ({"a": "", "b": ""}, MISSING),
        ({"a": None, "b": None}, MISSING),
        ({}, MISSING),
    ],
)
def test_first_takes_what_is_there(payload: Any, expected: Any):
    assert value(FIRST, **payload) == expected


def test_first_ends_in_a_literal_or_the_time_of_receipt():
    assert value({"$first": ["$.a", "none"]}) == "none"
    assert value({"$first": ["$.a", "$receivedAt"]}) == RECEIVED
    assert value({"$first": ["$.a", ["x"]]}) == ["x"]


@pytest.mark.parametrize(
    ("path", "payload", "expected"),
    [
        ("$['mail','email']", {"mail": None, "email": "a@b.c"}, "a@b.c"),
        ("$['mail','email']", {"mail": "", "email": "a@b.c"}, "a@b.c"),
        ("$..email", {"x": {"email": None}, "y": {"email": "a@b.c"}}, "a@b.c"),
        ("$.people[*].email", {"people": [{}, {"email": ""}, {"email": "a@b.c"}]}, "a@b.c"),
        ("$.people[?@.main].email", {"people": [{"email": "x"}, {"main": 1, "email": "y"}]}, "y"),
        ("$..email", {"x": {"email": None}}, "nobody"),
    ],
)
def test_first_tries_each_match_of_an_open_path(path: str, payload: Any, expected: Any):
    assert value({"$first": [path, "nobody"]}, **payload) == expected


def test_first_with_open_paths_identifies_somebody():
    compiled = mapper(customer_id={"$first": ["$..customer_id", "$['mail','email']"]})
    item = both_ways(compiled, {"x": {"customer_id": None}, "mail": "", "email": " a@b.c "})
    assert isinstance(item, Mapped)
    assert item.customer_id == "a@b.c"


MAP = {
    "of": "$.a",
    "values": {"1": "one", "true": "yes", "1.5": "half", "paid": "Paid", "no": None},
}


@pytest.mark.parametrize(
    ("found", "options", "expected"),
    [
        ("paid", {}, "Paid"),
        ("1", {}, "one"),
        (1, {}, "one"),
        (1.0, {}, "one"),
        (1.5, {}, "half"),
        (True, {}, "yes"),
        ("PAID", {}, "PAID"),
        ("PAID ", {"ignore_case": True}, "Paid"),
        ("other", {}, "other"),
        ({"x": 1}, {}, {"x": 1}),
        ("other", {"default": "?"}, "?"),
        ({"x": 1}, {"default": "?"}, "?"),
        ("other", {"default": None}, MISSING),
        ("other", {"default": "$.b"}, "b"),
        ("other", {"default": {"$upper": "$.b"}}, "B"),
        ("paid", {"default": "$.b"}, "Paid"),
        ("no", {}, MISSING),
        ("no", {"default": "?"}, MISSING),
        ("no", {"default": "$.b"}, MISSING),
        (None, {}, MISSING),
        (None, {"default": "?"}, "?"),
        (None, {"default": "$.b"}, "b"),
        (["paid", "other", None, 1], {}, ["Paid", "other", None, "one"]),
        (["paid", "other"], {"default": "?"}, ["Paid", "?"]),
        (["paid", "other"], {"default": "$.b"}, ["Paid", "b"]),
        (["no", "no"], {}, MISSING),
    ],
)
def test_map(found: Any, options: Any, expected: Any):
    assert value({"$map": MAP | options}, a=found, b="b") == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{$.a} {$.b.c}", "Ada 5"),
        ("{ $.a }!", "Ada!"),
        ("{{{$.a}}}", "{Ada}"),
        ("} {{x}} {$.a}", "} {x} Ada"),
        ("{$['it}s']}", "quoted"),
        ('{$["a"]}', "Ada"),
        ("{$.t}/{$.f}/{$.n}", "true/1.5/"),
        ("{$.a} {$.gone}", MISSING),
        ("{$.a} {$.null}", MISSING),
        ("{$.a} {$.b}", MISSING),
        ("{$.a} {$.list}", MISSING),
        ({"text": "{who} {$.b.c}", "with": {"who": {"$upper": "$.a"}}}, "ADA 5"),
        ({"text": "{$.a} {more}", "with": {"more": {"$first": ["$.gone", "-"]}}}, "Ada -"),
    ],
)
def test_template(template: Any, expected: Any):
    payload = {"a": "Ada", "b": {"c": 5}, "it}s": "quoted", "t": True, "f": 1.5, "n": "",
               "null": None, "list": ["x"]}  # fmt: skip
    assert value({"$template": template}, **payload) == expected


@pytest.mark.parametrize(
    ("found", "options", "expected"),
    [
        ("Ada", {}, sha256("Ada")),
        (" Ada@Example.com ", {"normalise": "email"}, sha256("ada@example.com")),
        ("+49 (0) 170-123", {"normalise": "phone"}, sha256("490170123")),
        ("0049170123", {"normalise": "phone"}, sha256("49170123")),
        (49170123, {"normalise": "phone"}, sha256("49170123")),
        (5, {}, sha256("5")),
        ("a", {"with": "md5"}, hashlib.md5(b"a").hexdigest()),
        ("a", {"with": "sha1"}, hashlib.sha1(b"a").hexdigest()),
        ("", {}, MISSING),
        (" ", {}, MISSING),
        ("n/a", {"normalise": "phone"}, MISSING),
        (None, {}, MISSING),
        ({"x": 1}, {}, MISSING),
        (["a", None], {}, [sha256("a"), None]),
    ],
)
def test_hash(found: Any, options: Any, expected: Any):
    assert value({"$hash": {"of": "$.a", **options}}, a=found) == expected


@pytest.mark.parametrize(
    ("to", "found", "expected"),
    [
        ("number", "5", 5),
        ("number", " -12.50 ", -12.5),
        ("number", "12.50", 12.5),
        ("number", "+.5", 0.5),
        ("number", "1e3", 1000.0),
        ("number", "9007199254740993", 9007199254740993),
        ("number", 1.5, 1.5),
        *[
            ("number", text, MISSING)
            for text in ("12,5", "1,234.50", "1.234,50", "1 234", "$5", "5 EUR", "1_000", "", " ",
                         "NaN", "Infinity", "1e999", "0x10", "٣", "³", "²5.5", "--5", ".", "e5")
        ],
        ("number", True, MISSING),
        ("number", {"x": 1}, MISSING),
        ("number", ["1", "x", None], [1, None, None]),
        ("number", ["x"], MISSING),
        ("integer", "5", 5),
        ("integer", "5.0", 5),
        ("integer", 5.0, 5),
        ("integer", "5.5", MISSING),
        ("integer", "9007199254740993", 2**53 + 1),
        ("integer", "9007199254740993.0", 2**53 + 1),
        ("integer", "-9007199254740993.", -(2**53) - 1),
        ("integer", "9007199254740993.5", MISSING),
        ("integer", "5.00000000000000000001", MISSING),
        ("integer", "1.5e1", 15),
        ("integer", "120e-1", 12),
        ("integer", "12e-1", MISSING),
        ("integer", "1e30", 10**30),
        ("integer", "1e-9999", MISSING),
        ("integer", "1e9999", MISSING),
        ("integer", ".0", 0),
        ("integer", 1e300, MISSING),
        ("integer", float(2**53), MISSING),
        ("integer", float(2**53 - 1), 2**53 - 1),
        ("integer", 2**70 + 1, 2**70 + 1),
        ("number", "9007199254740993.0", 2**53 + 1),
        ("number", "12345678901234567890.00", 12345678901234567890),
        ("number", "1e30", 1e30),
        ("integer", 5.5, MISSING),
        ("text", 5, "5"),
        ("text", 5.0, "5"),
        ("text", True, "true"),
        ("text", "x ", "x "),
        ("text", {"x": 1}, MISSING),
        ("text", [1, 2], ["1", "2"]),
        ("boolean", "Yes", True),
        ("boolean", " true ", True),
        ("boolean", 1, True),
        ("boolean", 0, False),
        ("boolean", "off", False),
        ("boolean", False, False),
        ("boolean", "perhaps", MISSING),
        ("boolean", 2, MISSING),
        ("boolean", "", MISSING),
        ("time", "2024-10-25T14:30:00Z", "2024-10-25T14:30:00.000Z"),
        ("time", "2024-10-25T14:30:00.125+02:00", "2024-10-25T12:30:00.125Z"),
        ("time", 1729866600, "2024-10-25T14:30:00.000Z"),
        ("time", "0800-01-01", "0800-01-01T00:00:00.000Z"),
        ("time", "soon", MISSING),
        ("time", ["2024-10-25", "soon"], ["2024-10-25T00:00:00.000Z", None]),
    ],
)  # fmt: skip
def test_cast(to: str, found: Any, expected: Any):
    made = value({"$cast": {"of": "$.a", "to": to}}, a=found)
    assert made == expected
    assert type(made) is type(expected)


def test_cast_says_why_there_is_no_value():
    compiled = mapper(attr={"x": {"$cast": {"of": "$.a", "to": "number"}}})
    text = compiled.explain({"id": "c", "a": "12,5"}, received_at_ms=0).text()
    assert "'12,5' is no number. What a comma means depends on who wrote it." in text


def test_a_time_is_read_in_its_form_and_in_the_zone_of_the_mapper():
    cast = {"$cast": {"of": "$.day", "to": "time", "format": "dd/MM/yyyy"}}
    compiled = mapper(
        timezone="Europe/Berlin",
        user_time={"$first": [cast, "$.at", "$receivedAt"]},
        formats={"user_time": "yyyy-MM-dd"},
        attr={"day": cast},
    )
    item = both_ways(compiled, {"id": "c-1", "day": "25/10/2024"})
    assert isinstance(item, Mapped)
    assert item.timestamp == 1729807200000
    assert item.properties == {"day": "2024-10-24T22:00:00.000Z"}
    item = both_ways(compiled, {"id": "c-1", "day": "soon", "at": "2024-10-25"})
    assert isinstance(item, Mapped)
    assert item.timestamp == 1729807200000
    item = both_ways(compiled, {"id": "c-1", "day": "soon"})
    assert isinstance(item, Mapped)
    assert item.timestamp == RECEIVED


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"take": 0}, "Ada"),
        ({"take": -1}, "King"),
        ({"take": 1, "limit": 2}, "Lovelace King"),
        ({"take": 3}, MISSING),
        ({"take": -4}, MISSING),
        ({"take": 0, "limit": 1}, "Ada Lovelace King"),
        ({}, ["Ada", "Lovelace", "King"]),
        ({"limit": 2}, ["Ada", "Lovelace King"]),
    ],
)
def test_split(options: Any, expected: Any):
    assert value({"$split": {"of": "$.a", "by": " ", **options}}, a="Ada Lovelace King") == expected


def test_split_of_what_is_no_text():
    split = {"$split": {"of": "$.a", "by": "-", "take": 0}}
    assert value(split, a=5) == "5"
    assert value(split, a="") == ""
    assert value(split, a=None) is MISSING
    assert value(split, a={}) is MISSING
    assert value(split, a=["a-b", "c"]) == ["a", "c"]


@pytest.mark.parametrize(
    ("how", "found", "expected"),
    [
        ("$lower", "ÄB", "äb"),
        ("$upper", "äb", "ÄB"),
        ("$trim", " a b ", "a b"),
        ("$title", "order_created", "Order Created"),
        ("$title", "order.line-item/added:now", "Order Line Item Added Now"),
        ("$title", "ORDER_CREATED", "Order Created"),
        ("$title", "customer's order", "Customer's Order"),
        ("$title", "GitHub_push", "GitHub Push"),
        ("$title", "orders/create", "Orders Create"),
        ("$title", "__x__", "X"),
        ("$title", "", ""),
        ("$lower", 5, 5),
        ("$lower", True, True),
        ("$lower", {"a": 1}, MISSING),
        ("$lower", ["A", 1, None], ["a", 1, None]),
        ("$lower", None, MISSING),
    ],
)
def test_text_changes(how: str, found: Any, expected: Any):
    assert value({how: "$.a"}, a=found) == expected


MESSAGE = '{"order": {"id": 7, "items": [{"sku": "a"}, {"sku": "b"}], "none": null}}'


@pytest.mark.parametrize(
    ("path", "found", "expected"),
    [
        ("$.order.id", MESSAGE, 7),
        ("$.order.items[-1].sku", MESSAGE, "b"),
        ("$.order.items[*].sku", MESSAGE, ["a", "b"]),
        ("$..sku", MESSAGE, ["a", "b"]),
        ("$.order.items[?@.sku=='b'].sku", MESSAGE, "b"),
        ("$.order.none", MESSAGE, MISSING),
        ("$.gone", MESSAGE, MISSING),
        ("$", "[1]", [1]),
        ("$", " 5 ", 5),
        ("$.a", '{"a": "\\ud83d"}', "\ufffd"),
        ("$.order.id", {"order": {"id": 7}}, 7),
        ("$.order.id", "no JSON", MISSING),
        ("$.order.id", "", MISSING),
        ("$.order.id", 5, MISSING),
        ("$", '{"a": 1e999}', MISSING),
        ("$", "[" * 101 + "]" * 101, MISSING),
        ("$", "[" * 5_000 + "]" * 5_000, MISSING),
        ("$[0]", "[" * 100 + "]" * 100, msgspec.json.decode("[" * 99 + "]" * 99)),
        ("$.x", '{"x": "[[[[[' + "[" * 120 + '"}', "[" * 125),
    ],
)
def test_json_in_a_text(path: str, found: Any, expected: Any):
    assert value({"$json": {"of": "$.a", "path": path}}, a=found) == expected


def test_json_inside_json_and_all_of_it():
    inner = msgspec.json.encode({"plan": "pro", "seats": 3, "none": None}).decode()
    outer = msgspec.json.encode({"inner": inner}).decode()
    nested = {"$json": {"$json": {"of": "$.a", "path": "$.inner"}}}
    compiled = mapper(
        user_attributes={"create_all": nested, "plan2": {"$json": {"of": nested, "path": "$.plan"}}}
    )
    item = both_ways(compiled, {"id": "c-1", "a": outer})
    assert isinstance(item, Mapped)
    assert item.traits == {"plan": "pro", "seats": 3, "plan2": "pro"}


def test_a_literal_may_start_like_a_path_or_be_an_object():
    assert value({"$literal": "$.x"}) == "$.x"
    assert value({"$literal": {"$first": 1}}) == {"$first": 1}
    assert value({"$first": ["$.a", {"$literal": "$.x"}]}) == "$.x"
    assert value({"$map": {"of": "$.a", "values": {"x": {"$literal": "$.y"}}}}, a="x") == "$.y"
    item = both_ways(mapper(event_name={"$literal": "$event.type"}), {"id": "c-1"})
    assert isinstance(item, Mapped)
    assert item.event == "$event.type"


def test_expressions_read_headers_and_the_query():
    compiled = mapper(
        event_name={"$title": "$headers.x-topic"}, attr={"q": {"$first": ["$query.a", "$query.b"]}}
    )
    item = both_ways(compiled, {"id": "c-1"}, headers={"X-Topic": "orders/paid"}, query={"b": "2"})
    assert isinstance(item, Mapped)
    assert (item.event, item.properties) == ("Orders Paid", {"q": "2"})


def test_date_and_time_may_be_expressions():
    compiled = mapper(
        user_time="#MERGE",
        formats={"user_time": "yyyy-MM-dd HH:mm:ss"},
        **{
            "#MERGE": {
                "user_time": {"date": {"$first": ["$.day", "$.date"]}, "time": {"$trim": "$.time"}}
            }
        },
    )
    item = both_ways(compiled, {"id": "c-1", "date": "2024-10-25", "time": " 14:30:00 "})
    assert isinstance(item, Mapped)
    assert item.timestamp == 1729866600000


def test_each_item_of_a_batch_has_its_own_values():
    compiled = mapper(
        batching=True,
        customer_id={"$first": ["$.rows[*].id", "$.rows[*].contacts[?@.main].email"]},
        event_name={
            "$map": {"of": "$.rows[*].t", "values": {"1": "One"}, "default": {"$title": "$.kind"}}
        },
        attr={
            "who": {"$template": "{$.shop}/{$.rows[*].id}"},
            "m": {"$json": {"of": "$.rows[*].m", "path": "$.x"}},
        },
    )
    rows = [
        {"id": "c-1", "t": 1, "m": '{"x": 1}'},
        {"contacts": [{"email": "n"}, {"main": True, "email": "a@b.c"}], "m": "no"},
        {"id": ""},
    ]
    payload = {"shop": "north", "kind": "order_made", "rows": rows}
    result = compiled.apply(payload, received_at_ms=RECEIVED)
    assert [(each.customer_id, each.event, each.properties) for each in result.mapped] == [
        ("c-1", "One", {"who": "north/c-1", "m": 1}),
        ("a@b.c", "Order Made", {}),
    ]
    (rejected,) = result.rejected
    assert (rejected.index, rejected.code, rejected.path) == (
        2,
        "mapper.missing_field",
        "$['rows'][2]['id']",
    )
    explained = compiled.explain(payload, received_at_ms=RECEIVED).result()
    assert msgspec.json.encode(explained) == msgspec.json.encode(result)


@pytest.mark.parametrize(
    "field", ["customer_id", "event_name", "user_time", "platform", "app_version"]
)
def test_a_required_field_that_comes_to_nothing_is_missing(field: str):
    item = both_ways(
        mapper(**{field: {"$cast": {"of": "$.a", "to": "integer"}}}), {"id": "c-1", "a": "x"}
    )
    assert isinstance(item, RejectedItem)
    assert item.code == "mapper.missing_field"
    assert item.path == "$['a']"


@pytest.mark.parametrize(
    "expression",
    [
        {"$upper": "$.long"},
        {"$hash": {"of": "$.long"}},
        {"$template": "{$.rows[*].id}{$.long}"},
        {"$json": {"of": "$.text", "path": "$.x"}},
        {"$map": {"of": "$.many", "values": {"a": "b"}}},
        {"$first": ["$.rows[*].none", {"$split": {"of": "$.long", "by": "x"}}]},
    ],
)
def test_what_every_item_of_a_batch_does_with_one_large_value_is_counted(expression: Any):
    document = {
        "partner_name": "test",
        "mapping_type": "events",
        "mappings": {"customer_id": "$.rows[*].id", "event_name": "E", "user_time": "$receivedAt",
                     "platform": "web", "attr": {"x": expression}},
        "batching": True,
    }  # fmt: skip
    payload = {
        "long": "x" * 200_000,
        "text": '{"x": "' + "y" * 200_000 + '"}',
        "many": ["a"] * 20_000,
        "rows": [{"id": f"c-{n}"} for n in range(1_000)],
    }
    compiled = compile_mapper(document, limits=Limits(work=1_000_000))
    with pytest.raises(InputError) as caught:
        compiled.apply(payload, received_at_ms=RECEIVED)
    assert caught.value.code == "mapper.work_exceeded"


def test_nothing_of_a_document_is_part_of_the_generated_text():
    """Names, literals and texts of expressions are values of the function, never its code."""
    strange = "');import os;('{x}\n\\"
    compiled = mapper(
        attr={
            strange: {
                "$template": {
                    "text": "{" + "x" + "}" + strange.replace("{x}", "{{x}}"),
                    "with": {"x": "$['a\\'b']"},
                }
            },
            "m": {"$map": {"of": "$.a", "values": {strange: strange}, "default": strange}},
            "s": {"$split": {"of": "$.a", "by": strange, "take": 0}},
            "j": {"$json": {"of": "$.a", "path": "$['" + "import os" + "']"}},
        }
    )
    assert "import" not in compiled.source
    item = both_ways(compiled, {"id": "c-1", "a'b": "v", "a": strange})
    assert isinstance(item, Mapped)
    assert item.properties == {strange: "v" + strange, "m": strange, "s": ""}


# ---- identifiers -----------------------------------------------------------------------------------------

NOBODY: list[Any] = [
    "",
    "  ",
    "null",
    "NULL",
    "undefined",
    "{{user.id}}",
    "[object Object]",
    0,
    "0",
]
IDENTIFIERS = ("customer_id", "anon_id")


def identifier(field: str, expression: Any, payload: Any) -> str:
    """Return what becomes of an identifier: its text, or the code of the refusal."""
    compiled = mapper(**{"customer_id": None, field: expression})
    item = both_ways(compiled, payload)
    if isinstance(item, RejectedItem):
        return item.code
    return f"{item.customer_id or item.anonymous_id}"


def refusal_of(nobody: Any) -> str:
    """Return which code says best why there is no identifier."""
    blank = nobody is None or (isinstance(nobody, str) and not nobody.strip())
    return "mapper.missing_field" if blank else "mapper.blocked_identity"


@pytest.mark.parametrize("field", IDENTIFIERS)
@pytest.mark.parametrize("nobody", [*NOBODY, None], ids=str)
@pytest.mark.parametrize(
    "expression",
    [
        {"$template": "{$.shop}-{$.who}"},
        {"$template": "{$.who}-{$.shop}"},
        {"$template": "c-{$.who}"},
        {"$template": {"text": "{$.shop}/{who}", "with": {"who": {"$lower": "$.who"}}}},
        {"$template": {"text": "c-{who}", "with": {"who": {"$first": ["$.who", "$.no"]}}}},
        {"$upper": {"$template": "{$.shop}-{$.who}"}},
        {"$hash": {"of": "$.who"}},
        {"$hash": {"of": "$.who", "with": "md5", "normalise": "email"}},
        {"$hash": {"of": {"$template": "{$.shop}-{$.who}"}}},
        {"$hash": {"of": {"$trim": "$.who"}, "with": "sha1"}},
        {"$first": ["$.who", {"$hash": {"of": "$.who"}}]},
        {"$first": ["$.who", "$.no"]},
        {"$first": ["$..who"]},
    ],
    ids=str,
)
def test_what_stands_for_nobody_is_missing_inside_an_identifier(
    field: str, expression: Any, nobody: Any
):
    assert identifier(field, expression, {"shop": "s1", "who": nobody}) == refusal_of(nobody)
    assert identifier(field, expression, {"shop": "s1", "who": "ada"}).startswith(
        ("s1", "S1", "ada", "c-", *"0123456789abcdef")
    )


@pytest.mark.parametrize("field", IDENTIFIERS)
@pytest.mark.parametrize("nobody", [*NOBODY, None], ids=str)
def test_first_passes_over_what_stands_for_nobody_in_an_identifier(field: str, nobody: Any):
    payload = {"a": nobody, "b": "bob", "all": [{"x": nobody}, {"x": "ada"}]}
    assert identifier(field, FIRST, payload) == "bob"
    assert identifier(field, {"$first": ["$.a", "$.all[*].x"]}, payload) == "ada"
    assert identifier(field, {"$first": [{"$hash": {"of": "$.a"}}, "$.b"]}, payload) == "bob"
    assert identifier(field, {"$first": [{"$template": "x-{$.a}"}, "$.b"]}, payload) == "bob"


def test_the_words_of_a_workspace_count_inside_an_identifier_too():
    document = {
        "partner_name": "test",
        "mapping_type": "events",
        "mappings": {
            "customer_id": {"$template": "{$.shop}-{$.who}"},
            "event_name": "E",
            "user_time": "$receivedAt",
            "platform": "web",
        },
        "batching": False,
    }
    item = both_ways(compile_mapper(document, blocked=["till-1"]), {"shop": "s", "who": "Till-1"})
    assert isinstance(item, RejectedItem)
    assert item.code == "mapper.blocked_identity"
    item = both_ways(compile_mapper(document), {"shop": "s", "who": "Till-1"})
    assert isinstance(item, Mapped)


def test_an_attribute_keeps_what_an_identifier_passes_over():
    """The same expression in both: each is evaluated for its own field."""
    template = {"$template": "{$.shop}-{$.a}"}
    compiled = mapper(customer_id={"$first": [template, FIRST]}, attr={"x": FIRST, "y": template})
    item = both_ways(compiled, {"shop": "s1", "a": "null", "b": "bob"})
    assert isinstance(item, Mapped)
    assert (item.customer_id, item.properties) == ("bob", {"x": "null", "y": "s1-null"})


@pytest.mark.parametrize(
    "group",
    ["$.g", {"$template": "g-{$.g}"}, {"$hash": {"of": "$.g"}}, {"$first": ["$.g"]}],
    ids=str,
)
def test_a_group_is_judged_like_a_person(group: Any):
    compiled = compile_mapper(
        {
            "partner_name": "test",
            "batching": False,
            "variants": [
                {
                    "when": {"$.id": True},
                    "mapping_type": "groups",
                    "mappings": {"customer_id": "$.id", "group_id": group},
                }
            ],
        }
    )
    for nobody in NOBODY:
        item = both_ways(compiled, {"id": "c-1", "g": nobody})
        assert isinstance(item, RejectedItem)
        assert item.code == refusal_of(nobody)
    item = both_ways(compiled, {"id": "c-1", "g": "7"})
    assert isinstance(item, Mapped)
    assert item.group_id in ("7", "g-7", sha256("7"))


# ---- times -----------------------------------------------------------------------------------------------


def time_of(expression: Any, payload: Any, **more: Any) -> int | None:
    compiled = compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {
                "customer_id": "$.id",
                "event_name": "E",
                "user_time": expression,
                "platform": "web",
                **more,
            },
            "batching": False,
            "time_window": {"outside": "keep"},
        }
    )
    item = both_ways(compiled, {"id": "c-1", **payload})
    assert isinstance(item, Mapped)
    if "attr" in more:
        assert item.properties["x"] == payload["iso"]
    return item.timestamp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 86_400_000),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1976-05-02T19:11:51.200Z", 199_912_311_200),
        ("1999-12-31", 946_598_400_000),
        ("1969-12-31", -86_400_000),
        ("1960-01-01", -315_619_200_000),
        ("2024-10-25T14:30:00Z", 1_729_866_600_000),
    ],
)
@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: {"$first": ["$.no", each]}])
def test_a_time_that_was_cast_is_not_read_again(wrap: Any, text: str, expected: int):
    cast = wrap({"$cast": {"of": "$.at", "to": "time"}})
    assert time_of(cast, {"at": text}) == expected


def test_a_cast_time_is_milliseconds_in_user_time_and_a_text_in_an_attribute():
    cast = {"$cast": {"of": "$.at", "to": "time"}}
    payload = {"at": "2024-10-25T14:30:00Z", "iso": "2024-10-25T14:30:00.000Z"}
    assert time_of(cast, payload, attr={"x": cast}) == 1_729_866_600_000
