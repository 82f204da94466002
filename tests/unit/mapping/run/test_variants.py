"""Which variant of a mapper takes which item, and what comes of it, by both ways of mapping."""

from typing import Any

import msgspec
import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.lint.check import lint
from heliograph.mapping.run.envelope import event_of
from heliograph.mapping.run.output import as_output

RECEIVED = 1_767_225_600_000


def event(name: Any, prefix: str = "$", **more: Any) -> dict[str, Any]:
    mappings = {"customer_id": f"{prefix}.id", "event_name": name, "user_time": "$receivedAt",
                "platform": "web", **more}  # fmt: skip
    return {"mapping_type": "events", "mappings": mappings}


def user(prefix: str = "$", **attributes: Any) -> dict[str, Any]:
    mappings = {"customer_id": f"{prefix}.id", "user_attributes": attributes}
    return {"mapping_type": "users", "mappings": mappings}


def mapper(*variants: Any, **top: Any) -> Mapper:
    return compile_mapper({"partner_name": "test", "variants": list(variants), **top})


def outcomes(compiled: Mapper, payload: Any, **request: Any) -> list[tuple[int, Any]]:
    """Return number and event name, traits or code of each result, after a look whether both ways agree."""
    result = compiled.apply(payload, received_at_ms=RECEIVED, **request)
    explained = compiled.explain(payload, received_at_ms=RECEIVED, **request)
    assert msgspec.json.encode(explained.result()) == msgspec.json.encode(result)
    assert sorted(each.index for each in [*result.mapped, *result.rejected]) == list(
        range(len(result.mapped) + len(result.rejected))
    )
    found: list[tuple[int, Any]] = [
        (each.index, each.event or each.traits) for each in result.mapped
    ]
    return found + [(each.index, each.code) for each in result.rejected]


ORDERS = mapper(
    {"when": {"$.type": ["order", "refund"], "$.test": False}, **event("Order")},
    {"when": {"$.type": "sign-up"}, **user(plan="$.plan")},
    {"when": {"$.email": True}, **event("Contact")},
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"type": "order"}, "Order"),
        ({"type": "refund", "email": "a"}, "Order"),
        ({"type": "order", "test": ""}, "Order"),
        ({"type": "sign-up", "plan": "pro"}, {"plan": "pro"}),
        ({"type": "order", "test": True, "email": "a"}, "Contact"),
        ({"email": "a"}, "Contact"),
        ({"email": " "}, "mapper.no_variant"),
        ({"email": None, "type": "Order"}, "mapper.no_variant"),
        ({}, "mapper.no_variant"),
    ],
)
def test_the_first_variant_that_holds_takes_the_item(payload: Any, expected: Any):
    assert outcomes(ORDERS, {"id": "c-1", **payload}) == [(0, expected)]


@pytest.mark.parametrize(
    ("wanted", "found", "holds"),
    [
        (["a", "b"], "b", True),
        ("a", "a", True),
        ("a", "A", False),
        ([1], 1, True),
        ([1], "1", True),
        (["1"], 1.0, True),
        ([1.5], "1.5", True),
        ([True], True, True),
        ([True], "true", True),
        ([True], False, False),
        (["true"], True, True),
        (True, 0, True),
        (True, False, True),
        (True, [], True),
        (True, "", False),
        (True, None, False),
        (False, None, True),
        (False, "", True),
        (False, 0, False),
        ([None], None, True),
        ([None, "a"], "a", True),
        ([None, "a"], "b", False),
        (["a"], ["a"], False),
        (["a"], {"a": 1}, False),
    ],
)
def test_conditions_compare_as_text_and_ask_for_presence(wanted: Any, found: Any, holds: bool):
    compiled = mapper({"when": {"$.x": wanted}, **event("Yes")}, event("No"))
    assert outcomes(compiled, {"id": "c-1", "x": found}) == [(0, "Yes" if holds else "No")]
    if found is None:
        assert outcomes(compiled, {"id": "c-1"}) == [(0, "Yes" if holds else "No")]


def test_of_an_open_path_one_match_is_enough():
    compiled = mapper(
        {"when": {"$..kind": "vip", "$.tags[*]": ["a", "b"]}, **event("Yes")}, event("No")
    )
    payload: Any = {"id": "c-1", "x": {"kind": "vip"}, "tags": ["z", "b"]}
    assert outcomes(compiled, payload) == [(0, "Yes")]
    assert outcomes(compiled, {**payload, "tags": []}) == [(0, "No")]


