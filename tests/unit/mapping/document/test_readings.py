"""Each reading of what Connected Sources leaves open, one class per reading (docs/reference/mapper.md)."""

from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.result import Mapped
from heliograph.mapping.wording import shown
from heliograph.model.request import RejectedItem

RECEIVED = 1_767_225_600_000


def events_mapper(
    batching: bool = False, validations: Any = None, window: Any = None, **mappings: Any
) -> Mapper:
    """Return an events mapper; each mapping given replaces one of the usual ones, None removes it."""
    usual = {
        "customer_id": "$.id",
        "event_name": "Seen",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1.0.0",
    }
    merged = {k: v for k, v in {**usual, **mappings}.items() if v is not None}
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": merged,
            "batching": batching,
            "payload_validations": validations or {},
            "time_window": window,
        }
    )


def users_mapper(**mappings: Any) -> Mapper:
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.id", **mappings},
            "batching": False,
        }
    )


def mapped(mapper: Mapper, payload: Any) -> list[Mapped]:
    result = mapper.apply(payload, received_at_ms=RECEIVED)
    assert result.rejected == []
    return result.mapped


def one(mapper: Mapper, payload: Any) -> Mapped:
    (item,) = mapped(mapper, payload)
    return item


def refused(mapper: Mapper, payload: Any) -> RejectedItem:
    result = mapper.apply(payload, received_at_ms=RECEIVED)
    assert result.mapped == []
    (item,) = result.rejected
    return item


class TestA1PathOrLiteral:
    @pytest.mark.parametrize(
        "literal", ["$5 off", "web", "", "$", 7, 1.5, True, False, ["a", 1, None]]
    )
    def test_only_a_dollar_followed_by_dot_bracket_or_nothing_is_a_path(self, literal: Any):
        item = one(events_mapper(attr={"offer": literal}), {"id": "c-1"})
        expected = {"id": "c-1"} if literal == "$" else literal
        assert item.properties["offer"] == expected
        assert type(item.properties["offer"]) is type(expected)

    @pytest.mark.parametrize("path", ["$.id", "$['id']", '$["id"]', "$..id"])
    def test_a_path_gives_the_value(self, path: str):
        assert one(events_mapper(attr={"x": path}), {"id": "c-1"}).properties == {"x": "c-1"}

    @pytest.mark.parametrize("text", ["$event.type", "{{ $.a }}", "${a.b}"])
    def test_what_can_only_be_a_path_of_another_dialect_is_no_literal(self, text: str):
        with pytest.raises(ConfigError, match="neither a path nor a literal"):
            events_mapper(attr={"offer": text})

    def test_merge_is_a_plain_literal_outside_user_time(self):
        assert one(events_mapper(event_name="#MERGE"), {"id": "c-1"}).event == "#MERGE"

    def test_event_name_takes_a_path_or_a_literal(self):
        payload = {"id": "c-1", "type": "Paid"}
        assert one(events_mapper(event_name="$.type"), payload).event == "Paid"
        assert one(events_mapper(event_name="Paid in full"), payload).event == "Paid in full"

    def test_a_literal_list_is_not_shared_between_items(self):
        mapper = events_mapper(attr={"tags": ["a"]})
        first, second = one(mapper, {"id": "c-1"}), one(mapper, {"id": "c-1"})
        assert first.properties["tags"] is not second.properties["tags"]

    @pytest.mark.parametrize("key", ["customer_id", "anon_id", "user_time"])
    def test_identity_and_time_refuse_a_literal(self, key: str):
        with pytest.raises(ConfigError, match=rf"\$\.mappings\.{key}.*Write \$\.email"):
            events_mapper(False, None, **{key: "email"})


ORDERS = {
    "shop": "north",
    "orders": [{"id": "a", "total": 1}, {"id": "b"}, {"id": "c", "total": 3}],
}


class TestA2ElementsAreNeverZipped:
    def test_a_field_missing_in_one_element_is_missing_only_there(self):
        mapper = events_mapper(
            batching=True, customer_id="$.orders[*].id", attr={"total": "$.orders[*].total"}
        )
        assert [(each.customer_id, each.properties) for each in mapped(mapper, ORDERS)] == [
            ("a", {"total": 1}),
            ("b", {}),
            ("c", {"total": 3}),
        ]

    def test_elements_that_are_no_objects_lack_their_fields(self):
        mapper = events_mapper(batching=True, customer_id="$.orders[*].id")
        result = mapper.apply({"orders": [None, 5, [], {"id": "ok-1"}]}, received_at_ms=RECEIVED)
        assert [each.index for each in result.mapped] == [3]
        assert [(each.index, each.code) for each in result.rejected] == [
            (index, "mapper.missing_field") for index in range(3)
        ]

    def test_scalars_can_be_elements(self):
        mapper = events_mapper(batching=True, customer_id="$.ids[*]")
        assert [each.customer_id for each in mapped(mapper, {"ids": ["x-1", 42]})] == ["x-1", "42"]


