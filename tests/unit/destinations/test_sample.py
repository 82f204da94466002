import pytest

from heliograph.destinations.sample import read_event, read_person
from heliograph.errors import DestinationError
from heliograph.model.json import Json, JsonObject

NOW = 1_800_000_000_000


def test_canonical_and_segment_forms_are_the_same_event():
    canonical = read_event(
        {"event": "x", "customer_id": "c", "anonymous_id": "a", "message_id": "m"}, now_ms=NOW
    )
    segment = read_event(
        {
            "type": "track",
            "event": "x",
            "userId": "c",
            "anonymousId": "a",
            "messageId": "m",
            "sentAt": "2026-01-01T00:00:00Z",
            "integrations": {},
        },
        now_ms=NOW,
    )
    assert canonical == segment
    assert (canonical.event_id, canonical.timestamp, canonical.received_at) == ("m", NOW, NOW)


@pytest.mark.parametrize(
    "time",
    [
        1_780_770_540_000,
        1_780_770_540,
        1_780_770_540_000_000,
        1_780_770_540_000_000_000,
        "2026-06-06T18:29:00Z",
        "2026-06-06T23:59:00+05:30",
        "2026-06-06 18:29:00",
    ],
)
def test_times_in_every_common_form(time: Json):
    assert read_event({"event": "x", "timestamp": time}, now_ms=NOW).timestamp == 1_780_770_540_000


@pytest.mark.parametrize("ahead", [-5, 0, 5, 10**12])
def test_an_event_is_received_now_as_it_would_be_live(ahead: int):
    event = read_event({"event": "x", "timestamp": NOW + ahead}, now_ms=NOW)
    assert (event.timestamp, event.received_at) == (NOW + ahead, NOW)


@pytest.mark.parametrize("time", [20241025143000, "20241025143000", "2024-10-25T14:30:00[UTC]"])
def test_times_are_read_as_a_mapper_reads_them(time: Json):
    assert read_event({"event": "x", "timestamp": time}, now_ms=NOW).timestamp == 1_729_866_600_000


def test_what_mapper_run_prints_is_an_event():
    mapped: JsonObject = {
        "customer_id": "c",
        "anonymous_id": None,
        "event": None,
        "timestamp": None,
        "platform": "web",
        "app_version": "1.0.0",
        "properties": {},
        "traits": {"u_em": "a@example.com"},
    }
    event = read_event(mapped, now_ms=NOW)
    assert (event.type, event.customer_id, event.timestamp) == ("identify", "c", NOW)


def test_numbers_as_ids_and_names_of_pages():
    event = read_event({"type": "page", "userId": 7, "name": "Home"}, now_ms=NOW)
    assert (event.customer_id, event.event) == ("7", "Home")


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "$"),
        ({"event": "x", "property": {}}, "$.property"),
        ({"event": "x", "properties": []}, "$.properties"),
        ({"event": "x", "timestamp": "yesterday"}, "$.timestamp"),
        ({"event": "x", "timestamp": True}, "$.timestamp"),
        ({"event": "x", "customer_id": ["a"]}, "$.customer_id"),
        ({"type": "track"}, "$.event"),
        ({"type": "sneeze"}, "$.type"),
    ],
)
def test_what_is_no_event_is_refused_with_its_path(document: Json, where: str):
    with pytest.raises(DestinationError) as caught:
        read_event(document, now_ms=NOW)
    assert caught.value.where == where


def test_the_person_is_the_events_own_unless_given():
    event = read_event({"event": "x", "userId": "c", "anonymousId": "a"}, now_ms=NOW)
    assert read_person(None, event).customer_id == "c"
    assert read_person(None, event).anonymous_ids == ("a",)
    given = read_person({"customerId": "d", "anonymousIds": ["b"], "traits": {"t": 1}}, event)
    assert (given.customer_id, given.anonymous_ids, given.traits) == ("d", ("b",), {"t": 1})


@pytest.mark.parametrize("document", [[], {"customer": "c"}, {"traits": []}])
def test_what_is_no_person_is_refused(document: Json):
    event = read_event({"event": "x", "userId": "c"}, now_ms=NOW)
    with pytest.raises(DestinationError):
        read_person(document, event)
