from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.document.problems import WARNINGS

MAPPINGS: dict[str, Any] = {
    "customer_id": "$.id",
    "event_name": "Seen",
    "user_time": "$.t",
    "platform": "web",
    "app_version": "1.0.0",
}


def document(*, mappings: Any = ..., **top: Any) -> Any:
    base: dict[str, Any] = {
        "partner_name": "test",
        "mapping_type": "events",
        "mappings": MAPPINGS if mappings is ... else mappings,
        "batching": False,
        "payload_validations": {},
    }
    return {key: value for key, value in {**base, **top}.items() if value is not ...}


def problem(source: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        compile_mapper(source)
    assert caught.value.code == "mapper.invalid"
    return caught.value


def test_the_skeleton_of_the_page_compiles_without_a_warning():
    mapper = compile_mapper(
        {
            "partner_name": "integration_name",
            "mapping_type": "events",
            "mappings": {
                "customer_id": "$.user_id",
                "event_name": "$.event_type",
                "user_time": "$.timestamp",
                "platform": "web",
                "app_version": "1.0.0",
                "attr": {"custom_field": "$.field_name"},
                "user_attributes": {"u_em": "$.email"},
            },
            "batching": False,
            "payload_validations": {},
        }
    )
    assert (mapper.partner, mapper.kind, mapper.warnings) == ("integration_name", "events", ())


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (None, "$"),
        ([], "$"),
        ("text", "$"),
        (document(mappings=...) | {"mappings": None}, "$.mappings"),
        (document(mappings=[]), "$.mappings"),
        (document(partner_name=...), "$.partner_name"),
        (document(partner_name="Test"), "$.partner_name"),
        (document(partner_name="a/b"), "$.partner_name"),
        (document(partner_name=5), "$.partner_name"),
        (document(mapping_type=...), "$.mapping_type"),
        (document(mapping_type="event"), "$.mapping_type"),
        (document(mapping_type=True), "$.mapping_type"),
        (document(batching="true"), "$.batching"),
        (document(batching=1), "$.batching"),
        (document(timezone="Mars/Olympus"), "$.timezone"),
        (document(timezone=5), "$.timezone"),
        (document(payload_validations=[]), "$.payload_validations"),
        (document(payload_validations={"event": "string"}), "$.payload_validations.event"),
        (document(payload_validations={"$.a": "text"}), "$.payload_validations['$.a']"),
        (document(payload_validations={"$.a": None}), "$.payload_validations['$.a']"),
        (document(payload_validations={"$.a-b": "string"}), "$.payload_validations['$.a-b']"),
        (document(bathcing=True), "$.bathcing"),
        (document(formats={}), "$.formats"),
        (document(attr={}), "$.attr"),
    ],
)
def test_problems_beside_the_mappings(source: Any, where: str):
    assert problem(source).where == where


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"customer_id": None}, "$.mappings.customer_id"),
        ({"customer_id": "email"}, "$.mappings.customer_id"),
        ({"customer_id": 5}, "$.mappings.customer_id"),
        ({"customer_id": {}}, "$.mappings.customer_id"),
        ({"customer_id": "$.a["}, "$.mappings.customer_id"),
        ({"customer_id": "$.a[*]"}, "$.mappings.customer_id"),
        ({"customer_id": "$.a[0:2]"}, "$.mappings.customer_id"),
        ({"anon_id": "session"}, "$.mappings.anon_id"),
        ({"event_name": None}, "$.mappings.event_name"),
        ({"event_name": ""}, "$.mappings.event_name"),
        ({"event_name": " "}, "$.mappings.event_name"),
        ({"event_name": True}, "$.mappings.event_name"),
        ({"event_name": ["a"]}, "$.mappings.event_name"),
        ({"user_time": None}, "$.mappings.user_time"),
        ({"user_time": 1704067200}, "$.mappings.user_time"),
        ({"user_time": "#MERGE"}, "$.mappings.user_time"),
        ({"user_time": "#merge"}, "$.mappings.user_time"),
        ({"platform": None}, "$.mappings.platform"),
        ({"platform": "desktop"}, "$.mappings.platform"),
        ({"app_version": {}}, "$.mappings.app_version"),
        ({"attr": []}, "$.mappings.attr"),
        ({"attr": {"a": {"b": "$.c"}}}, "$.mappings.attr.a"),
        ({"attr": {"a": ["$.c"]}}, "$.mappings.attr.a"),
        ({"attr": {"a b": "$.c["}}, "$.mappings.attr['a b']"),
        ({"attr": {"create_all": "more"}}, "$.mappings.attr.create_all"),
        ({"attr": {"create_all": True}}, "$.mappings.attr.create_all"),
        ({"attr": {"create_all": "$.a[*]"}}, "$.mappings.attr.create_all"),
        ({"user_attributes": "x"}, "$.mappings.user_attributes"),
        ({"update_existing_only": "yes"}, "$.mappings.update_existing_only"),
        ({"formats": {"user_time": "MM/DD/YYYY"}}, "$.mappings.formats.user_time"),
        ({"formats": {"user_time": 5}}, "$.mappings.formats.user_time"),
        ({"formats": "yyyy"}, "$.mappings.formats"),
        ({"user_time": "#MERGE", "#MERGE": {"user_time": {"date": "$.d"}}},
         "$.mappings['#MERGE'].user_time.time"),
        ({"user_time": "#MERGE", "#MERGE": {"user_time": {"date": "$.d", "time": "noon"}}},
         "$.mappings['#MERGE'].user_time.time"),
        ({"user_time": "#MERGE", "#MERGE": {"user_time": "$.d"}},
         "$.mappings['#MERGE'].user_time"),
        ({"batching": True}, "$.mappings.batching"),
        ({"custmer_id": "$.id"}, "$.mappings.custmer_id"),
        ({"customer_id": "$headers.a.b"}, "$.mappings.customer_id"),
        ({"customer_id": "$receivedAt.x"}, "$.mappings.customer_id"),
        ({"customer_id": "$" + ".a" * 101}, "$.mappings.customer_id"),
    ],
)  # fmt: skip
def test_problems_inside_the_mappings(change: Any, where: str):
    error = problem(document(mappings={**MAPPINGS, **change}))
    if error.where is None:
        assert f"\n- {where}: " in error.message
    else:
        assert error.where == where


