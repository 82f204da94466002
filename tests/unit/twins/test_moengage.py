"""Each documented rule of MoEngage's Data API, once kept and once broken."""

import base64
from typing import Any

import msgspec
import pytest

from heliograph.twins.moengage.vendor import MoEngageTwin
from heliograph.twins.wire import Call, Verdict

WORKSPACE = "VJ0GSMESHMQA3L7WV1EEK3UR"
KEY = "data-key"
NOW = 1_780_770_540_000  # 2026-06-06T18:29:00Z
MINUTE = NOW - NOW % 60_000
CUSTOMER: dict[str, Any] = {
    "type": "customer",
    "customer_id": "john@example.com",
    "attributes": {
        "first_name": "John",
        "points": 20,
        "platforms": [{"platform": "ANDROID", "active": "true"}],
    },
}
EVENT: dict[str, Any] = {
    "type": "event",
    "customer_id": "john@example.com",
    "actions": [
        {
            "action": "Order Completed",
            "attributes": {"amount": 39.8},
            "platform": "web",
            "app_version": "1.2.3",
            "current_time": "2026-06-06T18:29:00Z",
        }
    ],
}
DEVICE: dict[str, Any] = {
    "type": "device",
    "customer_id": "john@example.com",
    "device_id": "d-1",
    "attributes": {"platform": "ANDROID", "push_id": "p-1"},
}
ACCEPTED = {
    "status": "success",
    "message": "Your request has been accepted and will be processed soon.",
}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def call(path: str, body: object, query: dict[str, str] | None = None, **headers: str) -> Call:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    given = {"authorization": basic(WORKSPACE, KEY), "content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    given = {name: value for name, value in given.items() if value}
    return Call(method="POST", path=f"/v1/{path}", query=query or {}, headers=given, body=raw)


def track(body: dict[str, Any], **headers: str) -> Call:
    return call(f"{body.get('type')}/{WORKSPACE}", body, None, **headers)


def action(**change: Any) -> dict[str, Any]:
    return EVENT | {"actions": [EVENT["actions"][0] | change]}


def error(verdict: Verdict) -> dict[str, Any]:
    body = verdict.answer.body
    assert isinstance(body, dict)
    assert body["status"] == "fail"
    found = body["error"]
    assert isinstance(found, dict)
    assert found.pop("request_id")
    return found


@pytest.fixture
def twin() -> MoEngageTwin:
    return MoEngageTwin(workspace=WORKSPACE, data_key=KEY)


def test_a_customer_then_an_event_make_a_profile(twin: MoEngageTwin):
    for body in (CUSTOMER, EVENT, DEVICE):
        verdict = twin.handle(track(body), NOW)
        assert (verdict.answer.status, verdict.answer.body) == (200, ACCEPTED)
        assert verdict.losses == ()
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes == {
        "first_name": "John",
        "points": 20,
        "devices": {"d-1": DEVICE["attributes"]},
    }
    assert [event["action"] for event in profile.events] == ["Order Completed"]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"authorization": ""}, 401, "Authentication Header Required"),
        ({"authorization": "Bearer x"}, 401, "Invalid authorization used. MoEngage only supports"),
        ({"authorization": "Basic ???"}, 401, "Invalid identity information found"),
        ({"authorization": basic("", KEY)}, 401, "Username (APP_KEY) is missing"),
        ({"authorization": basic(WORKSPACE, "")}, 401, "Password (APP_SECRET) is missing"),
        (
            {"authorization": basic("OTHER", KEY)},
            401,
            "Invalid APP_ID used in Authentication Header",
        ),
        ({"authorization": basic(WORKSPACE, "wrong")}, 401, "App Secret key mismatch."),
        ({"content_type": ""}, 400, "The Content-Type Header is required."),
        ({"content_type": "text/plain"}, 415, "Content type is not supported"),
    ],
)
def test_headers_are_checked_first(
    twin: MoEngageTwin, headers: dict[str, str], status: int, message: str
):
    verdict = twin.handle(track(EVENT, **headers), NOW)
    assert verdict.answer.status == status
    assert error(verdict)["message"].startswith(message)