def test_conditions_may_ask_headers_and_the_query():
    compiled = mapper(
        {"when": {"$headers.X-Topic": "orders/paid", "$query.v": "2"}, **event("Paid")}
    )
    headers = {"x-topic": "orders/paid"}
    assert outcomes(compiled, {"id": "c"}, headers=headers, query={"v": "2"}) == [(0, "Paid")]
    assert outcomes(compiled, {"id": "c"}, headers=headers) == [(0, "mapper.no_variant")]


def test_mappings_beside_the_variants_take_what_no_other_does():
    compiled = mapper({"when": {"$.type": "a"}, **user(n="$.n")}, **event("Other"))
    assert outcomes(compiled, {"id": "c-1", "type": "a", "n": 1}) == [(0, {"n": 1})]
    assert outcomes(compiled, {"id": "c-1"}) == [(0, "Other")]


def test_the_type_beside_the_variants_is_that_of_each():
    variant = {"when": {"$.a": True}, "mappings": event("A")["mappings"]}
    assert outcomes(mapper(variant, mapping_type="events"), {"id": "c", "a": 1}) == [(0, "A")]


SEVERAL = (
    {"when": {"$.email": True}, "also": True, **user(u_em="$.email")},
    {"when": {"$.plan": True}, "also": True, **user(plan="$.plan")},
    {"when": {"$.type": "order"}, **event("Order")},
)


def test_also_adds_its_result_and_the_search_goes_on():
    compiled = mapper(*SEVERAL)
    everything = {"id": "c-1", "email": "e", "plan": "p", "type": "order"}
    assert outcomes(compiled, everything) == [(0, {"u_em": "e"}), (1, {"plan": "p"}), (2, "Order")]
    assert outcomes(compiled, {"id": "c-1", "plan": "p"}) == [(0, {"plan": "p"})]
    assert outcomes(compiled, {"id": "c-1", "type": "order"}) == [(0, "Order")]
    assert outcomes(compiled, {"id": "c-1"}) == [(0, "mapper.no_variant")]
    assert outcomes(compiled, {"email": "e", "type": "order"}) == [
        (0, "mapper.missing_field"),
        (1, "mapper.missing_field"),
    ]


def in_batch(variant: Any, prefix: str) -> Any:
    text = msgspec.json.encode(variant).decode()
    return msgspec.json.decode(text.replace('"$.', f'"{prefix}.'))


def test_in_a_batch_each_item_is_judged_and_further_results_are_numbered_after_the_last_item():
    compiled = mapper(*(in_batch(each, "$.rows[*]") for each in SEVERAL), batching=True)
    rows = [
        {"id": "c-1", "email": "e", "type": "order"},
        {"id": "c-2"},
        {"id": "c-3", "type": "order"},
        {"email": "x", "plan": "y"},
    ]
    assert outcomes(compiled, {"rows": rows}) == [
        (0, {"u_em": "e"}),
        (4, "Order"),
        (2, "Order"),
        (1, "mapper.no_variant"),
        (3, "mapper.missing_field"),
        (5, "mapper.missing_field"),
    ]


def test_arrays_inside_arrays_and_values_around_them():
    variants = [
        {"when": {"$.orders[*].lines[*].gift": [True], "$.shop": "north"},
         **event("Gift", "$.orders[*]", attr={"sku": "$.orders[*].lines[*].sku", "shop": "$.shop"})},
        {**event("Line", "$.orders[*]", attr={"sku": "$.orders[*].lines[*].sku"})},
    ]  # fmt: skip
    compiled = mapper(*variants, batching=True)
    orders = [
        {"id": "c-1", "lines": [{"sku": "a", "gift": True}, {"sku": "b"}]},
        {"id": "c-2", "lines": "none"},
        {"id": "c-3", "lines": [{"sku": "c", "gift": "true"}]},
    ]
    assert outcomes(compiled, {"shop": "north", "orders": orders}) == [
        (0, "Gift"),
        (1, "Line"),
        (3, "Gift"),
        (2, "mapper.invalid_payload"),
    ]


def test_a_body_that_is_one_object_is_one_item():
    compiled = mapper(*(in_batch(each, "$[*]") for each in SEVERAL), batching=True)
    one: Any = {"id": "c-1", "email": "e", "type": "order"}
    assert (
        outcomes(compiled, one) == outcomes(compiled, [one]) == [(0, {"u_em": "e"}), (1, "Order")]
    )
    result = compiled.apply({"type": "order"}, received_at_ms=RECEIVED)
    (item,) = compiled.explain_refusals(result, {"type": "order"}, received_at_ms=RECEIVED).rejected
    assert (item.path, item.item) == ("$['id']", {"type": "order"})
    assert "by variant 3 ($[*].type is order)" in str(item.explanation)
    assert outcomes(compiled, []) == [(0, "mapper.missing_field")]


