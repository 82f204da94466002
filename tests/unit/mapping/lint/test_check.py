"""Lint says beforehand what platforms will do to a mapper's result, and what in it never works."""

from typing import Any

import pytest

from heliograph.destinations.heap import limits as heap
from heliograph.destinations.moengage import limits as moengage
from heliograph.destinations.webengage import limits as webengage
from heliograph.errors import ConfigError
from heliograph.mapping.lint.check import FINDINGS, Finding, lint
from heliograph.mapping.lint.vendor_rules import VENDORS
from heliograph.model.json import Json, JsonObject

AT = 1704067200


def document(**mappings: Json) -> JsonObject:
    base: JsonObject = {
        "customer_id": "$.id",
        "event_name": "Order",
        "user_time": "$.at",
        "platform": "web",
        "app_version": "1.0.0",
    }
    return {
        "partner_name": "shop",
        "mapping_type": "events",
        "mappings": {**base, **mappings},
        "batching": "[*]" in repr(mappings),
        "payload_validations": {},
    }


def found(
    mapper: JsonObject, *samples: Json, vendors: tuple[str, ...] = ("webengage", "moengage")
) -> dict[tuple[str, str, str | None], Finding]:
    findings = lint(mapper, samples, vendors=vendors)
    assert all(each.code in FINDINGS for each in findings)
    return {(each.code, each.where, each.vendor): each for each in findings}


def test_a_sound_mapper_has_nothing_to_say() -> None:
    mapper = document(attr={"total": "$.total"}, user_attributes={"u_em": "$.email"})
    sample: JsonObject = {"id": "c1", "at": 1704067200000, "total": 1.5, "email": "a@b.c"}
    assert lint(mapper) == []
    assert lint(mapper, [sample]) == []


def test_the_limits_are_those_the_destinations_enforce() -> None:
    rules = VENDORS["webengage"]
    assert (rules.name_max, rules.text_max) == (webengage.NAME_MAX, webengage.VALUE_MAX)
    assert (rules.per_type_max, rules.reserved_prefix) == (
        webengage.PER_TYPE_MAX,
        webengage.RESERVED,
    )
    rules = VENDORS["moengage"]
    assert (rules.name_max, rules.text_max) == (moengage.NAME_MAX, moengage.VALUE_MAX)
    assert (rules.list_max, rules.attributes_max) == (
        moengage.LIST_MAX,
        moengage.EVENT_ATTRIBUTES_MAX,
    )
    assert (rules.settable, rules.blocked_traits) == (
        moengage.SETTABLE_MOE,
        moengage.BLOCKED_USER,
    )
    assert rules.reserved_prefix == moengage.RESERVED
    rules = VENDORS["heap"]
    assert (rules.event_name_max, rules.text_max) == (heap.EVENT_MAX, heap.TEXT_MAX)


