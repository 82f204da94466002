from typing import Any

import pytest

from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.explain.explanation import Explanation, FieldExplanation, Match

RECEIVED = 1_767_225_600_000


def mapper(batching: bool = False, validations: Any = None, **mappings: Any) -> Mapper:
    usual = {"customer_id": "$.id", "event_name": "Seen", "user_time": "$.t", "platform": "web"}
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {**usual, **mappings},
            "batching": batching,
            "payload_validations": validations or {},
        }
    )


def explain(each: Mapper, payload: Any, **request: Any) -> Explanation:
    explanation = each.explain(payload, received_at_ms=RECEIVED, **request)
    assert explanation.result() == each.apply(payload, received_at_ms=RECEIVED, **request)
    return explanation


def field(explanation: Explanation, name: str, item: int = 0) -> FieldExplanation:
    (found,) = (each for each in explanation.items[item].fields if each.field == name)
    return found


def test_a_mapped_field_names_path_place_and_value():
    found = field(
        explain(mapper(batching=True, customer_id="$.o[*].id", user_time="$.o[*].t"),
                {"o": [{"id": "a-1", "t": 1704067201}, {"id": " a-2", "t": 1704067202}]}),
        "customer_id",
        item=1,
    )  # fmt: skip
    assert found.source == "$.o[*].id"
    assert found.matches == (Match("$['o'][1]['id']", " a-2"),)
    assert (found.value, found.reason) == ("a-2", None)


@pytest.mark.parametrize(
    ("payload", "reason", "note"),
    [
        ({}, "path_missing", "$['v'] leads nowhere."),
        ({"v": None}, "null", "The value is null, which is the same as missing."),
        ({"v": ""}, "empty", "The text is empty."),
        ({"v": True}, "wrong_type", "A boolean like this is no identifier."),
        ({"v": {}}, "wrong_type", "An object like this is no identifier."),
        ({"v": "guest"}, "blocked", "'guest' is a blocked value: it stands for nobody."),
    ],
)
def test_an_empty_identity_says_why(payload: Any, reason: str, note: str):
    found = field(explain(mapper(customer_id="$.v"), {"t": 1704067201, **payload}), "customer_id")
    assert (found.value, found.reason) == (None, reason)
    assert found.note == note
    assert found.refused is not None


def test_the_time_shows_what_was_tried():
    each = mapper(formats={"user_time": "dd-MM-yyyy HH:mm:ss"})
    good = field(explain(each, {"id": "c-1", "t": "25-10-2024 14:30:00"}), "timestamp")
    assert good.value == 1729866600000
    assert [(c.tried, c.outcome) for c in good.conversions] == [
        ("dd-MM-yyyy HH:mm:ss '25-10-2024 14:30:00'", "matches dd-MM-yyyy HH:mm:ss")
    ]
    bad = field(explain(each, {"id": "c-1", "t": "2024-10-25"}), "timestamp")
    assert bad.reason == "unreadable_time"
    assert [c.outcome for c in bad.conversions] == ["no time"]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (1704067200, "epoch seconds"),
        (1704067200000, "epoch milliseconds"),
        ("1704067200000000", "epoch microseconds"),
        (1704067200000000000, "epoch nanoseconds"),
        ("2024-10-25T14:30:00Z", "ISO 8601"),
        ("20241025", "a date in digits"),
        ("Fri, 25 Oct 2024 14:30:00 GMT", "RFC 2822"),
        ("Fri Oct 25 2024 14:30:00 GMT+0000 (UTC)", "JavaScript date"),
    ],
)
def test_the_form_of_a_time_without_pattern(value: Any, form: str):
    found = field(explain(mapper(), {"id": "c-1", "t": value}), "timestamp")
    assert [c.outcome for c in found.conversions] == [form]


def test_a_merged_time_names_both_places():
    merge: Any = {"#MERGE": {"user_time": {"date": "$.d", "time": "$.h"}}}
    each = mapper(user_time="#MERGE", **merge)
    found = field(explain(each, {"id": "c-1", "d": "2024-10-25", "h": "14:30"}), "timestamp")
    assert [match.path for match in found.matches] == ["$['d']", "$['h']"]
    assert found.source == "#MERGE $.d $.h"