def test_a_path_of_another_workspace_is_409_and_none_is_400(twin: MoEngageTwin):
    assert twin.handle(call("event/OTHER", EVENT), NOW).answer.status == 409
    assert error(twin.handle(call("event", EVENT), NOW))["type"] == "ParamsRequired"
    by_query = call("event", EVENT, query={"app_id": WORKSPACE})
    assert twin.handle(by_query, NOW).answer.status == 200


def test_unknown_paths_and_methods(twin: MoEngageTwin):
    assert twin.handle(call(f"events/{WORKSPACE}", EVENT), NOW).answer.status == 404
    got = Call(method="GET", path=f"/v1/event/{WORKSPACE}")
    assert twin.handle(got, NOW).answer.status == 405


@pytest.mark.parametrize("body", [b"{", b"", b"\xff"])
def test_a_body_that_is_no_json(twin: MoEngageTwin, body: bytes):
    assert error(twin.handle(call(f"event/{WORKSPACE}", body), NOW))["type"] == "Malformed JSON"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"', b"true"])
def test_a_body_that_is_no_object(twin: MoEngageTwin, body: bytes):
    found = error(twin.handle(call(f"event/{WORKSPACE}", body), NOW))
    assert found["type"] == "Body type is not JSON"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {k: v for k, v in EVENT.items() if k != "customer_id"},
            {
                "message": "customer_id is not found in the payload",
                "type": "MissingAttributeError",
                "attribute": "customer_id",
            },
        ),
        (
            EVENT | {"customer_id": ""},
            {
                "message": "customer_id can not be empty Unicode String",
                "type": "MissingAttributeError",
                "attribute": "customer_id",
            },
        ),
        (
            EVENT | {"actions": []},
            {
                "message": "actions can not be empty Array",
                "type": "MissingAttributeError",
                "attribute": "actions",
            },
        ),
        (
            EVENT | {"actions": [{"attributes": {}}]},
            {
                "message": "action is not found in the payload",
                "type": "MissingAttributeError",
                "attribute": "action",
            },
        ),
        (
            CUSTOMER
            | {
                "attributes": {
                    "addValueToArrayField": {"first_name": ["a"]},
                    "removeValueFromArrayField": {"first_name": ["b"]},
                }
            },
            {
                "message": "Cannot add and remove 'first_name' at the same time",
                "type": "ArrayFieldError",
                "attribute": "addValueToArrayField",
            },
        ),
        (
            DEVICE | {"attributes": {"platform": "ANDROID"}},
            {
                "message": "'push_id' is not found in payload",
                "type": "MissingAttributeError",
                "attribute": "push_id",
            },
        ),
        (
            DEVICE | {"attributes": {"platform": "api", "push_id": "p"}},
            {
                "message": "'platform' is not a valid platform.",
                "type": "ValueError",
                "attribute": "platform",
            },
        ),
    ],
)
def test_the_published_examples_of_400(
    twin: MoEngageTwin, body: dict[str, Any], expected: dict[str, str]
):
    verdict = twin.handle(track(body), NOW)
    assert verdict.answer.status == 400
    assert error(verdict) == expected


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ({"type": "Event"} | {k: v for k, v in EVENT.items() if k != "type"}, "type"),
        ({k: v for k, v in EVENT.items() if k != "type"}, "type"),
        (EVENT | {"customer_id": 7}, "customer_id"),
        (EVENT | {"actions": ["x"]}, "actions"),
        (EVENT | {"actions": None}, "actions"),
        (action(action=""), "action"),
        (action(attributes=[]), "attributes"),
        (action(platform="api"), "platform"),
        (action(platform="android"), "platform"),
        (action(moe_os_type="tizen"), "moe_os_type"),
        (action(app_version=2), "app_version"),
        (action(current_time="yesterday"), "current_time"),
        (action(current_time=True), "current_time"),
        (action(current_time="2026-06-06T18:31:00Z"), "current_time"),
        (action(current_time=(NOW + 120_000) // 1000), "current_time"),
        (action(user_time="2026-06-07T00:05:00", user_timezone_offset=19800), "user_time"),
        (action(user_timezone_offset=54_001), "user_timezone_offset"),
        (action(user_timezone_offset="19800"), "user_timezone_offset"),
        (CUSTOMER | {"attributes": []}, "attributes"),
        (CUSTOMER | {"update_existing_only": "true"}, "update_existing_only"),
        (CUSTOMER | {"platforms": [{"platform": "ios", "active": "true"}]}, "platform"),
        (CUSTOMER | {"platforms": [{"platform": "iOS", "active": True}]}, "active"),
        (
            CUSTOMER | {"attributes": {"tags": [], "addValueToArrayField": {"tags": ["a"]}}},
            "addValueToArrayField",
        ),
        (DEVICE | {"device_id": ""}, "device_id"),
        (DEVICE | {"attributes": DEVICE["attributes"] | {"platform": "tv"}}, "platform"),
        (
            DEVICE | {"attributes": DEVICE["attributes"] | {"moe_push_opted": True}},
            "moe_push_opted",
        ),
        (CUSTOMER | {"unset_attributes": {"type": "equals"}}, "unset_attributes"),
        (CUSTOMER | {"unset_attributes": [{"type": "regex", "attr": "a"}]}, "type"),
        (CUSTOMER | {"unset_attributes": [{"type": "equals", "attr": ""}]}, "attr"),
        (
            CUSTOMER
            | {"unset_attributes": [{"type": "equals", "attr": "a", "case_sensitive": "no"}]},
            "case_sensitive",
        ),
    ],
)
def test_other_broken_bodies_name_the_attribute(
    twin: MoEngageTwin, body: dict[str, Any], attribute: str
):
    path = "event" if "actions" in body else str(body["type"])
    verdict = twin.handle(call(f"{path}/{WORKSPACE}", body), NOW)
    assert verdict.answer.status == 400
    assert error(verdict)["attribute"] == attribute
    assert len(twin.profiles) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"platform": "TV", "moe_os_type": "tizen"},
        {"current_time": "1780770540"},
        {"current_time": "1780770540000"},
        {"current_time": 1780770540},
        {"current_time": "2026-06-06"},
        {"user_time": "2026-06-06T23:59:00", "user_timezone_offset": 19800},
        {"real_time_action": "true"},
        {"current_time": "2026-06-06T18:29:30Z"},
    ],
)
def test_the_documented_forms_of_an_action_are_taken(twin: MoEngageTwin, change: dict[str, Any]):
    assert twin.handle(track(action(**change)), NOW).answer.status == 200