class TestA3ArraysSideBySide:
    MAPPER = events_mapper(
        batching=True,
        customer_id="$.people[*].id",
        attr={"sku": "$.orders[*].sku", "first": "$.orders[0].sku"},
    )

    def test_equal_lengths_are_walked_in_step(self):
        payload = {"people": [{"id": "p1"}, {"id": "p2"}], "orders": [{"sku": "s1"}, {"sku": "s2"}]}
        assert [(each.customer_id, each.properties) for each in mapped(self.MAPPER, payload)] == [
            ("p1", {"sku": "s1", "first": "s1"}),
            ("p2", {"sku": "s2", "first": "s1"}),
        ]

    @pytest.mark.parametrize("orders", [[{"sku": "s1"}], [], None, {"sku": "s1"}, "x"])
    def test_other_lengths_refuse_the_whole_payload(self, orders: Any):
        item = refused(self.MAPPER, {"people": [{"id": "p1"}, {"id": "p2"}], "orders": orders})
        assert (item.code, item.message, item.item) == (
            "mapper.invalid_payload",
            "The provided payload is invalid",
            None,
        )

    def test_the_document_warns(self):
        assert [each.code for each in self.MAPPER.warnings] == ["mapper.arrays_side_by_side"]

    def test_the_array_beside_is_the_same_for_all_inner_elements(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.people[*].id",
            attr={"item": "$.orders[*].items[*].sku"},
        )
        payload = {
            "people": [{"id": "p1"}, {"id": "p2"}],
            "orders": [{"items": [{"sku": "a"}, {"sku": "b"}]}, {"items": [{"sku": "c"}]}],
        }
        assert [
            (each.customer_id, each.properties["item"]) for each in mapped(mapper, payload)
        ] == [
            ("p1", "a"),
            ("p1", "b"),
            ("p2", "c"),
        ]


class TestA4NestedWildcards:
    def test_one_record_per_innermost_element(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.orders[*].email",
            attr={"sku": "$.orders[*].items[*].sku", "shop": "$.shop"},
        )
        payload = {
            "shop": "north",
            "orders": [
                {"email": "a@x.io", "items": [{"sku": 1}, {"sku": 2}]},
                {"email": "b@x.io", "items": []},
                {"email": "c@x.io"},
                {"email": "d@x.io", "items": [{"sku": 3}]},
            ],
        }
        assert [
            (each.index, each.customer_id, each.properties) for each in mapped(mapper, payload)
        ] == [
            (0, "a@x.io", {"sku": 1, "shop": "north"}),
            (1, "a@x.io", {"sku": 2, "shop": "north"}),
            (2, "d@x.io", {"sku": 3, "shop": "north"}),
        ]

    def test_an_array_without_the_second_wildcard_is_one_attribute(self):
        mapper = events_mapper(
            batching=True, customer_id="$.orders[*].id", attr={"items": "$.orders[*].items"}
        )
        payload = {"orders": [{"id": "o-1", "items": [{"sku": 1}, {"sku": 2}]}]}
        assert one(mapper, payload).properties == {"items": [{"sku": 1}, {"sku": 2}]}

    def test_two_divergent_deepest_chains_do_not_compile(self):
        with pytest.raises(ConfigError, match="walk different arrays of one element") as caught:
            events_mapper(
                batching=True,
                customer_id="$.orders[*].id",
                attr={"a": "$.orders[*].items[*].sku", "b": "$.orders[*].notes[*].text"},
            )
        assert caught.value.code == "mapper.invalid"

    def test_three_levels(self):
        mapper = events_mapper(batching=True, customer_id="$[*][*].ids[*]")
        payload = [[{"ids": ["x-1", "x-2"]}], [{"ids": ["x-3"]}, {"ids": []}]]
        assert [each.customer_id for each in mapped(mapper, payload)] == ["x-1", "x-2", "x-3"]

    def test_an_inner_value_that_is_no_array_is_one_broken_item(self):
        mapper = events_mapper(batching=True, customer_id="$.orders[*].items[*].owner")
        result = mapper.apply(
            {"orders": [{"items": [{"owner": "o-1"}]}, {"items": {"owner": "o-2"}}]},
            received_at_ms=RECEIVED,
        )
        assert [each.customer_id for each in result.mapped] == ["o-1"]
        assert [(each.index, each.code, each.path) for each in result.rejected] == [
            (1, "mapper.invalid_payload", "$['orders'][1]['items']")
        ]


class TestA5Broadcast:
    def test_scalars_and_literals_go_to_every_record(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.orders[*].id",
            attr={"shop": "$.shop", "kind": "bulk", "third": "$.orders[2].id"},
        )
        assert [each.properties for each in mapped(mapper, ORDERS)] == [
            {"shop": "north", "kind": "bulk", "third": "c"}
        ] * 3

    def test_a_required_scalar_that_is_missing_refuses_every_record(self):
        mapper = events_mapper(batching=True, customer_id="$.orders[*].id", event_name="$.kind")
        result = mapper.apply(ORDERS, received_at_ms=RECEIVED)
        assert [each.path for each in result.rejected] == ["$['kind']"] * 3