@pytest.mark.parametrize(
    ("path", "payload", "suggestion"),
    [
        ("$.Email", {"email": "x"}, "$.email"),
        ("$.emial", {"email": "x"}, "$.email"),
        ("$.email", {"user": {"contact": {"email": "x"}}}, "$.user.contact.email"),
        ("$.user.email", {"user": {"e-mail": "x"}}, "$.user['e-mail']"),
        ("$.items[0].names", {"items": [{"name": "x"}]}, "$.items[0].name"),
        ("$.email", {"nothing": "like it"}, None),
        ("$.a.b.c", {"a": 5}, None),
        ("$..email", {}, None),
    ],
)
def test_did_you_mean(path: str, payload: Any, suggestion: str | None):
    each = mapper(attr={"x": path})
    found = field(explain(each, {"id": "c-1", "t": 1704067201, **payload}), "properties.x")
    assert (found.reason, found.suggestion) == ("path_missing", suggestion)


def test_did_you_mean_in_a_batch_keeps_the_wildcard():
    each = mapper(
        batching=True, customer_id="$.o[*].id", attr={"x": "$.o[*].totl"}, user_time="$.t"
    )
    explanation = explain(each, {"t": 1704067201, "o": [{"id": "a-1", "total": 5}]})
    assert field(explanation, "properties.x").suggestion == "$.o[*].total"


def test_did_you_mean_a_header():
    each = mapper(event_name="$headers.x-github-evnt")
    explanation = explain(each, {"id": "c-1", "t": 1704067201}, headers={"X-GitHub-Event": "push"})
    assert field(explanation, "event").suggestion == "$headers['x-github-event']"


def test_near_misses_give_up_on_huge_payloads():
    """A payload of half a million values is looked at only as far as the limit goes."""
    payload = {
        "id": "c-1",
        "t": 1704067201,
        "rows": {str(n): {"x": n} for n in range(100_000)},
        "z": {"w": 1},
    }
    found = field(explain(mapper(attr={"w": "$.w"}), payload), "properties.w")
    assert found.suggestion in (None, "$.z.w")


@pytest.mark.parametrize(
    ("more", "reason", "note"),
    [
        (..., "path_missing", "$['more'] leads nowhere."),
        (None, "null", "The value is null, which is the same as missing."),
        ([1], "wrong_type", "create_all copies the keys of an object; this is an array."),
        ({"a": {"b": 1}, "c": 2}, None, "Copied one level deep: a stays one object value."),
        ({"c": 2}, None, None),
    ],
)
def test_create_all_says_what_it_copied(more: Any, reason: str | None, note: str | None):
    payload = {"id": "c-1", "t": 1704067201, **({} if more is ... else {"more": more})}
    found = field(explain(mapper(attr={"create_all": "$.more"}), payload), "properties.create_all")
    assert (found.reason, found.note) == (reason, note)


def test_create_all_shows_what_the_item_gets_and_names_what_it_does_not():
    each = mapper(attr={"create_all": "$", "t": "$.id", "gone": "$.gone"})
    payload = {"id": "c-1", "t": 1704067201, "n": None, "gone": None, "o": {"n": None}}
    explanation = explain(each, payload)
    found = field(explanation, "properties.create_all")
    assert found.value == {"id": "c-1", "o": {"n": None}}
    assert found.note == (
        "Copied one level deep: o stays one object value. Left out, being null: n, gone. "
        "Mapped by name, which wins: t."
    )
    (item,) = explanation.result().mapped
    assert item.properties == {"id": "c-1", "o": {"n": None}, "t": "c-1"}
    (line,) = (line for line in explanation.text().splitlines() if "create_all" in line)
    assert line == "  = properties.create_all <- $ -> {'id': 'c-1', 'o': {'n': null}}"


def test_names_in_the_note_of_create_all_are_few_and_short():
    payload = {"id": "c-1", "t": 1704067201, "x" * 9_999: None, **{f"n{n}": None for n in range(9)}}
    found = field(explain(mapper(attr={"create_all": "$"}), payload), "properties.create_all")
    assert found.note is not None
    assert found.note.endswith("…, n0, n1, n2, n3 and 5 more.")
    assert len(found.note) < 200