@pytest.mark.parametrize("customer_id", ["null", "Guest", " 0 ", "N/A", "x", "user_id", "-1"])
def test_placeholders_are_no_customer(twin: MoEngageTwin, customer_id: str):
    verdict = twin.handle(track(EVENT | {"customer_id": customer_id}), NOW)
    assert verdict.answer.status == 400
    assert error(verdict)["type"] == "InvalidParams"


def test_sizes(twin: MoEngageTwin):
    """128 KB for single calls, 100 KB for bulk, a KB read as 1,000 bytes."""

    def padded(body: dict[str, Any], size: int) -> bytes:
        raw = msgspec.json.encode(body)
        return raw + b" " * (size - len(raw))

    path = f"event/{WORKSPACE}"
    assert twin.handle(call(path, padded(EVENT, 128_000)), NOW).answer.status == 200
    over = twin.handle(call(path, padded(EVENT, 128_001)), NOW)
    assert over.answer.status == 413
    assert error(over) == {"message": "Payload size exceeds 128 KB", "type": "PayloadTooLarge"}
    bulk = {"type": "transition", "elements": [CUSTOMER, EVENT]}
    path = f"transition/{WORKSPACE}"
    assert twin.handle(call(path, padded(bulk, 100_000)), NOW).answer.status == 200
    assert twin.handle(call(path, padded(bulk, 100_001)), NOW).answer.status == 413


