"""A path in the spelling of another dialect is refused or doubted, wherever a literal may stand."""

from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.lint.check import lint


def document(**mappings: Any) -> Any:
    usual = {
        "customer_id": "$.id",
        "event_name": "Seen",
        "user_time": "$receivedAt",
        "platform": "web",
    }
    return {
        "partner_name": "test",
        "mapping_type": "events",
        "mappings": {**usual, **mappings},
    }


def warnings(**mappings: Any) -> list[tuple[str, str]]:
    return [
        (each.code, f"{each.where}: {each.message}")
        for each in compile_mapper(document(**mappings)).warnings
    ]


def refusal(**mappings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        compile_mapper(document(**mappings))
    return str(caught.value)


ONLY_PATHS = [
    ("$event.type", "$.event.type"),
    ("$event['type']", "$.event['type']"),
    ("$$.a", "$.a"),
    (" $.a", "$.a"),
    ("{{ $.a }}", "$.a"),
    ("{{event.type}}", "$.event.type"),
    ("={{ $json.a }}", "$.a"),
    ("${a.b}", "$.a.b"),
    ("${a}", "$.a"),
    ("$header.x-topic", "$headers.x-topic"),
    ("$Headers.x", "$headers.x"),
    ("{{ headers.x-topic }}", "$headers.x-topic"),
    ("$Query['topic']", "$query['topic']"),
    ("$query_params.topic", "$query.topic"),
]


@pytest.mark.parametrize(("text", "standard"), ONLY_PATHS)
@pytest.mark.parametrize("key", ["event_name", "app_version", "attr", "user_attributes"])
def test_what_can_only_be_a_path_is_refused(key: str, text: str, standard: str):
    if key in ("attr", "user_attributes"):
        message = refusal(**{key: {"x": text}})
        assert message.startswith(f"$.mappings.{key}.x: ")
    else:
        message = refusal(**{key: text})
        assert message.startswith(f"$.mappings.{key}: ")
    assert "This is neither a path nor a literal" in message
    assert repr(text) in message
    assert f"The standard spelling is {standard} (" in message


def test_a_list_of_literals_is_looked_through():
    assert "The standard spelling is $.a.b (" in refusal(attr={"x": ["blue", "${a.b}"]})


MAYBE_PATHS = [
    ("$email", "$.email"),
    (".email", "$.email"),
    (".a[0].b", "$.a[0].b"),
    ("@.a", "$.a"),
    ("@['a b']", "$['a b']"),
    ("#/a/b", "$.a.b"),
    ("data.items[0].id", "$.data.items[0].id"),
    ("items[*].id", "$.items[*].id"),
    ("items[].id", "$.items[*].id"),
    ("user['name']", "$.user['name']"),
    ("$receivedat", "$receivedAt"),
    ("headers[0]", "$.headers[0]"),
]


@pytest.mark.parametrize(("text", "standard"), MAYBE_PATHS)
def test_what_may_be_a_path_is_doubted(text: str, standard: str):
    for mappings, where in (
        ({"attr": {"x": text}}, "$.mappings.attr.x"),
        ({"event_name": text}, "$.mappings.event_name"),
    ):
        ((code, message),) = warnings(**mappings)
        assert code == "mapper.literal_like_path"
        assert message.startswith(f"{where}: {text!r} is used as it is: it is no path. ")
        assert f"The standard spelling is {standard} (" in message


@pytest.mark.parametrize("text", ["a.b", "user.email", "user.contact.first-name", "Order.Total"])
def test_dotted_names_are_doubted_in_attributes_only(text: str):
    ((code, message),) = warnings(attr={"x": text})
    assert code == "mapper.literal_like_path"
    assert "The standard spelling is $." in message
    assert warnings(event_name=text) == []


@pytest.mark.parametrize("text", ["event.type", "data.event_name", "body.topic"])
def test_a_dotted_name_for_the_payloads_kind_of_event_is_doubted(text: str):
    ((_, message),) = warnings(event_name=text)
    assert f"The standard spelling is $.{text} (" in message


@pytest.mark.parametrize(
    "text",
    ["v1.2", "1.0.0", "shop.com", "Booking.com", "Node.js", "ASP.NET", "Order Placed.", "$5 off",
     "$ 5", "Save $5.00", "a/b", "/pricing", "#MERGE", "#1", "@ada", "user@shop.com", "[new]", "{x}",
     "Hello, Ada. Welcome", "https://shop.com/a?b[0]=1", "", " padded "],
)  # fmt: skip
def test_texts_stay_literals(text: str):
    assert warnings(attr={"x": text}) == []
    mapper = compile_mapper(document(attr={"x": text}))
    (item,) = mapper.apply({"id": "c-1"}, received_at_ms=0).mapped
    assert item.properties == {"x": text}


@pytest.mark.parametrize("text", ["order.created", "Order Placed.", "$5 Coupon Used", "v1.2"])
def test_names_of_events_stay_literals(text: str):
    assert warnings(event_name=text) == []


def test_a_vendors_name_of_an_event_with_a_dollar_is_doubted_and_kept():
    """Some analytics products name their own events `$pageview`."""
    mapper = compile_mapper(document(event_name="$pageview"))
    (item,) = mapper.apply({"id": "c-1"}, received_at_ms=0).mapped
    assert item.event == "$pageview"
    assert [each.code for each in mapper.warnings] == ["mapper.literal_like_path"]


def test_a_text_with_a_template_in_it_is_doubted():
    ((_, message),) = warnings(attr={"x": "Hello {{ name }}, bye"})
    assert message.endswith("is used as it is: it is no path.")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a.b", "The standard spelling is $.a.b ("),
        (".a", "The standard spelling is $.a ("),
        ("@.a", "The standard spelling is $.a ("),
        ("#/a/b", "The standard spelling is $.a.b ("),
        ("{{ $.a }}", "The standard spelling is $.a ("),
        ("$header.x-id", "The standard spelling is $headers.x-id ("),
        ("user-id", "The standard spelling is $['user-id'] ("),
        ("$.a | $.b", "A path has no fallback"),
        ("email", "Write $.email for the payload's email."),
    ],
)
@pytest.mark.parametrize("key", ["customer_id", "anon_id", "user_time"])
def test_an_identity_or_time_says_the_standard_spelling(key: str, text: str, advice: str):
    assert advice in refusal(**{key: text})


def test_a_text_that_is_no_path_gets_no_advice():
    assert "spelling" not in refusal(customer_id="all our customers")


def test_a_platform_that_looks_like_a_path_says_its_spelling():
    assert "The standard spelling is $.device.os (" in refusal(platform="device.os")
    message = refusal(platform="{{ os }}")
    assert message.count("$.mappings.platform") == 1
    assert "The standard spelling is $.os (" in message


def test_lint_says_it_too():
    found = [each for each in lint(document(event_name=".type")) if "literal" in each.code]
    assert [(each.severity, each.where) for each in found] == [("warning", "$.mappings.event_name")]
    assert "The standard spelling is $.type (" in found[0].message


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (".total", "The standard spelling is $.total ("),
        ("a.b", "The standard spelling is $.a.b ("),
        ("total", "Write $.total for the payload's total."),
    ],
)
def test_validations_and_create_all_say_the_standard_spelling_too(text: str, advice: str):
    with pytest.raises(ConfigError) as caught:
        compile_mapper({**document(), "payload_validations": {text: "string"}})
    assert advice in str(caught.value)
    assert advice in refusal(attr={"create_all": text})