def test_validations_say_what_was_found():
    each = mapper(validations={"$.n": "integer"})
    found = field(explain(each, {"id": "c-1", "t": 1704067201, "n": "5"}), "validation.$.n")
    assert (found.reason, found.note) == (
        "wrong_type",
        "$['n'] is a string, not of type integer.",
    )
    assert (
        field(explain(each, {"id": "c-1", "t": 1704067201, "n": 5}), "validation.$.n").reason
        is None
    )


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("text", "A body is an object or an array; this is a string."),
        ({"a": {}, "b": []}, "[*] needs an array at $['a']; this is an object."),
        ({"a": [1, 2], "b": [1]}, "same length; here: $['a'] 2, $['b'] 1."),
        ({}, "same length; here: $['a'] 0, $['b'] 0."),
    ],
)
def test_a_payload_refused_as_a_whole_says_why(body: Any, note: str):
    each = mapper(batching=True, customer_id="$.a[*].id", attr={"x": "$.b[*].x"})
    (item,) = explain(each, body).items
    assert note in str(item.note)


def test_the_text_for_a_terminal():
    each = mapper(attr={"plan": "$.plan", "city": "$.city"})
    text = explain(each, {"id": "c-1", "t": 1704067200, "Plan": "pro", "city": "Oslo"}).text()
    assert text == "\n".join(
        [
            "item 0 at $: mapped",
            "  = customer_id <- $.id -> 'c-1'",
            "      at $['id']: 'c-1'",
            "  = event <- 'Seen' -> 'Seen'",
            "  = timestamp <- $.t -> 1704067200000",
            "      at $['t']: 1704067200",
            "      tried 1704067200: epoch seconds",
            "  = platform <- 'web' -> 'web'",
            "  = app_version <- '1.0.0' -> '1.0.0'",
            "  - properties.plan <- $.plan",
            "      $['plan'] leads nowhere.",
            "      Did you mean $.Plan?",
            "  = properties.city <- $.city -> 'Oslo'",
            "      at $['city']: 'Oslo'",
        ]
    )


def test_the_text_of_a_refusal_names_the_message_and_the_place():
    text = explain(mapper(), {"t": 1704067201, "ID": "c-1"}).text()
    assert text.splitlines()[:4] == [
        "item 0 at $: refused, Required field 'Request.data.customer_id' is missing in the payload ($['id'])",
        "  ! customer_id <- $.id",
        "      $['id'] leads nowhere.",
        "      Did you mean $.ID?",
    ]


def test_values_in_texts_are_cut():
    text = explain(
        mapper(attr={"x": "$.x"}), {"id": "c-1", "t": 1704067201, "x": "y" * 10_000}
    ).text()
    assert max(map(len, text.splitlines())) < 200


def test_refusals_carry_the_text_of_explain_for_the_fields_that_refuse():
    mapper = compile_mapper(
        {
            "partner_name": "shop",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.users[*].email", "user_attributes": {"a": "$.x"}},
            "batching": True,
        }
    )
    payload: Any = {"users": [{"emial": "a@b.c"}, {"email": "a@b.c"}, {"email": "guest"}]}
    result = mapper.apply(payload, received_at_ms=0)
    explained = mapper.explain_refusals(result, payload, received_at_ms=0)
    assert [item.explanation for item in explained.rejected] == [
        "  ! customer_id <- $.users[*].email\n"
        "      $['users'][0]['email'] leads nowhere.\n"
        "      Did you mean $.users[*].emial?",
        "  ! customer_id <- $.users[*].email\n"
        "      at $['users'][2]['email']: 'guest'\n"
        "      'guest' is a blocked value: it stands for nobody.",
    ]
    assert explained.mapped == result.mapped