@pytest.mark.parametrize(
    ("elements", "attribute"),
    [
        ([], "elements"),
        (None, "elements"),
        ([CUSTOMER | {"type": "user"}], "type"),
        ([CUSTOMER, {"type": "event", "actions": [{"action": "x"}]}], "customer_id"),
        ([EVENT | {"actions": [{"action": ""}]}], "action"),
    ],
)
def test_a_bulk_with_a_broken_element_is_400(
    twin: MoEngageTwin, elements: list[Any] | None, attribute: str
):
    body = {"type": "transition", "elements": elements}
    verdict = twin.handle(call(f"transition/{WORKSPACE}", body), NOW)
    assert verdict.answer.status == 400
    assert error(verdict)["attribute"] == attribute
    assert len(twin.profiles) == 0


def test_a_bulk_is_also_taken_at_its_older_path(twin: MoEngageTwin):
    body = {"type": "transition", "elements": [CUSTOMER, EVENT, EVENT]}
    verdict = twin.handle(call("transition", body, query={"app_id": WORKSPACE}), NOW)
    assert verdict.answer.body == ACCEPTED
    assert verdict.items == 3


def test_update_existing_only_makes_nobody(twin: MoEngageTwin):
    verdict = twin.handle(track(CUSTOMER | {"update_existing_only": True}), NOW)
    assert verdict.answer.status == 200
    assert len(verdict.losses) == 1
    assert len(twin.profiles) == 0


def test_array_attributes_are_added_to_and_removed_from(twin: MoEngageTwin):
    for attributes in (
        {"tags": ["a", "b"]},
        {"addValueToArrayField": {"tags": ["b", "c"]}},
        {"removeValueFromArrayField": {"tags": ["a"]}},
    ):
        twin.handle(track(CUSTOMER | {"attributes": attributes}), NOW)
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes["tags"] == ["b", "c"]


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"moe_custom": 1}, {}),
        ({"moe_unsubscribe": True}, {"moe_unsubscribe": True}),
        ({"source": "x", "_id": 1, "USER_ATTRIBUTE_X": 1}, {}),
        ({"n" * 201: 1}, {"n" * 200: 1}),
        ({"bio": "x" * 513}, {"bio": "x" * 512}),
        ({"link": "https://" + "x" * 512}, {}),
        ({"many": list(range(51))}, {"many": list(range(50))}),
        ({"mixed": [1, "a"]}, {}),
        ({"numbers": [1, 2.5]}, {"numbers": [1, 2.5]}),
        ({"nothing": None, "empty": {}}, {}),
        ({"object": {"a.b": 1}}, {}),
        ({"object": {f"k{i}": 1 for i in range(101)}}, {}),
        ({"object": {"city": "Pune"}}, {"object": {"city": "Pune"}}),
    ],
)
def test_what_a_profile_quietly_loses(
    twin: MoEngageTwin, attributes: dict[str, Any], kept: dict[str, Any]
):
    verdict = twin.handle(track(CUSTOMER | {"attributes": attributes}), NOW)
    assert verdict.answer.status == 200
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes == kept
    assert bool(verdict.losses) == (kept != attributes)


def test_an_event_keeps_its_first_hundred_attributes(twin: MoEngageTwin):
    attributes = {f"a{i}": i for i in range(101)} | {"moe_x": 1}
    verdict = twin.handle(track(action(action="moe_event", attributes=attributes)), NOW)
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    kept = profile.events[0]["attributes"]
    assert isinstance(kept, dict)
    assert len(kept) == 100
    assert len(verdict.losses) == 3


def test_events_are_limited_by_actions_with_the_documented_headers(twin: MoEngageTwin):
    ten = EVENT | {"actions": EVENT["actions"] * 10}
    first = twin.handle(track(ten), MINUTE)
    assert first.answer.headers == {
        "x-ratelimit-limit": "30000",
        "x-ratelimit-remaining": "29990",
        "x-ratelimit-reset": "60",
    }
    twin.limits.override(25, bucket="events")
    assert twin.handle(track(ten), MINUTE).answer.status == 200
    assert twin.handle(track(ten), MINUTE).answer.status == 200
    over = twin.handle(track(ten), MINUTE + 45_500)
    assert over.answer.status == 429
    assert over.answer.headers["x-ratelimit-reset"] == "15"
    assert error(over) == {
        "message": "Rate limits for customers exceeded. Please Try After Some Time",
        "type": "Rate Limits Exceeded",
    }
    assert twin.handle(track(EVENT), MINUTE + 45_500).answer.status == 200
    assert twin.handle(track(ten), MINUTE + 60_000).answer.status == 200