def test_a_refusal_names_the_variant_and_what_was_found():
    result = ORDERS.apply({"id": "c-1", "type": "x"}, received_at_ms=0)
    (item,) = ORDERS.explain_refusals(result, {"id": "c-1", "type": "x"}, received_at_ms=0).rejected
    assert item.message == (
        "No variant of the mapper takes this: $.type is 'x', $.test is missing, $.email is missing"
    )
    assert "variant 1 ($.type is order or refund and $.test is not there)" in str(item.explanation)
    result = ORDERS.apply({"type": "order"}, received_at_ms=0)
    (item,) = ORDERS.explain_refusals(result, {"type": "order"}, received_at_ms=0).rejected
    assert item.message == "Required field 'Request.data.customer_id' is missing in the payload"
    assert str(item.explanation).startswith("  by variant 1 ($.type is order or refund")


def test_the_validations_beside_the_variants_hold_for_all_of_them():
    variants = [
        {"when": {"$.type": "a"}, **event("A"), "payload_validations": {"$.n": "number"}},
        event("B"),
    ]
    compiled = mapper(*variants, payload_validations={"$.s": "string"})
    assert outcomes(compiled, {"id": "c", "type": "a", "n": 1, "s": "x"}) == [(0, "A")]
    assert outcomes(compiled, {"id": "c", "type": "a", "n": "1", "s": "x"}) == [
        (0, "mapper.invalid_payload")
    ]
    assert outcomes(compiled, {"id": "c", "n": "1", "s": "x"}) == [(0, "B")]
    assert outcomes(compiled, {"id": "c"}) == [(0, "mapper.missing_field")]


def test_somebody_becomes_a_member_of_a_group():
    group = {
        "mapping_type": "groups",
        "mappings": {
            "customer_id": "$.id",
            "group_id": "$.team.id",
            "user_attributes": {"name": "$.team.name"},
        },
    }
    compiled = mapper({"when": {"$.team": True}, "also": True, **group}, event("Joined"))
    payload = {"id": "c-1", "team": {"id": 7, "name": "Blue"}}
    assert outcomes(compiled, payload) == [(0, {"name": "Blue"}), (1, "Joined")]
    result = compiled.apply(payload, received_at_ms=RECEIVED)
    events: Any = as_output(result)["events"]
    assert (events[0]["group_id"], events[0]["traits"]) == ("7", {"name": "Blue"})
    assert "group_id" not in events[1]
    made = [
        event_of(each, event_id="e", workspace="w", source_id="s", request_id="r", received_at=RECEIVED,
                 mapper="p/c@1")
        for each in result.mapped
    ]  # fmt: skip
    assert [(each.type, each.group_id) for each in made] == [("group", "7"), ("track", None)]
    assert outcomes(compiled, {"id": "c-1", "team": {"name": "x"}}) == [
        (1, "Joined"),
        (0, "mapper.missing_field"),
    ]


MANY_ALSO = [{"when": {"$.a": name}, "also": True, **event("A")} for name in "abcde"]
FLAG_IN_ONE = [{"when": {"$.a": 1}, **event("A", update_existing_only=True)}, event("B")]
TWO_ARRAYS = [{"when": {"$.a[*].b[*]": 1}, **event("A", "$.a[*].c[*]")}]