def test_of_a_large_batch_the_first_refusals_are_explained_and_the_rest_have_code_and_path():
    mapper = compile_mapper(
        {
            "partner_name": "shop",
            "mapping_type": "users",
            "mappings": {"customer_id": "$[*].email"},
            "batching": True,
        }
    )
    payload: Any = [{} for _ in range(5_000)]
    result = mapper.apply(payload, received_at_ms=0)
    explained = mapper.explain_refusals(result, payload, received_at_ms=0)
    assert [bool(item.explanation) for item in explained.rejected] == [True] * 20 + [False] * 4_980
    last = explained.rejected[-1]
    assert (last.code, last.path) == ("mapper.missing_field", "$[4999]['email']")


def test_advice_that_would_cost_too_much_is_left_out_and_the_refusal_stays():
    names = {f"custom{n:05}_id": n for n in range(20_000)}
    payload: Any = {"a": names, "b": [names, names]}
    fields = {f"custom_x{n}": f"$.a.custom_{n}_id" for n in range(30)}
    document = mapper(customer_id="$.a.custom_id", event_name="$.a.custom_e", attr=fields)
    result = document.apply(payload, received_at_ms=0)
    explained = document.explain_refusals(result, payload, received_at_ms=0)
    assert [item.code for item in explained.rejected] == ["mapper.missing_field"]


def test_a_refused_time_shows_the_value_what_was_tried_and_what_is_accepted():
    explained = refusals(mapper(), {"id": "c-1", "t": "soon"}) or ""
    assert explained.splitlines()[:3] == [
        "  ! timestamp <- $.t",
        "      at $['t']: 'soon'",
        "      tried 'soon': no time",
    ]
    assert "\n      The time 'soon' could not be read. Accepted: " in explained


def test_every_field_that_refuses_is_explained_as_in_the_whole_text():
    document = mapper(customer_id="$.id", event_name="$.e", platform="$.p", attr={"x": "$.x"})
    payload = {"id": "c-1", "e": [1], "t": None, "p": "amiga"}
    lines = (refusals(document, payload) or "").splitlines()
    assert lines == [
        "  ! event <- $.e",
        "      at $['e']: [1]",
        "      An array like this is no text.",
        "  ! timestamp <- $.t",
        "      at $['t']: null",
        "      The value is null, which is the same as missing.",
        "  ! platform <- $.p",
        "      at $['p']: 'amiga'",
        "      The platform is none of web, android, ios, api.",
    ]
    whole = explain(document, payload).text().splitlines()
    assert [line for line in whole if line in lines] == lines
    assert "  - properties.x <- $.x" in whole


def test_a_payload_that_is_cut_into_no_records_is_explained_by_its_note():
    document = mapper(customer_id="$.o[*].id", user_time="$receivedAt", batching=True)
    text = refusals(document, {"o": {"id": "c-1"}})
    assert text is not None
    assert text.startswith("  ! ")
    assert text in explain(document, {"o": {"id": "c-1"}}).text()


def test_of_very_many_places_the_first_are_listed():
    document = mapper(validations={"$.o[*].a": "string"})
    text = refusals(document, {"id": "c-1", "t": 1704067201, "o": [{"a": "x"}] * 999 + [{"a": 1}]})
    lines = (text or "").splitlines()
    assert lines[1] == "      at $['o'][0]['a']: 'x'"
    assert lines[20:] == [
        "      at $['o'][19]['a']: 'x'",
        "      and at 980 more places",
        "      $['o'][999]['a'] is a number, not of type string.",
    ]


def test_a_value_that_only_other_elements_have_is_no_suggestion():
    each = mapper(customer_id="$.o[*].id", user_time="$receivedAt", batching=True)
    payload = {"o": [{"id": "c-1"}, {}]}
    assert field(explain(each, payload), "customer_id", item=1).suggestion is None


def test_an_object_of_very_many_names_is_not_compared_with_all_of_them():
    """Only as many as a person would write; the exact spelling in another case is found among more."""
    crowd = {f"customer{n:05}": n for n in range(50_000)}
    text = refusals(mapper(customer_id="$.customer"), {"CUSTOMER": "c-1", **crowd})
    assert "Did you mean $.CUSTOMER?" in (text or "")


def refusals(mapper: Mapper, payload: Any) -> str | None:
    result = mapper.apply(payload, received_at_ms=RECEIVED)
    (item,) = mapper.explain_refusals(result, payload, received_at_ms=RECEIVED).rejected
    return item.explanation