class TestA6BatchingAndWildcards:
    def test_batching_without_wildcard_is_one_record_and_a_warning(self):
        mapper = events_mapper(batching=True)
        assert [each.code for each in mapper.warnings] == ["mapper.batching_without_wildcard"]
        assert one(mapper, {"id": "c-1"}).customer_id == "c-1"

    def test_wildcard_without_batching_is_a_list(self):
        mapper = events_mapper(attr={"all": "$.items[*].sku"}, user_attributes={"u": "$.tags[*]"})
        item = one(mapper, {"id": "c-1", "items": [{"sku": 1}, {}, {"sku": 2}], "tags": ["t"]})
        assert item.properties == {"all": [1, 2]}
        assert item.traits == {"u": ["t"]}
        assert {each.code for each in mapper.warnings} == {"mapper.wildcard_as_list"}

    def test_a_list_without_any_match_is_left_out(self):
        assert one(events_mapper(attr={"all": "$.items[*].sku"}), {"id": "c-1"}).properties == {}

    @pytest.mark.parametrize("key", ["customer_id", "event_name", "user_time", "platform"])
    def test_wildcard_without_batching_is_an_error_where_one_value_is_needed(self, key: str):
        with pytest.raises(ConfigError, match='"batching": true'):
            events_mapper(False, None, **{key: "$.items[*].x"})

    def test_a_filter_in_a_batch_looks_up_within_the_element(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.people[*].emails[?@.primary == true].value",
            attr={"others": "$.people[*].emails[?@.primary != true].value"},
        )
        payload = {
            "people": [
                {"emails": [{"value": "a@x.io"}, {"value": "b@x.io", "primary": True}]},
                {"emails": [{"value": "c@x.io", "primary": True}]},
            ]
        }
        assert [(each.customer_id, each.properties) for each in mapped(mapper, payload)] == [
            ("b@x.io", {"others": "a@x.io"}),
            ("c@x.io", {}),
        ]

    def test_a_filter_gives_the_value_or_the_list(self):
        mapper = events_mapper(attr={"big": "$.items[?@.n > 1].n"})
        assert one(mapper, {"id": "c-1", "items": [{"n": 2}]}).properties == {"big": 2}
        items = [{"n": 2}, {"n": 3}]
        assert one(mapper, {"id": "c-1", "items": items}).properties == {"big": [2, 3]}

    def test_a_filter_in_a_batch_may_refer_to_the_whole_payload(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.people[*].id",
            attr={"mine": "$.people[*].orders[?@.shop == $.shop].n"},
        )
        payload = {
            "shop": "s",
            "people": [{"id": "p-1", "orders": [{"shop": "s", "n": 1}, {"shop": "t", "n": 2}]}],
        }
        assert one(mapper, payload).properties == {"mine": 1}


class TestA7RootArrays:
    MAPPER = events_mapper(batching=True, customer_id="$[*].id", attr={"create_all": "$[*]"})

    def test_each_element_is_a_record(self):
        items = mapped(self.MAPPER, [{"id": "a-1", "n": 1}, {"id": "a-2"}])
        assert [each.properties for each in items] == [{"id": "a-1", "n": 1}, {"id": "a-2"}]

    @pytest.mark.parametrize("body", ["text", 5, 1.5, True, None])
    @pytest.mark.parametrize("batching", [True, False])
    def test_a_body_that_is_neither_object_nor_array_is_invalid(self, body: Any, batching: bool):
        mapper = self.MAPPER if batching else events_mapper()
        item = refused(mapper, body)
        assert (item.code, item.message, item.path) == (
            "mapper.invalid_payload",
            "The provided payload is invalid",
            "$",
        )

    def test_an_object_where_the_root_array_is_expected_is_invalid(self):
        assert refused(self.MAPPER, {"id": "a-1"}).code == "mapper.invalid_payload"

    @pytest.mark.parametrize("body", [{}, {"orders": None}, {"orders": []}, {"other": [1]}])
    def test_a_payload_without_records_lacks_its_customer(self, body: Any):
        item = refused(events_mapper(batching=True, customer_id="$.orders[*].id"), body)
        assert (item.index, item.message, item.path) == (
            0,
            "Required field 'Request.data.customer_id' is missing in the payload",
            "$['orders']",
        )


class TestA8MissingAndNull:
    def test_missing_and_null_are_left_out_and_empty_text_is_kept(self):
        mapper = events_mapper(
            attr={"gone": "$.gone", "null": "$.null", "empty": "$.empty", "zero": "$.zero"},
            user_attributes={"no": "$.no"},
        )
        item = one(mapper, {"id": "c-1", "null": None, "empty": "", "zero": 0, "no": False})
        assert item.properties == {"empty": "", "zero": 0}
        assert item.traits == {"no": False}

    @pytest.mark.parametrize(
        ("key", "target"),
        [
            ("customer_id", "customer_id"),
            ("event_name", "actions.action"),
            ("user_time", "actions.user_time"),
            ("platform", "actions.platform"),
            ("app_version", "actions.app_version"),
        ],
    )
    @pytest.mark.parametrize("value", [..., None, "", "  "])
    def test_a_required_field_that_is_missing_null_or_empty(
        self, key: str, target: str, value: Any
    ):
        payload = {"id": "c-1"} if value is ... else {"id": "c-1", "field": value}
        item = refused(events_mapper(False, None, **{key: "$.field"}), payload)
        code = "mapper.missing_field"
        assert (item.code, item.message, item.path) == (
            code,
            f"Required field 'Request.data.{target}' is missing in the payload",
            "$['field']",
        )

    def test_nulls_inside_a_copied_value_stay(self):
        mapper = events_mapper(attr={"whole": "$.whole"})
        whole = {"a": None, "b": [None]}
        assert one(mapper, {"id": "c-1", "whole": whole}).properties == {"whole": whole}