@pytest.mark.parametrize(
    ("top", "where", "message"),
    [
        ({"variants": []}, "$.variants", "1 to 50"),
        ({"variants": {}}, "$.variants", "variants is a list"),
        ({"variants": [1]}, "$.variants[0]", "A variant is an object"),
        ({"variants": [{"wen": {}, **event("A")}]}, "$.variants[0].wen", "Did you mean when?"),
        (
            {"variants": [{"when": {"$.a": []}, **event("A")}]},
            "$.variants[0].when['$.a']",
            "never holds",
        ),
        (
            {"variants": [{"when": {"$.a": [{}]}, **event("A")}]},
            "$.variants[0].when['$.a']",
            "compares texts",
        ),
        (
            {"variants": [{"when": {"a": 1}, **event("A")}]},
            "$.variants[0].when.a",
            "named by a path",
        ),
        (
            {"variants": [{"when": {"$.[0]": 1}, **event("A")}]},
            "$.variants[0].when['$.[0]']",
            "RFC 9535",
        ),
        ({"variants": [{"when": 1, **event("A")}]}, "$.variants[0].when", "when is an object"),
        ({"variants": [event("A"), event("B")]}, "$.variants[1]", "never reached"),
        (
            {"variants": [{"when": {"$.a": 1}, "mappings": {}}]},
            "$.variants[0].mapping_type",
            "has no mapping_type",
        ),
        ({"variants": [{"mapping_type": "events"}]}, "$.variants[0].mappings", "has no mappings"),
        (
            {"variants": [{**event("A"), "mapping_type": "group"}]},
            "$.variants[0].mapping_type",
            "groups",
        ),
        (
            {"variants": [event("A", user_time="now")]},
            "$.variants[0].mappings.user_time",
            "a literal",
        ),
        ({"variants": [{**event("A"), "also": 1}]}, "$.variants[0].also", "true or false"),
        (
            {"variants": [{"when": {"$.a": n}, "also": True, **event("A")} for n in "abcde"]},
            "$.variants",
            "at most 4",
        ),
        (
            {"variants": [{"when": {"$.a": 1}, **user()}], "mappings": {}},
            "$.mapping_type",
            "has no mapping_type",
        ),
        (
            {
                "variants": [
                    {"when": {"$.a": 1}, **event("A", update_existing_only=True)},
                    event("B"),
                ]
            },
            "$.variants",
            "update_existing_only",
        ),
        (
            {
                "variants": [{"when": {"$.a[*].b[*]": 1}, **event("A", "$.a[*].c[*]")}],
                "batching": True,
            },
            "$.mappings",
            "different arrays",
        ),
        (
            {"mapping_type": "groups", "mappings": {"customer_id": "$.id"}},
            "$.mapping_type",
            "in a variant",
        ),
    ],
)
def test_wrong_variants_are_refused_with_their_place(top: Any, where: str, message: str):
    with pytest.raises(ConfigError) as caught:
        compile_mapper({"partner_name": "test", **top})
    assert where in str(caught.value)
    assert message in str(caught.value)


def test_a_group_id_is_for_groups_alone():
    compiled = mapper(event("A", group_id="$.g"))
    assert [each.code for each in compiled.warnings] == ["mapper.unused_field"]
    with pytest.raises(ConfigError, match=r"needs group_id"):
        mapper({"mapping_type": "groups", "mappings": {"customer_id": "$.id"}})


def test_lint_names_the_place_of_a_variant():
    document: Any = {
        "partner_name": "test",
        "variants": [
            {"when": {"$.type": "a"}, **user(email="$.e")},
            event({"$map": {"of": "$.type", "values": {"b": "x" * 300}}}, attr={"n": "$.gone"}),
        ],
    }
    found = {(each.code, each.where) for each in lint(document, [{"id": "c", "type": "b"}])}
    assert ("lint.standard_attribute", "$.variants[0].mappings.user_attributes.email") in found
    assert ("lint.never_matches", "$.variants[1].mappings.attr.n") in found
    assert ("lint.name_long", "$.variants[1].mappings.event_name") in found


def test_mapping_in_slices_gives_the_same():
    compiled = mapper(*(in_batch(each, "$[*]") for each in SEVERAL), batching=True)
    payload: Any = [
        {"id": f"c-{n}", "email": "e" * (n % 2), "type": "order" if n % 3 else ""}
        for n in range(50)
    ]
    slices = compiled.slices(payload, received_at_ms=RECEIVED)
    while True:
        try:
            next(slices)
        except StopIteration as stop:
            in_slices = stop.value
            break
    at_once = compiled.apply(payload, received_at_ms=RECEIVED)
    assert msgspec.json.encode(in_slices) == msgspec.json.encode(
        compiled.explain_refusals(at_once, payload, received_at_ms=RECEIVED)
    )


def test_each_variant_reads_times_in_its_own_way():
    compiled = mapper(
        {"when": {"$.v": 1}, **event("A", user_time="$.at", formats={"user_time": "dd/MM/yyyy"})},
        {**event("B", user_time="$.at", formats={"user_time": "yyyy-MM-dd"})},
    )
    for version, at in ((1, "25/10/2024"), (2, "2024-10-25")):
        result = compiled.apply({"id": "c", "v": version, "at": at}, received_at_ms=RECEIVED)
        assert [each.timestamp for each in result.mapped] == [1729814400000]


def test_the_time_window_beside_the_variants_holds_for_all_of_them():
    window = {"earliest": "1990-01-01"}
    variants = [{"when": {"$.v": 1}, **event("A", user_time="$.at")}, event("B", user_time="$.at")]
    at: Any = {"id": "c", "at": "1995-01-01T00:00:00Z"}
    for payload in (at, {**at, "v": 1}):
        assert mapper(*variants).apply(payload, received_at_ms=RECEIVED).mapped == []
        opened = mapper(*variants, time_window=window).apply(payload, received_at_ms=RECEIVED)
        assert [each.timestamp for each in opened.mapped] == [788918400000]
