"""Values no sender should send, and what the compiled mapper may never do."""

import copy
import keyword
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.cases.case import run_case
from heliograph.mapping.cases.case_files import MapperFile, find_mappers

EXAMPLES = Path(__file__).parents[4] / "examples" / "mappers"


def mapper(batching: bool = False, **mappings: Any) -> Mapper:
    usual = {"customer_id": "$.id", "event_name": "$.e", "user_time": "$.t", "platform": "web"}
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {**usual, **mappings},
            "batching": batching,
        }
    )


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


GOOD = {"id": "c-1", "e": "Seen", "t": 1704067200}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(nested(100_000), id="deep"),
        pytest.param(10**5000, id="5001-digits"),
        pytest.param("x" * 1_000_000, id="long"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param({"\ud800": "\udfff"}, id="surrogate-key"),
        pytest.param({"": {"": ""}}, id="empty-key"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="inf"),
        pytest.param("\u0000", id="nul"),
        pytest.param("\u202e名前😀", id="unicode"),
    ],
)
class TestStrangeValues:
    def test_attributes_keep_them_as_they_are(self, value: Any):
        each = mapper(attr={"v": "$.v", "create_all": "$.all"}, user_attributes={"v": "$.v"})
        payload = {**GOOD, "v": value, "all": {"k": value}}
        (item,) = each.apply(payload, received_at_ms=0).mapped
        assert item.properties["v"] is value
        assert item.properties["k"] is value
        assert item.traits["v"] is value

    @pytest.mark.parametrize(
        "key", ["customer_id", "anon_id", "event_name", "user_time", "app_version"]
    )
    def test_fields_read_or_refuse_them(self, value: Any, key: str):
        change: Any = {key: "$.v"}
        result = mapper(**change).apply({**GOOD, "v": value}, received_at_ms=0)
        assert len(result.mapped) + len(result.rejected) == 1
        for item in result.rejected:
            assert item.code in {
                "mapper.missing_field",
                "mapper.invalid_payload",
                "mapper.invalid_time",
            }
            assert len(item.message) < 1_000

    def test_explain_has_an_answer_too(self, value: Any):
        each = mapper(attr={"v": "$.v", "near": "$.ve"}, user_time="$.v")
        assert each.explain({**GOOD, "v": value}, received_at_ms=0).items


def test_descending_into_a_deep_payload_finds_what_is_there():
    each = mapper(batching=True, customer_id="$[*].id", event_name="E", user_time="$[*].t",
                  attr={"x": "$[*]..x"})  # fmt: skip
    deep = {"id": "a-2", "t": 1704067201, "more": nested(500), "last": {"x": 6}}
    result = each.apply([{"id": "a-1", "t": 1704067201, "x": 5}, deep], received_at_ms=0)
    assert [item.properties["x"] for item in result.mapped[:1]] == [5]
    assert result.rejected == []


HOSTILE = [
    "'", '"', "\\", "\n", "{}", "');import os;('", "__import__('os').system('x')", "#", "\u2028",
    "\x00", "body", "customer_id", "C0", "%s", "{body}", "a.b", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_literals_are_data_and_never_code(name: str):
    """The generated text holds only our words, whatever the document holds; the mapping is right."""
    quoted = "$['" + name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "']"
    if any(
        (ord(character) < 0x20 and character != "\n") or character == "\ud800" for character in name
    ):
        quoted = "$.plain"
    each = mapper(
        event_name=name if name.strip() else "E", attr={name: quoted, "l": name, "m": [name]}
    )
    ours = re.compile(r"[\w\s\[\]{}().,:=<>!_+*-]*")
    assert ours.fullmatch(each.source.replace("(body, /, *,", "(body, *,", 1))
    words = set(re.findall(r"[A-Za-z_]\w*", each.source)) - set(keyword.kwlist)
    assert all(re.fullmatch(r"C\d+|[a-z]_?\d*|[a-zA-Z_]+", word) for word in words)
    (item,) = each.apply({**GOOD, name: "hit", "plain": "hit"}, received_at_ms=0).mapped
    assert item.properties == {name: "hit", "l": name, "m": [name]}


def test_the_payload_is_never_changed_and_the_result_is_the_same_again():
    each = mapper(
        batching=True,
        customer_id="$.rows[*].id",
        event_name="$.rows[*].e",
        user_time="$.rows[*].t",
        attr={"create_all": "$.rows[*]", "all": "$.rows[*].tags", "x": 1},
    )
    payload: Any = {"rows": [{**GOOD, "tags": ["a", None], "n": None}, {**GOOD, "id": None}, {}]}
    before = copy.deepcopy(payload)
    first = each.apply(payload, received_at_ms=5)
    first.mapped[0].properties["added"] = 1
    assert payload == before
    second = each.apply(payload, received_at_ms=5)
    assert "added" not in second.mapped[0].properties
    assert list(second.mapped[0].properties) == ["id", "e", "t", "tags", "all", "x"]


def test_one_mapper_serves_many_threads():
    each = mapper(attr={"n": "$.n"})
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda n: each.apply({**GOOD, "n": n}, received_at_ms=0), range(2_000))
        )
    assert [result.mapped[0].properties["n"] for result in results] == list(range(2_000))


def test_the_payload_is_given_by_position_only():
    with pytest.raises(TypeError, match="positional-only"):
        mapper().apply(body={}, received_at_ms=0)  # type: ignore[call-arg]


@pytest.mark.parametrize("file", find_mappers(EXAMPLES), ids=lambda file: file.name)
def test_the_worked_examples_give_what_their_cases_say(file: MapperFile):
    each = file.compile(timezone="UTC")
    assert file.cases
    for case in file.cases:
        result = run_case(each, case.read())
        assert (case.name, result.state, result.diff) == (case.name, "passed", ())


def test_all_examples_of_the_page_and_both_partners_are_there():
    assert {file.name for file in find_mappers(EXAMPLES)} >= {
        "contact-form/submissions",
        "bulk-orders/orders",
        "webinar/registrations",
        "crm/users",
        "anonymous-browsing/events",
        "crm-dynamic/users",
        "crm-dynamic/events",
        "heap-analytics/events",
        "heap-analytics/users",
        "behamics-signals/events",
    }


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("$.o[*].id", {"o": [{}, 5, {"id": None}, GOOD]}),
        ("$[*][*].id", [[{}, GOOD], [], [{"id": None}]]),
        ("$['it\\'s'].x[*]['a b'][0].id", {"it's": {"x": [{"a b": [{}]}, {}]}}),
        ("$.o[1].p[*].q[*].id", {"o": [0, {"p": [{"q": [{}]}, {"q": [{}, GOOD]}]}]}),
    ],
)
def test_items_without_a_customer_are_refused_at_once_and_at_the_right_place(
    path: str, payload: Any
):
    """The generated code refuses them itself; place, message and item are those of the definition."""
    each = mapper(batching=True, customer_id=path, event_name="E", user_time="$receivedAt")
    result = each.apply(payload, received_at_ms=0)
    assert result.rejected
    assert "rejected.append(RejectedItem(" in each.source
    assert result == each.explain(payload, received_at_ms=0).result()