class TestA9CreateAll:
    MAPPER = users_mapper(user_attributes={"stage": "$.stage", "create_all": "$.more"})

    def test_all_first_level_keys_are_copied_and_explicit_ones_win(self):
        more = {
            "stage": "copied",
            "score": 1,
            "nested": {"deep": {"er": 1}},
            "null": None,
            "l": [1],
        }
        item = one(self.MAPPER, {"id": "c-1", "stage": "explicit", "more": more})
        assert item.traits == {
            "stage": "explicit",
            "score": 1,
            "nested": {"deep": {"er": 1}},
            "l": [1],
        }

    def test_the_copied_key_stays_when_the_explicit_path_has_no_value(self):
        item = one(self.MAPPER, {"id": "c-1", "stage": None, "more": {"stage": "copied"}})
        assert item.traits == {"stage": "copied"}

    @pytest.mark.parametrize("more", [..., None, "text", 5, ["a"], True])
    def test_what_is_no_object_copies_nothing(self, more: Any):
        payload = {"id": "c-1"} if more is ... else {"id": "c-1", "more": more}
        assert one(self.MAPPER, payload).traits == {}

    def test_prefixes_that_a_destination_refuses_are_kept(self):
        assert one(self.MAPPER, {"id": "c-1", "more": {"moe_x": 1}}).traits == {"moe_x": 1}

    def test_it_works_in_both_places_of_an_events_mapper(self):
        mapper = events_mapper(
            attr={"create_all": "$.event"}, user_attributes={"create_all": "$.user"}
        )
        item = one(mapper, {"id": "c-1", "event": {"a": 1}, "user": {"b": 2}})
        assert (item.properties, item.traits) == ({"a": 1}, {"b": 2})

    def test_the_payload_is_not_changed(self):
        payload = {"id": "c-1", "stage": "x", "more": {"a": 1}}
        one(self.MAPPER, payload)
        assert payload == {"id": "c-1", "stage": "x", "more": {"a": 1}}