def test_all_problems_are_reported_at_once_with_what_was_found_and_allowed():
    error = problem(
        {
            "partner_name": "Test",
            "mapping_type": "evnts",
            "mappings": {
                "customer_id": "email",
                "event_name": "$.a-b",
                "user_time": "$.o[*].t",
                "formts": {},
                "attr": {"x": {"y": "$.z"}},
            },
        }
    )
    assert str(error).splitlines()[0] == "The mapper document has 8 problems."
    for expected in (
        "$.partner_name: partner_name is a lower-case identifier. Found: 'Test'. Allowed: lower-case",
        '$.mapping_type: This mapping_type is not known. Found: \'evnts\'. Allowed: "events" or "users".',
        "$.mappings.formts: formts is not known. Did you mean formats?",
        "$.mappings.customer_id: This is a literal, so customer_id would be the same person",
        "Write $.email for the payload's email.",
        "$.mappings.event_name: '$.a-b' is no JSONPath of RFC 9535",
        "The standard spelling is $['a-b'] ",
        "$.mappings.user_time: This path gives a list",
        "$.mappings.platform: An events mapper needs platform.",
        "$.mappings.attr.x: An object is neither a path nor a literal.",
    ):
        assert expected in error.message


def test_the_workspaces_zone_is_checked_too():
    with pytest.raises(ConfigError, match="'Nowhere' is not known") as caught:
        compile_mapper(document(), timezone="Nowhere")
    assert caught.value.where == "the workspace's timezone"