def test_users_and_bulk_have_limits_of_their_own(twin: MoEngageTwin):
    twin.limits.override(0, bucket="users")
    assert twin.handle(track(CUSTOMER), NOW).answer.status == 429
    bulk = call(f"transition/{WORKSPACE}", {"type": "transition", "elements": [CUSTOMER, EVENT]})
    assert twin.handle(bulk, NOW).answer.headers["x-ratelimit-limit"] == "60000"
    twin.limits.override(0, bucket="bulk-events")
    assert twin.handle(bulk, NOW).answer.status == 429


def test_one_user_over_the_fair_use_is_dropped_silently(twin: MoEngageTwin):
    twin.limits.override(1, bucket="fair-use")
    assert twin.handle(track(EVENT), NOW).losses == ()
    verdict = twin.handle(track(EVENT), NOW)
    assert verdict.answer.status == 200
    assert "fair use" in verdict.losses[0]
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.event_count == 1


def people(path: str, body: object) -> Call:
    return call(path, body, query={"app_id": WORKSPACE})


def test_export_shows_the_wanted_attributes_and_who_is_missing(twin: MoEngageTwin):
    twin.handle(track(CUSTOMER), NOW)
    missing = {"identifier_type": "customer_id", "identifier": "nobody"}
    known = {"identifier_type": "customer_id", "identifier": "john@example.com"}
    wanted = {
        "identifiers": [known, missing],
        "user_fields_to_export": ["first_name", "customer_id"],
    }
    answer = twin.handle(people("customers/export", {"data": wanted}), NOW).answer
    assert answer.body == {
        "status": "success",
        "type": "export_users",
        "data": {
            "users_not_found": [missing],
            "users": [
                {"user_attributes": {"customer_id": "john@example.com", "first_name": "John"}}
            ],
        },
    }
    too_many = {"data": {"identifiers": [known] * 21}}
    found = error(twin.handle(people("customers/export", too_many), NOW))
    assert (found["type"], found["message"]) == ("LimitBreached", "max limit allowed is 20")
    at_root = {"identifiers": [known]}
    assert error(twin.handle(people("customers/export", at_root), NOW))["attribute"] == "data"
    nobody = {"data": {}}
    assert error(twin.handle(people("customers/export", nobody), NOW))["attribute"] == "identifiers"


def test_merge_keeps_the_retained_values_and_is_not_transitive(twin: MoEngageTwin):
    for name, points in (("old-id", 1), ("kept-id", 2)):
        user = {"type": "customer", "customer_id": name, "attributes": {"points": points, name: 1}}
        twin.handle(track(user), NOW)
        twin.handle(track(EVENT | {"customer_id": name}), NOW)
    pairs = [
        {"merged_user": "old-id", "retained_user": "kept-id"},
        {"merged_user": "unknown-id", "retained_user": "kept-id"},
    ]
    answer = twin.handle(people("customer/merge", {"merge_data": pairs}), NOW).answer
    assert answer.body == {"status": "success", "operation": "created"}
    profile = twin.profiles.find("kept-id")
    assert profile is not None
    assert profile.attributes == {"points": 2, "old-id": 1, "kept-id": 1}
    assert (profile.event_count, profile.merged_from) == (2, ["old-id"])
    assert twin.profiles.find("old-id") is None
    wrong = {"merge_data": [{"merged_user": 7, "retained_user": "kept-id"}]}
    found = error(twin.handle(people("customer/merge", wrong), NOW))
    assert found["message"] == "merged_user is expected to be String or Unicode String."