class TestA10Epoch:
    @pytest.mark.parametrize(
        ("value", "ms"),
        [
            (1704067200, 1704067200000),
            (1704067200000, 1704067200000),
            (1704067200000000, 1704067200000),
            (1704067200000000000, 1704067200000),
            ("1704067200", 1704067200000),
            (" 1704067200000 ", 1704067200000),
            (99_999_999_999, 99_999_999_999_000),
            (100_000_000_000, 100_000_000_000),
            (0, 0),
            (-86400, -86_400_000),
            (1534109600.089676, 1534109600089),
            ("1669288532.567071", 1669288532567),
            (1704067200000.9, 1704067200000),
        ],
    )
    def test_the_unit_follows_from_the_size(self, value: Any, ms: int):
        mapper = events_mapper(user_time="$.t", window={"outside": "keep"})
        assert one(mapper, {"id": "c-1", "t": value}).timestamp == ms

    def test_a_number_ignores_the_pattern(self):
        mapper = events_mapper(user_time="$.t", formats={"user_time": "yyyy-MM-dd"})
        assert one(mapper, {"id": "c-1", "t": 1704067200}).timestamp == 1704067200000

    @pytest.mark.parametrize(
        "value", ["20240101", "20240101000000", 20240101, 20240101000000, 2024, "202401"]
    )
    def test_digits_that_form_a_date_are_a_date(self, value: Any):
        assert (
            one(events_mapper(user_time="$.t"), {"id": "c-1", "t": value}).timestamp
            == 1704067200000
        )

    @pytest.mark.parametrize(
        "value",
        [
            *[0, -1, 1, "0", "-1", 45590, "45590.6", 0.5, -2208988800, "1999-12-31T23:59:59Z"],
            *["1899-12-30", "0001-01-01T00:00:00Z", 25102024, "241025143000", 946_684_799_999],
            *["2100-01-01", 4_102_444_800, "9999-12-31", 99_999_999_999],
        ],
    )
    @pytest.mark.parametrize("kind", ["events", "users"])
    def test_a_time_that_nobody_means_is_refused(self, kind: str, value: Any):
        mapper = (events_mapper if kind == "events" else users_mapper)(user_time="$.t")
        item = refused(mapper, {"id": "c-1", "t": value})
        assert (item.code, item.path) == ("mapper.invalid_time", "$['t']")
        assert "is not plausible" in item.message
        assert "formats" in item.message
        assert "$receivedAt" in item.message

    def test_a_spreadsheets_serial_number_is_told(self):
        item = refused(events_mapper(user_time="$.t"), {"id": "c-1", "t": 45590.6})
        assert "let it write 2024-10-25 as text" in item.message

    @pytest.mark.parametrize(
        "value", ["2026-01-02", "2026-01-02T00:00:00.001Z", "2034-01-01", "2099-12-31"]
    )
    def test_what_is_ahead_of_its_receipt_is_kept_with_a_warning(self, value: str):
        mapper = events_mapper(user_time="$.t")
        payload: Any = {"id": "c-1", "t": value}
        assert one(mapper, payload).timestamp
        (item,) = mapper.explain(payload, received_at_ms=RECEIVED).items
        notes = [field.note for field in item.fields if field.field == "timestamp"]
        warned = value != "2026-01-02"
        assert [str(note).startswith("Warning: The time") for note in notes] == [warned]

    def test_a_mapper_chooses_its_window(self):
        early = events_mapper(user_time="$.t", window={"earliest": "1990-01-01"})
        assert one(early, {"id": "c-1", "t": "1995-05-05"}).timestamp == 799_632_000_000
        assert refused(early, {"id": "c-1", "t": "1989-12-31"}).code == "mapper.invalid_time"
        strict = events_mapper(user_time="$.t", window={"ahead_hours": 0.5, "outside": "refuse"})
        assert one(strict, {"id": "c-1", "t": "2026-01-01T00:30:00Z"}).customer_id == "c-1"
        item = refused(strict, {"id": "c-1", "t": "2026-01-01T00:30:01Z"})
        assert "0.5 hours after receipt" in item.message
        lax = events_mapper(user_time="$.t", window={"outside": "keep"})
        assert one(lax, {"id": "c-1", "t": 0}).timestamp == 0
        (found,) = lax.explain({"id": "c-1", "t": 0}, received_at_ms=RECEIVED).items
        assert "Warning: The time 0 means 1970-01-01T00:00:00Z" in "\n".join(
            line for field in found.fields for line in field.lines()
        )

    @pytest.mark.parametrize(
        ("window", "where"),
        [
            ({"earliest": "soon"}, "$.time_window.earliest"),
            ({"ahead_hours": -1}, "$.time_window.ahead_hours"),
            ({"ahead_hours": True}, "$.time_window.ahead_hours"),
            ({"ahead_hours": float("inf")}, "$.time_window.ahead_hours"),
            ({"ahead_hours": "24"}, "$.time_window.ahead_hours"),
            ({"outside": "drop"}, "$.time_window.outside"),
            ({"latest": "2030-01-01"}, "$.time_window.latest"),
            ([], None),
        ],
    )
    def test_a_window_is_checked(self, window: Any, where: str | None):
        with pytest.raises(ConfigError) as caught:
            events_mapper(window=window)
        assert caught.value.where == (where or "$.time_window")

    def test_other_times_have_no_window(self):
        mapper = events_mapper(validations={"$.born": "datetime"})
        assert one(mapper, {"id": "c-1", "born": "1950-01-01"}).customer_id == "c-1"
        assert one(mapper, {"id": "c-1", "born": "2150-01-01"}).customer_id == "c-1"


class TestA11Text:
    def test_with_a_pattern_it_is_strict(self):
        mapper = events_mapper(user_time="$.t", formats={"user_time": "dd/MM/yyyy"})
        assert one(mapper, {"id": "c-1", "t": "25/10/2024"}).timestamp == 1729814400000
        item = refused(mapper, {"id": "c-1", "t": "2024-10-25"})
        assert item.code == "mapper.invalid_time"
        assert item.path == "$['t']"
        assert "'2024-10-25'" in item.message
        assert "dd/MM/yyyy" in item.message

    def test_without_a_zone_the_documents_zone_wins_over_the_workspaces(self):
        document: Any = {
            "partner_name": "test",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.id", "user_time": "$.t"},
        }
        payload: Any = {"id": "c-1", "t": "2024-10-25 14:30:00"}
        utc = 1729866600000

        def time(document: Any, timezone: str = "UTC") -> int | None:
            return one(compile_mapper(document, timezone=timezone), payload).timestamp

        assert time(document) == utc
        assert time(document, timezone="Asia/Kolkata") == utc - 19_800_000
        zoned = {**document, "timezone": "America/New_York"}
        assert time(zoned, timezone="Asia/Kolkata") == utc + 4 * 3_600_000

    def test_in_a_batch_only_that_record_is_refused(self):
        mapper = events_mapper(batching=True, customer_id="$[*].id", user_time="$[*].t")
        result = mapper.apply(
            [{"id": "a-1", "t": "soon"}, {"id": "a-2", "t": "2024-10-25"}], received_at_ms=RECEIVED
        )
        assert [each.index for each in result.mapped] == [1]
        assert [(each.index, each.path) for each in result.rejected] == [(0, "$[0]['t']")]

    @pytest.mark.parametrize("value", [True, [], {}, {"a": 1}, "yesterday", 1e300])
    def test_what_is_no_time_is_refused_with_the_value(self, value: Any):
        assert refused(events_mapper(user_time="$.t"), {"id": "c-1", "t": value}).code == (
            "mapper.invalid_time"
        )