DOUBTFUL: list[tuple[Any, str, str]] = [
    (document(description="ours"), "mapper.unknown_key", "$.description"),
    (document(mappings={**MAPPINGS, "xyz": 1}), "mapper.unknown_key", "$.mappings.xyz"),
    (document(batching=True), "mapper.batching_without_wildcard", "$.batching"),
    (
        document(mappings={**MAPPINGS, "attr": {"a": "$.b[*].c"}}),
        "mapper.wildcard_as_list",
        "$.mappings.attr.a",
    ),
    (
        document(mappings={**MAPPINGS, "customer_id": "$..id"}),
        "mapper.first_match",
        "$.mappings.customer_id",
    ),
    (
        document(mappings={**MAPPINGS, "formats": {"u_bd": "yyyy-MM-dd"}}),
        "mapper.format_ignored",
        "$.mappings.formats.u_bd",
    ),
    (
        document(mappings={**MAPPINGS, "#MERGE": {"user_time": {"date": "$.d", "time": "$.t"}}}),
        "mapper.merge_ignored",
        "$.mappings['#MERGE'].user_time",
    ),
    (
        document(mappings={**MAPPINGS, "attr": {"a": ".email"}}),
        "mapper.literal_like_path",
        "$.mappings.attr.a",
    ),
    (
        document(mappings={**MAPPINGS, "attr": {"a": "$email"}}),
        "mapper.literal_like_path",
        "$.mappings.attr.a",
    ),
    (
        document(mappings={**MAPPINGS, "attr": {"a": None}}),
        "mapper.null_literal",
        "$.mappings.attr.a",
    ),
    (document(mapping_type="users"), "mapper.unused_field", "$.mappings.event_name"),
]


@pytest.mark.parametrize(("source", "code", "where"), DOUBTFUL)
def test_warnings(source: Any, code: str, where: str):
    warnings = compile_mapper(source).warnings
    assert (code, where) in {(each.code, each.where) for each in warnings}
    assert {each.code for each in warnings} <= set(WARNINGS)


def test_every_warning_is_documented_by_a_case():
    """Each code of WARNINGS occurs in the list above or in the test of its reading (side by side)."""
    assert {code for _, code, _ in DOUBTFUL} | {"mapper.arrays_side_by_side"} == set(WARNINGS)


def test_app_version_has_its_documented_default():
    mappings = {key: value for key, value in MAPPINGS.items() if key != "app_version"}
    mapper = compile_mapper(document(mappings=mappings))
    (item,) = mapper.apply({"id": "c-1", "t": 1704067200}, received_at_ms=0).mapped
    assert item.app_version == "1.0.0"


@pytest.mark.parametrize(("version", "text"), [(2, "2"), (1.5, "1.5"), ("3.1", "3.1"), (4.0, "4")])
def test_numbers_as_version_and_event_name_become_text(version: Any, text: str):
    payload = {"id": "c-1", "t": 1704067200, "v": version}
    for value in (version, "$.v"):
        mapper = compile_mapper(
            document(mappings={**MAPPINGS, "app_version": value, "event_name": value})
        )
        (item,) = mapper.apply(payload, received_at_ms=0).mapped
        assert (item.app_version, item.event) == (text, text)


@pytest.mark.parametrize("key", ["event_name", "app_version"])
@pytest.mark.parametrize("value", [True, [], {}, ["a"]])
def test_other_types_as_text_are_an_invalid_payload(key: str, value: Any):
    mapper = compile_mapper(document(mappings={**MAPPINGS, key: "$.v"}))
    (item,) = mapper.apply({"id": "c-1", "t": 1704067201, "v": value}, received_at_ms=0).rejected
    assert (item.code, item.path) == ("mapper.invalid_payload", "$['v']")


def test_chains_have_a_limit():
    error = problem(
        document(batching=True, mappings={**MAPPINGS, "customer_id": "$" + "[*]" * 9 + ".id"})
    )
    assert "too many arrays" in error.message
    deepest = "$" + "[*]" * 8 + ".id"
    compile_mapper(document(batching=True, mappings={**MAPPINGS, "customer_id": deepest}))


def test_one_hundred_steps_work():
    mapper = compile_mapper(document(mappings={**MAPPINGS, "customer_id": "$" + ".a" * 100}))
    payload: Any = "c-1"
    for _ in range(100):
        payload = {"a": payload}
    (item,) = mapper.apply({**payload, "t": 1704067201}, received_at_ms=0).mapped
    assert item.customer_id == "c-1"