class TestNames:
    def test_long_ones_are_named_per_platform(self) -> None:
        mapper = document(attr={"a" * 51: "$.x", "b" * 50: "$.y", "c" * 201: "$.z"})
        codes = found(mapper)
        where = "$.mappings.attr."
        assert ("lint.name_long", where + "a" * 51, "webengage") in codes
        assert ("lint.name_long", where + "a" * 51, "moengage") not in codes
        assert ("lint.name_long", where + "b" * 50, "webengage") not in codes
        assert ("lint.name_long", where + "c" * 201, "moengage") in codes

    def test_long_event_names_too(self) -> None:
        assert ("lint.name_long", "$.mappings.event_name", "webengage") in found(
            document(event_name="e" * 51)
        )

    @pytest.mark.parametrize(
        ("attributes", "name", "vendor"),
        [
            ("attr", "we_color", "webengage"),
            ("attr", "WE_color", "webengage"),
            ("attr", "moe_color", "moengage"),
            ("user_attributes", "moe_color", "moengage"),
            ("user_attributes", "status", "moengage"),
            ("user_attributes", "ID", "heap"),
        ],
    )
    def test_reserved_ones_are_left_out(self, attributes: str, name: str, vendor: str) -> None:
        named: JsonObject = {name: "$.x"}
        codes = found(document(**{attributes: named}), vendors=(vendor,))
        assert ("lint.name_reserved", f"$.mappings.{attributes}.{name}", vendor) in codes

    def test_reserved_event_names_too(self) -> None:
        codes = found(document(event_name="moe_order"))
        assert ("lint.name_reserved", "$.mappings.event_name", "moengage") in codes

    def test_settable_ones_with_the_prefix_are_fine(self) -> None:
        assert found(document(user_attributes={"moe_spam": "$.x"})) == {}
        assert found(document(attr={"status": "$.x", "id": "$.y"})) == {}

    def test_those_that_create_all_brings_count(self) -> None:
        sample: JsonObject = {"id": "c", "at": AT, "o": {"we_x": 1}, "u": {"moe_y": 1}}
        mapper = document(attr={"create_all": "$.o"}, user_attributes={"create_all": "$.u"})
        codes = found(mapper, sample)
        assert ("lint.name_reserved", "$.mappings.attr.create_all", "webengage") in codes
        assert ("lint.name_reserved", "$.mappings.user_attributes.create_all", "moengage") in codes


class TestCounts:
    def test_without_samples_more_than_25_is_a_note(self) -> None:
        many: JsonObject = {f"a{i}": f"$.a{i}" for i in range(26)}
        finding = found(document(attr=many))[
            "lint.too_many_of_a_type", "$.mappings.attr", "webengage"
        ]
        assert finding.severity == "note"

    @pytest.mark.parametrize(("numbers", "texts", "is_too_many"), [(25, 25, False), (26, 1, True)])
    def test_with_samples_each_type_counts_for_itself(
        self, numbers: int, texts: int, is_too_many: bool
    ) -> None:
        values: JsonObject = {f"n{i}": i for i in range(numbers)}
        values.update({f"t{i}": "x" for i in range(texts)})
        sample: JsonObject = {"id": "c", "at": AT, "all": values}
        codes = found(document(attr={"create_all": "$.all"}), sample)
        key = ("lint.too_many_of_a_type", "$.mappings.attr", "webengage")
        assert (key in codes) is is_too_many
        assert not is_too_many or codes[key].severity == "warning"

    def test_moengage_keeps_a_hundred(self) -> None:
        sample: JsonObject = {"id": "c", "at": AT, "all": {f"a{i}": i for i in range(101)}}
        codes = found(document(attr={"create_all": "$.all"}), sample)
        assert ("lint.too_many_attributes", "$.mappings.attr", "moengage") in codes

    def test_long_texts_and_lists_in_samples(self) -> None:
        mapper = document(attr={"text": "$.t", "list": "$.l"}, user_attributes={"bio": "$.b"})
        sample: JsonObject = {
            "id": "c",
            "at": AT,
            "t": "x" * 513,
            "l": [1 for _ in range(51)],
            "b": "y" * 1001,
        }
        codes = found(mapper, sample)
        assert ("lint.text_long", "$.mappings.attr.text", "moengage") in codes
        assert ("lint.text_long", "$.mappings.attr.text", "webengage") not in codes
        assert ("lint.list_long", "$.mappings.attr.list", "moengage") in codes
        assert ("lint.text_long", "$.mappings.user_attributes.bio", "webengage") in codes


def test_platform_api_is_unknown_to_moengage_only() -> None:
    codes = found(document(platform="api"))
    assert set(codes) == {("lint.platform_unknown", "$.mappings.platform", "moengage")}
    sample: JsonObject = {"id": "c", "at": AT, "p": "api"}
    assert set(found(document(platform="$.p"), sample)) == set(codes)