class TestA13Merge:
    def mapper(self, pattern: Any = "yyyy-MM-dd HH:mm:ss", **mappings: Any) -> Mapper:
        return events_mapper(
            user_time="#MERGE",
            formats={"user_time": pattern} if pattern else None,
            **{"#MERGE": {"user_time": {"date": "$.d", "time": "$.t"}}, **mappings},
        )

    @pytest.mark.parametrize(
        ("pattern", "date"),
        [
            ("yyyy-MM-dd HH:mm:ss", "2024-10-25"),
            ("dd/MM/yyyy HH:mm:ss", "25/10/2024"),
            ("yyyy-MM-dd'T'HH:mm:ss", "2024-10-25"),
            (None, "2024-10-25"),
        ],
    )
    def test_date_and_time_are_joined_as_the_pattern_says(self, pattern: str | None, date: str):
        payload = {"id": "c-1", "d": date, "t": "14:30:00"}
        assert one(self.mapper(pattern), payload).timestamp == 1729866600000

    def test_spaces_around_the_parts_do_not_matter(self):
        payload = {"id": "c-1", "d": " 2024-10-25", "t": "14:30:00\n"}
        assert one(self.mapper(), payload).timestamp == 1729866600000

    @pytest.mark.parametrize(
        ("d", "t", "path"),
        [
            (None, "14:30:00", "$['d']"),
            ("2024-10-25", None, "$['t']"),
            ("2024-10-25", "", "$['t']"),
        ],
    )
    def test_a_missing_part_is_a_missing_time(self, d: Any, t: Any, path: str):
        item = refused(self.mapper(), {"id": "c-1", "d": d, "t": t})
        assert item.message == (
            "Required field 'Request.data.actions.user_time' is missing in the payload"
        )
        assert item.path == path

    def test_a_part_of_another_type_is_no_time(self):
        item = refused(self.mapper(), {"id": "c-1", "d": ["2024"], "t": "14:30:00"})
        assert item.code == "mapper.invalid_time"

    def test_other_targets_are_a_warning(self):
        mapper = self.mapper(
            **{
                "#MERGE": {
                    "user_time": {"date": "$.d", "time": "$.t"},
                    "u_bd": {"date": "$.a", "time": "$.b"},
                }
            }
        )
        assert [(each.code, each.where) for each in mapper.warnings] == [
            ("mapper.merge_ignored", "$.mappings['#MERGE'].u_bd")
        ]

    def test_the_marker_without_its_section_does_not_compile(self):
        with pytest.raises(ConfigError, match="does not say what to merge"):
            events_mapper(user_time="#MERGE")

    def test_it_works_in_batches(self):
        mapper = events_mapper(
            batching=True,
            customer_id="$.rows[*].id",
            user_time="#MERGE",
            **{"#MERGE": {"user_time": {"date": "$.day", "time": "$.rows[*].at"}}},
        )
        payload = {"day": "2024-10-25", "rows": [{"id": "r-1", "at": "14:30"}]}
        assert one(mapper, payload).timestamp == 1729866600000


class TestA14Identity:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("c-1", "c-1"),
            ("  c-1 \n", "c-1"),
            (12345, "12345"),
            (9007199254740993, "9007199254740993"),
            (2**70, str(2**70)),
            (-77, "-77"),
            (12.0, "12"),
            ("名前", "名前"),
            ("a\u0000b", "a\u0000b"),
        ],
    )
    def test_text_is_trimmed_and_integers_are_exact(self, value: Any, expected: str):
        assert one(events_mapper(), {"id": value}).customer_id == expected
        assert one(users_mapper(), {"id": value}).customer_id == expected

    @pytest.mark.parametrize(
        "value",
        [
            True,
            False,
            {},
            {"a": 1},
            [],
            ["c-1"],
            1.5,
            2.0**53,
            1e300,
            float("inf"),
            float("nan"),
            pytest.param(10**5000, id="5001-digits"),
        ],
    )
    def test_other_types_are_a_missing_field(self, value: Any):
        item = refused(events_mapper(), {"id": value})
        assert (item.code, item.message) == (
            "mapper.missing_field",
            "Required field 'Request.data.customer_id' is missing in the payload",
        )

    @pytest.mark.parametrize(
        "value",
        [
            *["null", "NULL", " Guest ", "undefined", "true", "0", 0, -1, 0.0, "N/A", "user_id"],
            *[
                "{{user.id}}",
                "[object Object]",
                "\ufeffnull\u200b",
                "00000000-0000-0000-0000-000000000000",
            ],
        ],
    )
    @pytest.mark.parametrize("key", ["customer_id", "anon_id"])
    def test_placeholders_are_nobody(self, key: str, value: Any):
        mapper = events_mapper(**{"customer_id": None, key: "$.id"})
        item = refused(mapper, {"id": value})
        assert (item.code, item.message, item.path) == (
            "mapper.blocked_identity",
            f"Field 'Request.data.customer_id' holds the blocked value {shown(value)}, "
            "which stands for nobody",
            "$['id']",
        )

    @pytest.mark.parametrize(
        "value", ["null", "{{anon}}", "00000000-0000-0000-0000-000000000000", 0]
    )
    def test_a_blocked_identifier_beside_a_good_one_is_left_out(self, value: Any):
        mapper = events_mapper(anon_id="$.anon")
        known = one(mapper, {"id": "c-1", "anon": value})
        assert (known.customer_id, known.anonymous_id) == ("c-1", None)
        visitor = one(mapper, {"id": value, "anon": "a-1"})
        assert (visitor.customer_id, visitor.anonymous_id) == (None, "a-1")
        (found,) = mapper.explain({"id": value, "anon": "a-1"}, received_at_ms=RECEIVED).items
        assert "is a blocked value" in "".join(str(field.note) for field in found.fields)

    @pytest.mark.parametrize("value", [1, 2, "1", " 2 ", 2.0])
    def test_small_numbers_are_customers(self, value: Any):
        assert one(events_mapper(), {"id": value}).customer_id in ("1", "2")

    def test_a_workspace_blocks_words_of_its_own(self):
        document: Any = {
            "partner_name": "test",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.id"},
        }
        mapper = compile_mapper(document, blocked=["Till-1"])
        assert refused(mapper, {"id": "TILL-1"}).code == "mapper.blocked_identity"
        assert one(mapper, {"id": "till-2"}).customer_id == "till-2"
        assert one(compile_mapper(document), {"id": "till-1"}).customer_id == "till-1"