def test_delete_forgets_a_known_user(twin: MoEngageTwin):
    twin.handle(track(CUSTOMER), NOW)
    body = {"identity_type": "customer_id", "identity_value": "john@example.com"}
    assert twin.handle(people("customer/delete", body), NOW).answer.status == 200
    again = twin.handle(people("customer/delete", body), NOW)
    assert (again.answer.status, error(again)["type"]) == (400, "Not Found")
    twin.handle(track(CUSTOMER), NOW)
    twin.limits.override(0, bucket="delete")
    answer = twin.handle(people("customer/delete", body), NOW).answer
    assert answer.body == {
        "status": "fail",
        "title": "Rate limit exceeded",
        "description": "Exceeded rate limit for this url",
    }


def test_the_connection_test_needs_the_app_key_header(twin: MoEngageTwin):
    body = {"app_id": WORKSPACE, "app_secret": KEY, "source": "test", "region": "01"}
    path = "integrations/authentication"
    assert twin.handle(call(path, body), NOW).answer.status == 401
    assert twin.handle(call(path, body, moe_appkey="OTHER"), NOW).answer.status == 401
    answer = twin.handle(call(path, body, moe_appkey=WORKSPACE), NOW).answer
    assert answer.body == {"status": "success", "app_name": "Twin"}


@pytest.mark.parametrize("status", [400, 401, 403, 413, 415, 429, 500, 503])
def test_every_failure_has_the_error_envelope(twin: MoEngageTwin, status: int):
    answer = twin.failure(status)
    assert answer.status == status
    assert set(error(Verdict(answer=answer))) == {"message", "type"}


def test_attributes_are_unset_by_name_and_by_pattern_after_what_is_set(twin: MoEngageTwin):
    attributes = {"first_name": "John", "temp_a": 1, "a_old": 2, "has_mid_x": 3, "kept": 4}
    twin.handle(track(CUSTOMER | {"attributes": attributes}), NOW)
    rules = [
        {"type": "equals", "attr": "FIRST_name", "case_sensitive": False},
        {"type": "equals", "attr": "KEPT"},
        {"type": "prefix", "attr": "temp_"},
        {"type": "suffix", "attr": "_old"},
        {"type": "contains", "attr": "_mid_"},
    ]
    again = CUSTOMER | {"attributes": {"temp_a": 5}, "unset_attributes": rules}
    assert twin.handle(track(again), NOW).answer.status == 200
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes == {"kept": 4}


def test_a_device_is_updated_and_may_be_a_tv(twin: MoEngageTwin):
    twin.handle(track(CUSTOMER), NOW)
    tv = {"platform": "TV", "push_id": "p-2", "model": "X", "moe_push_opted": "True"}
    for attributes in (DEVICE["attributes"], tv):
        assert twin.handle(track(DEVICE | {"attributes": attributes}), NOW).answer.status == 200
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes["devices"] == {"d-1": tv}


def test_a_project_of_a_portfolio_marks_events_and_custom_attributes(twin: MoEngageTwin):
    query = {"app_id": WORKSPACE, "project_code": "shop"}
    for body in (CUSTOMER, EVENT):
        verdict = twin.handle(call(f"{body['type']}/{WORKSPACE}", body, query), NOW)
        assert (verdict.answer.status, verdict.losses) == (200, ())
    profile = twin.profiles.find("john@example.com")
    assert profile is not None
    assert profile.attributes == {"first_name": "John", "points_shop": 20}
    assert profile.events[0]["attributes"] == {"amount": 39.8, "moe_project_name": "shop"}
    empty = call(f"customer/{WORKSPACE}", CUSTOMER, {"project_code": ""})
    verdict = twin.handle(empty, NOW)
    assert verdict.answer.status == 400
    assert error(verdict)["attribute"] == "project_code"


@pytest.mark.parametrize("path", ["integrations/segment", "integrations/segment/auth"])
def test_segments_private_endpoints_are_answered_with_a_statement(twin: MoEngageTwin, path: str):
    verdict = twin.handle(call(path, {"type": "track"}, {"appId": WORKSPACE}), NOW)
    assert (verdict.answer.status, verdict.endpoint) == (404, "integrations/segment")
    assert "Segment's private way into MoEngage" in error(verdict)["message"]