class TestPaths:
    BATCH = document(
        customer_id="$.orders[*].id",
        user_time="$.orders[*].at",
        attr={"shop": "$.shop", "total": "$.orders[*].total"},
    )

    def test_a_path_without_wildcard_in_a_batch_is_noted(self) -> None:
        codes = found(self.BATCH)
        assert set(codes) == {("lint.beside_wildcard", "$.mappings.attr.shop", None)}
        same = found(document(customer_id="$.id", attr={"total": "$.orders[*].total"}))
        assert ("lint.beside_wildcard", "$.mappings.customer_id", None) in same

    def test_a_path_that_never_matches_is_named_with_what_may_be_meant(self) -> None:
        mapper = document(attr={"total": "$.totl", "city": "$.address.city"})
        sample: JsonObject = {"id": "c", "at": AT, "total": 5}
        codes = found(mapper, sample, {**sample, "address": {"city": "Ulm"}})
        assert set(codes) == {("lint.never_matches", "$.mappings.attr.total", None)}
        assert "$.total" in (codes["lint.never_matches", "$.mappings.attr.total", None].hint or "")

    def test_refused_samples_say_where(self) -> None:
        codes = found(
            self.BATCH,
            {
                "shop": "s",
                "orders": [{"id": "c", "at": AT, "total": 1}, {"at": AT}],
            },
        )
        finding = codes["lint.item_refused", "$.mappings.customer_id", None]
        assert finding.message.startswith("Sample 1, item 2: Required field")

    def test_headers_and_query_are_not_expected_in_samples(self) -> None:
        mapper = document(event_name="$headers.x-topic", attr={"q": "$query.q"})
        assert found(mapper, {"id": "c", "at": AT}) == {}

    def test_what_hides_a_copied_key_is_noted(self) -> None:
        mapper = document(attr={"total": "$.sum", "same": "$.o.same", "create_all": "$.o"})
        sample: JsonObject = {"id": "c", "at": AT, "sum": 5, "o": {"total": 6, "same": 1}}
        assert set(found(mapper, sample)) == {("lint.overwritten", "$.mappings.attr.total", None)}


def test_standard_attributes_are_suggested_unless_they_are_there() -> None:
    codes = found(document(user_attributes={"email": "$.e", "phone": "$.p", "u_mb": "$.p"}))
    assert set(codes) == {("lint.standard_attribute", "$.mappings.user_attributes.email", None)}


def test_a_date_without_a_time_of_day_is_noted() -> None:
    assert ("lint.date_only", "$.mappings.formats.user_time", None) in found(
        document(formats={"user_time": "dd/MM/yyyy"})
    )


def test_the_mappers_own_warnings_come_along() -> None:
    mapper = {**document(attr={"all": "$.o[*].x"}), "batching": False}
    findings = lint(mapper)
    assert [(each.code, each.severity) for each in findings] == [
        ("mapper.wildcard_as_list", "note")
    ]


def test_warnings_come_before_notes() -> None:
    mapper = document(platform="api", attr={"we_x": "$.x"})
    assert [each.severity for each in lint(mapper)] == ["warning", "note"]


def test_what_does_not_compile_is_an_error() -> None:
    with pytest.raises(ConfigError):
        lint({"partner_name": "x"})


def test_a_text_that_holds_json_is_not_lost_in_silence():
    mappings = {
        "customer_id": "$.id",
        "user_attributes": {"raw": "$.raw", "create_all": "$.Message"},
    }
    document: Any = {"partner_name": "test", "mapping_type": "users", "mappings": mappings}
    sample: Any = {"id": "c-1", "raw": "[1]", "Message": '{"plan": "pro"}'}
    found = [each for each in lint(document, [sample]) if each.code == "lint.json_text"]
    assert [(each.severity, each.where) for each in found] == [
        ("warning", "$.mappings.user_attributes.create_all"),
        ("note", "$.mappings.user_attributes.raw"),
    ]
    assert found[0].hint == 'Write {"$json": "$.Message"}.'
    mappings["user_attributes"]["create_all"] = {"$json": "$.Message"}
    del mappings["user_attributes"]["raw"]
    assert [each for each in lint(document, [sample]) if each.code == "lint.json_text"] == []