class TestA15Validations:
    @pytest.mark.parametrize(
        ("name", "good", "bad"),
        [
            ("string", ["", "x"], [1, True, [], {}]),
            ("integer", [1, -5, 2.0], [1.5, "1", True]),
            ("number", [1, 1.5], ["1", False]),
            ("float", [1, 1.5], ["1", []]),
            ("double", [1, 1.5], [{}, "x"]),
            ("boolean", [True, False], [0, "true"]),
            ("object", [{}, {"a": 1}], [[], "x"]),
            ("array", [[], [1]], [{}, "x"]),
            ("datetime", ["2024-10-25", 1704067200], ["soon", True, {}]),
        ],
    )
    def test_each_type_name(self, name: str, good: list[Any], bad: list[Any]):
        mapper = events_mapper(validations={"$.v": name})
        for value in good:
            assert one(mapper, {"id": "c-1", "v": value}).customer_id == "c-1"
        for value in bad:
            item = refused(mapper, {"id": "c-1", "v": value})
            assert (item.code, item.message, item.path) == (
                "mapper.invalid_payload",
                "The provided payload is invalid",
                "$['v']",
            )

    @pytest.mark.parametrize("payload", [{"id": "c-1"}, {"id": "c-1", "a": {"b": None}}])
    def test_a_missing_path_is_named(self, payload: Any):
        item = refused(events_mapper(validations={"$.a.b": "string"}), payload)
        assert (item.code, item.message, item.path) == (
            "mapper.missing_field",
            "Required field '$.a.b' is missing in the payload",
            "$['a']['b']",
        )

    def test_an_unknown_type_name_does_not_compile(self):
        with pytest.raises(ConfigError, match=r"payload_validations.*'text'.*string, integer"):
            events_mapper(validations={"$.v": "text"})

    def test_required_fields_come_first(self):
        mapper = events_mapper(event_name="$.type", validations={"$.type": "string"})
        assert refused(mapper, {"id": "c-1"}).message == (
            "Required field 'Request.data.actions.action' is missing in the payload"
        )

    def test_in_a_batch_each_record_is_checked(self):
        mapper = events_mapper(
            batching=True, customer_id="$.o[*].id", validations={"$.o[*].n": "integer"}
        )
        result = mapper.apply(
            {"o": [{"id": "a-1", "n": 1}, {"id": "a-2", "n": "x"}, {"id": "a-3"}]},
            received_at_ms=RECEIVED,
        )
        assert [each.index for each in result.mapped] == [0]
        assert [(each.index, each.code, each.path) for each in result.rejected] == [
            (1, "mapper.invalid_payload", "$['o'][1]['n']"),
            (2, "mapper.missing_field", "$['o'][2]['n']"),
        ]

    def test_beyond_the_record_every_match_is_checked(self):
        mapper = events_mapper(validations={"$.items[*].sku": "string"})
        assert one(mapper, {"id": "c-1", "items": [{"sku": "a"}, {"sku": "b"}]})
        item = refused(mapper, {"id": "c-1", "items": [{"sku": "a"}, {"sku": 5}]})
        assert item.path == "$['items'][1]['sku']"
        assert refused(mapper, {"id": "c-1", "items": []}).code == "mapper.missing_field"


class TestA16PartialBatches:
    def test_good_items_are_mapped_and_bad_ones_kept_with_reason_and_item(self):
        mapper = events_mapper(batching=True, customer_id="$.o[*].id")
        result = mapper.apply({"o": [{"id": "a-1"}, {"x": 1}]}, received_at_ms=RECEIVED)
        assert [(each.index, each.customer_id) for each in result.mapped] == [(0, "a-1")]
        (item,) = result.rejected
        assert (item.index, item.item, item.path) == (1, {"x": 1}, "$['o'][1]['id']")

    def test_a_single_refused_item_is_the_payload(self):
        assert refused(events_mapper(), {"x": 1}).item == {"x": 1}


