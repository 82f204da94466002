"""Cases say whether a mapper gives what its author expects, exactly and readably."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.cases.case import Case, as_expectation, read_case, run_case
from heliograph.mapping.cases.case_files import find_mappers, timezone_of
from heliograph.mapping.cases.junit import Check, as_junit
from heliograph.model.json import Json, JsonObject

DOCUMENT: JsonObject = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].email",
        "event_name": "Order",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"total": "$.orders[*].total", "topic": "$headers.x-topic", "q": "$query.q"},
    },
    "batching": True,
    "payload_validations": {},
}
MAPPER = compile_mapper(DOCUMENT)
PAYLOAD: Json = {"orders": [{"email": "a@b.c", "total": 1}, {"total": 2}]}
EVENT: JsonObject = {
    "customer_id": "a@b.c",
    "event": "Order",
    "timestamp": 1704067200000,
    "platform": "web",
    "app_version": "1.0.0",
    "properties": {"total": 1},
}


def test_empty_fields_and_unasked_keys_of_rejected_items_may_be_left_out() -> None:
    case = Case(payload=PAYLOAD, expect={"events": [EVENT], "rejected": [{"index": 1}]})
    assert run_case(MAPPER, case).state == "passed"
    full: JsonObject = {**EVENT, "anonymous_id": None, "traits": {}}
    asked: JsonObject = {"index": 1, "code": "mapper.missing_field"}
    case = Case(payload=PAYLOAD, expect={"events": [full], "rejected": [asked]})
    assert run_case(MAPPER, case).state == "passed"


@pytest.mark.parametrize(
    "expect",
    [
        {"events": [EVENT]},
        {"events": [EVENT], "rejected": [{"index": 0}]},
        {"events": [EVENT], "rejected": [{"index": 1}, {"index": 2}]},
        {"events": [EVENT, EVENT], "rejected": [{"index": 1}]},
        {"events": [{**EVENT, "properties": {"total": 1.0}}], "rejected": [{"index": 1}]},
        {"events": [{**EVENT, "properties": {"total": True}}], "rejected": [{"index": 1}]},
        {"events": [{**EVENT, "extra": 1}], "rejected": [{"index": 1}]},
        {"events": [EVENT], "rejected": [{"index": 1}], "evnts": []},
        {"events": "none", "rejected": [{"index": 1}]},
        {},
    ],
)
def test_anything_else_fails_with_a_diff(expect: JsonObject) -> None:
    result = run_case(MAPPER, Case(payload=PAYLOAD, expect=expect))
    assert result.state == "failed"
    assert any(line.startswith(("+", "-")) for line in result.diff)


def test_the_diff_shows_both_values() -> None:
    wrong: JsonObject = {**EVENT, "properties": {"total": 3}}
    case = Case(payload=PAYLOAD, expect={"events": [wrong], "rejected": [{"index": 1}]})
    diff = run_case(MAPPER, case).diff
    assert '-        "total": 3' in diff
    assert '+        "total": 1' in diff


def test_a_case_without_expectation_is_new_and_what_is_written_for_it_passes() -> None:
    case = Case(payload=PAYLOAD)
    result = run_case(MAPPER, case)
    assert result.state == "new"
    expect = as_expectation(result.actual)
    assert expect["events"] == [EVENT]
    assert run_case(MAPPER, Case(payload=PAYLOAD, expect=expect)).state == "passed"


def test_headers_query_and_time_reach_the_mapper() -> None:
    case = Case(
        payload={"orders": [{"email": "a@b.c"}]},
        headers={"X-Topic": "orders/create"},
        query={"q": "1"},
        received_at="2024-10-25T14:30:00+02:00",
    )
    event = as_expectation(run_case(MAPPER, case).actual)["events"]
    assert event == [
        {
            **EVENT,
            "timestamp": 1729859400000,
            "properties": {"topic": "orders/create", "q": "1"},
        }
    ]


def test_a_string_is_the_body_of_another_type() -> None:
    mappings: JsonObject = {
        **DOCUMENT["mappings"],  # type: ignore[dict-item]
        "customer_id": "$.email",
        "attr": {},
    }
    form = compile_mapper({**DOCUMENT, "mappings": mappings, "batching": False})
    case = Case(payload="email=a%40b.c", content_type="application/x-www-form-urlencoded")
    events = as_expectation(run_case(form, case).actual)["events"]
    assert isinstance(events, list)
    assert len(events) == 1
    unreadable = run_case(
        form, Case(payload="{", expect={"rejected": [{"code": "body.unreadable"}]})
    )
    assert unreadable.state == "passed"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"payload":1,"expected":{}}', '{"payload":1,"headers":{"a":1}}']
)
def test_a_file_that_is_no_case_is_named(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_case(text.encode(), where="cases/a.json")
    assert caught.value.where == "cases/a.json"


def test_a_received_at_that_is_no_time_is_named() -> None:
    with pytest.raises(ConfigError, match="soon"):
        run_case(MAPPER, Case(payload=PAYLOAD, received_at="soon"))


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        write(tmp_path / "mappers/shop/orders.json", DOCUMENT)
        write(tmp_path / "mappers/shop/orders/cases/b.json", {"payload": PAYLOAD})
        write(tmp_path / "mappers/shop/orders/cases/a.json", {"payload": PAYLOAD})
        write(tmp_path / "mappers/crm/contacts.json", DOCUMENT)
        write(tmp_path / "blueprints/x.json", {})
        (tmp_path / "workspace.toml").write_text('timezone = "Asia/Kolkata"\n', encoding="utf-8")
        return tmp_path

    @pytest.mark.parametrize("below", ["", "mappers"])
    def test_mappers_and_cases_are_found_in_order(self, folder: Path, below: str) -> None:
        found = find_mappers(folder / below)
        assert [(each.name, [case.name for case in each.cases]) for each in found] == [
            ("crm/contacts", []),
            ("shop/orders", ["a", "b"]),
        ]

    def test_one_partner_and_one_file_can_be_named(self, folder: Path) -> None:
        for place in ("mappers/shop", "mappers/shop/orders.json"):
            assert [each.name for each in find_mappers(folder / place)] == ["shop/orders"]

    def test_the_workspaces_zone_is_found_from_each_of_them(self, folder: Path) -> None:
        for place in ("", "mappers", "mappers/shop"):
            assert timezone_of(folder / place) == "Asia/Kolkata"

    def test_writing_an_expectation_keeps_the_rest_of_the_file(self, folder: Path) -> None:
        path = folder / "mappers/shop/orders/cases/a.json"
        write(path, {"note": "ünïcode", "payload": PAYLOAD, "received_at": 5})
        case = find_mappers(folder / "mappers/shop")[0].cases[0]
        case.write_expect({"events": []})
        text = path.read_text(encoding="utf-8")
        assert list(json.loads(text)) == ["note", "payload", "received_at", "expect"]
        assert "ünïcode" in text
        assert text.endswith("}\n")

    @pytest.mark.parametrize(
        "data",
        [
            b'{"payload": {"note": "\\ud800"}, "expect": {"events": []}}',
            b'\xef\xbb\xbf{"payload": {"note": "\xef\xbf\xbd"}, "expect": {"events": []}}',
            '{"payload": {"note": "\ufffd"}, "expect": {"events": []}}'.encode("utf-16"),
        ],
    )
    def test_a_case_is_read_as_leniently_as_a_body(self, folder: Path, data: bytes) -> None:
        path = folder / "mappers/shop/orders/cases/a.json"
        path.write_bytes(data)
        case = find_mappers(folder / "mappers/shop")[0].cases[0]
        assert case.read().payload == {"note": "\ufffd"}
        case.write_expect({"events": [1]})
        again = case.read()
        assert (again.payload, again.expect) == ({"note": "\ufffd"}, {"events": [1]})

    def test_writing_an_expectation_keeps_half_a_surrogate_pair(self, folder: Path) -> None:
        path = folder / "mappers/shop/orders/cases/a.json"
        path.write_bytes(b'{"payload": {"note": "\\ud800"}}')
        find_mappers(folder / "mappers/shop")[0].cases[0].write_expect({"events": []})
        assert rb'"note": "\ud800"' in path.read_bytes()

    def test_integers_of_a_case_stay_exact(self, folder: Path) -> None:
        path = folder / "mappers/shop/orders/cases/a.json"
        path.write_bytes(b'{"payload": {"id": 9007199254740993123456789}}')
        case = find_mappers(folder / "mappers/shop")[0].cases[0].read()
        assert case.payload == {"id": 9007199254740993123456789}
        assert b"9007199254740993123456789" in case.body

    def test_a_mapper_file_that_is_no_json_is_named(self, folder: Path) -> None:
        path = folder / "mappers/shop/orders.json"
        path.write_text("{", encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            find_mappers(path)[0].compile(timezone="UTC")
        assert caught.value.where == str(path)


def test_junit_counts_and_keeps_failures() -> None:
    checks = [
        Check(suite="a/b", name="one"),
        Check(suite="a/b", name="two", failure="The mapper\n- <x>\x00"),
        Check(suite="c/d", name="one"),
    ]
    root = ElementTree.fromstring(as_junit(checks))
    suites = [(each.get("name"), each.get("tests"), each.get("failures")) for each in root]
    assert suites == [("a/b", "2", "1"), ("c/d", "1", "0")]
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text == "The mapper\n- <x>�"