class TestA19AnonymousRecords:
    def test_an_anonymous_id_is_enough(self):
        item = one(events_mapper(customer_id=None, anon_id="$.session"), {"session": " s-1 "})
        assert (item.customer_id, item.anonymous_id) == (None, "s-1")

    def test_with_both_paths_either_is_enough(self):
        mapper = events_mapper(anon_id="$.session")
        both = one(mapper, {"id": "c-1", "session": 77})
        assert (both.customer_id, both.anonymous_id) == ("c-1", "77")
        assert one(mapper, {"id": "c-1"}).anonymous_id is None
        assert one(mapper, {"session": "s-1"}).customer_id is None

    def test_a_placeholder_beside_an_anonymous_id_is_nobody(self):
        item = one(events_mapper(anon_id="$.session"), {"id": "guest", "session": "s-1"})
        assert (item.customer_id, item.anonymous_id) == (None, "s-1")

    @pytest.mark.parametrize("session", [None, "", " ", True, {}])
    def test_without_either_the_customer_is_missing(self, session: Any):
        item = refused(events_mapper(customer_id=None, anon_id="$.session"), {"session": session})
        assert item.message == "Required field 'Request.data.customer_id' is missing in the payload"
        assert item.path == "$['session']"

    def test_a_users_mapper_needs_the_customer(self):
        mapper = users_mapper(anon_id="$.session")
        assert refused(mapper, {"session": "s-1"}).code == "mapper.missing_field"
        with pytest.raises(ConfigError, match="has no customer_id"):
            compile_mapper(
                {
                    "partner_name": "test",
                    "mapping_type": "users",
                    "mappings": {"anon_id": "$.session"},
                }
            )


class TestA20UpdateExistingOnly:
    @pytest.mark.parametrize("flag", [True, False])
    def test_the_result_carries_the_flag(self, flag: bool):
        for mapper in (
            events_mapper(update_existing_only=flag),
            users_mapper(update_existing_only=flag),
        ):
            accepted = mapper.apply({"id": "c-1"}, received_at_ms=RECEIVED)
            rejected = mapper.apply({}, received_at_ms=RECEIVED)
            assert accepted.update_existing_only is rejected.update_existing_only is flag

    def test_it_stands_inside_mappings(self):
        with pytest.raises(ConfigError, match=r"update_existing_only.*Move it inside mappings"):
            compile_mapper(
                {
                    "partner_name": "test",
                    "mapping_type": "users",
                    "mappings": {"customer_id": "$.id"},
                    "update_existing_only": True,
                }
            )


class TestA21Platform:
    @pytest.mark.parametrize("platform", ["web", "android", "ios", "api", "iOS", "ANDROID"])
    def test_known_names_stay_as_they_are_written(self, platform: str):
        assert one(events_mapper(platform=platform), {"id": "c-1"}).platform == platform
        mapper = events_mapper(platform="$.p")
        assert one(mapper, {"id": "c-1", "p": platform}).platform == platform

    def test_an_unknown_literal_does_not_compile(self):
        with pytest.raises(ConfigError, match=r"\$\.mappings\.platform.*'desktop'"):
            events_mapper(platform="desktop")

    @pytest.mark.parametrize("platform", ["desktop", 5, True, ["web"], {}])
    def test_an_unknown_value_is_an_invalid_payload(self, platform: Any):
        item = refused(events_mapper(platform="$.p"), {"id": "c-1", "p": platform})
        assert (item.code, item.path) == ("mapper.invalid_payload", "$['p']")


class TestA24TimeOfAUsersMapper:
    MAPPER = users_mapper(user_time="$.t", formats={"user_time": "dd-MM-yyyy HH:mm:ss"})

    def test_it_is_read_when_it_is_there(self):
        item = one(self.MAPPER, {"id": "c-1", "t": "25-10-2024 14:30:00"})
        assert (item.timestamp, item.event) == (1729866600000, None)

    @pytest.mark.parametrize(
        "payload", [{"id": "c-1"}, {"id": "c-1", "t": None}, {"id": "c-1", "t": ""}]
    )
    def test_it_may_be_missing(self, payload: Any):
        assert one(self.MAPPER, payload).timestamp is None

    def test_it_is_validated(self):
        assert refused(self.MAPPER, {"id": "c-1", "t": "soon"}).code == "mapper.invalid_time"

    def test_what_users_do_not_use_is_checked_warned_of_and_left_out(self):
        mapper = users_mapper(event_name="X", platform="web", app_version="1", attr={"a": "$.a"})
        item = one(mapper, {"id": "c-1", "a": 1})
        assert (item.event, item.platform, item.app_version, item.properties) == (
            None,
            None,
            None,
            {},
        )
        assert {each.code for each in mapper.warnings} == {"mapper.unused_field"}
        with pytest.raises(ConfigError, match="platform"):
            users_mapper(platform="desktop")
