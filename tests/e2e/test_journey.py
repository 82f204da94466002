"""From a webhook to the destinations, in a running hub, seen through the command line."""

import json

import pytest

from heliograph.model.identity import first_profile_id
from heliograph.testing.running.demo_hub import FORM_PATH, form, get, post, settle
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.twins.fixture import TwinHandle

pytestmark = pytest.mark.integration

Hub = tuple[HubFolder, str]


def test_a_webhook_arrives_at_every_destination_and_its_trace_tells(
    running_hub: Hub, module_twins: dict[str, TwinHandle]
):
    hub, address = running_hub
    reply = post(address, FORM_PATH, form("journey@example.com"))
    assert reply.status == 200
    assert reply.body["name"] == "unbounce"
    assert settle(hub).balanced
    life = hub.json("trace", reply.body["request_id"])
    assert life["request"]["state"] == "accepted"
    assert json.loads(life["request"]["body"])["email"] == "journey@example.com"
    [event] = life["events"]
    assert (event["state"], event["event"]["event"]) == ("applied", "Form Submitted")
    assert event["person"]["customer_id"] == "journey@example.com"
    states = {d["destination"]: d["state"] for d in event["deliveries"]}
    assert states == dict.fromkeys(("demo/webengage", "demo/moengage", "demo/heap"), "delivered")
    for delivery in event["deliveries"]:
        assert [a["verdict"] for a in delivery["attempts"]][-1] == "delivered"
        assert "test-data" not in json.dumps(delivery), "no secret in a trace"
    sent = [r for r in module_twins["webengage"].requests() if "journey@" in json.dumps(r)]
    assert sent, "the twin of WebEngage has it"
    assert hub.json("trace", event["event_id"])["events"][0]["event_id"] == event["event_id"]
    delivery_id = event["deliveries"][0]["delivery_id"]
    assert hub.json("trace", delivery_id)["request"]["request_id"] == reply.body["request_id"]


def test_a_partly_bad_batch_is_taken_in_part_and_the_rest_is_shown(running_hub: Hub):
    hub, address = running_hub
    order = {"order_id": "O-1", "order_total": 5, "currency": "EUR", "order_date": 1704067200000}
    orders = [{**order, "customer_email": "a@example.com"}, order]
    reply = post(address, "/v1/partner/custom-shop/events/?configName=orders", {"orders": orders})
    assert reply.status == 200
    shown = hub.json("requests", "show", reply.body["request_id"])
    assert (shown["state"], shown["items"], shown["events"]) == ("partial", 2, 1)
    assert shown["rejected"][0]["index"] == 1
    assert settle(hub).balanced


def test_a_refused_request_is_kept_and_a_foreign_one_is_not(running_hub: Hub):
    hub, address = running_hub
    before = hub.json("audit")["journal"]["refused_requests"]
    assert post(address, FORM_PATH, {"first_name": "Nobody"}).status == 400
    assert post(address, FORM_PATH, b'{"email": ').status == 400
    assert post(address, FORM_PATH, form("x@example.com"), key="wrong").status == 401
    unknown = post(address, FORM_PATH.replace("contact_form", "none"), form("x@example.com"))
    assert unknown.status == 404
    wait_until(
        lambda: hub.json("audit")["journal"]["refused_requests"] >= before + 2, "both are kept"
    )
    refused = hub.json("requests", "list", "--state", "refused")
    assert {r["rejected"][0]["code"] for r in refused if r["rejected"]} <= {
        "mapper.missing_field",
        "mapper.invalid_payload",
        "body.unreadable",
    }


def test_a_failing_destination_is_tried_again_with_one_idempotency_key(
    running_hub: Hub, module_twins: dict[str, TwinHandle]
):
    hub, address = running_hub
    settle(hub)
    heap = module_twins["heap"]
    heap.fail(status=503, times=2, path="/api/track")
    reply = post(address, FORM_PATH, form("retry@example.com"))
    assert settle(hub).balanced
    [event] = hub.json("trace", reply.body["request_id"])["events"]
    [delivery] = [d for d in event["deliveries"] if d["destination"] == "demo/heap"]
    assert delivery["state"] == "delivered"
    tracks = [a for a in delivery["attempts"] if a["url"].endswith("/api/track")]
    assert [a["verdict"] for a in tracks] == ["retry", "retry", "delivered"]
    keys = {json.loads(a["request_body"])["idempotency_key"] for a in tracks}
    assert keys == {delivery["delivery_id"]}


def test_an_anonymous_view_is_held_for_moengage_until_the_visitor_logs_in(running_hub: Hub):
    hub, address = running_hub
    view = {"session_id": "anon_e2e", "event": "Product Viewed", "timestamp": 1704067200000}
    shop = "/v1/partner/custom-shop/events/?configName="
    seen = post(address, shop + "browsing", view)
    settle(hub)
    [event] = hub.json("trace", seen.body["request_id"])["events"]
    states = {d["destination"]: d["state"] for d in event["deliveries"]}
    assert states["demo/moengage"] == "held"
    login = {**view, "event": "Logged In", "user_id": "visitor@example.com"}
    assert post(address, shop + "login", login).status == 200
    settle(hub)
    [event] = hub.json("trace", seen.body["request_id"])["events"]
    states = {d["destination"]: d["state"] for d in event["deliveries"]}
    assert states["demo/moengage"] == "delivered"
    person = hub.json("profiles", "show", "visitor@example.com")
    assert person["anonymous_ids"] == ["anon_e2e"]
    anonymous = first_profile_id("demo", "anonymous", "anon_e2e")
    done = hub.json("profiles", "unmerge", "anon_e2e")
    assert done == {"profile_id": anonymous, "was_merged_into": person["profile_id"]}
    assert hub.json("profiles", "show", "visitor@example.com")["anonymous_ids"] == []
    merged = hub.json("profiles", "merge", "visitor@example.com", anonymous)
    assert (merged["old"], merged["canonical"]) == (anonymous, person["profile_id"])
    assert hub.json("profiles", "show", "anon_e2e")["customer_id"] == "visitor@example.com"


def test_a_paused_destination_keeps_everything_until_it_is_resumed(running_hub: Hub):
    hub, address = running_hub
    settle(hub)
    change = hub.json("destination", "pause", "heap", "--reason", "a test")
    assert (change["before"], change["after"]) == ("active", "paused")
    reply = post(address, FORM_PATH, form("pause@example.com"))
    wait_until(
        lambda: hub.json("trace", reply.body["request_id"])["events"][0]["deliveries"],
        "the event is applied",
    )
    line = next(d for d in hub.json("status")["destinations"] if d["name"] == "demo/heap")
    assert (line["state"], line["reason"]) == ("paused", "a test")
    assert line["deliveries"]["waiting"] == 1
    hub.json("destination", "resume", "heap")
    assert settle(hub).balanced
    [event] = hub.json("trace", reply.body["request_id"])["events"]
    assert {d["state"] for d in event["deliveries"]} == {"delivered"}


def test_a_dead_letter_is_listed_with_its_reason_and_can_be_replayed(
    running_hub: Hub, module_twins: dict[str, TwinHandle]
):
    hub, address = running_hub
    settle(hub)
    module_twins["heap"].fail(status=400, times=1, path="/api/track")
    reply = post(address, FORM_PATH, form("dead@example.com"))
    assert settle(hub).deliveries.dead == 1
    [dead] = hub.json("deadletters", "list")
    assert dead["destination"] == "demo/heap"
    assert "400" in dead["reason"]
    assert hub.json("deadletters", "replay", dead["delivery_id"]) == {"replayed": 1}
    report = settle(hub)
    assert report.balanced
    assert report.deliveries.dead == 0
    assert hub.run("deadletters", "replay", dead["delivery_id"]).returncode == 1
    shown = hub.json("deliveries", "show", dead["delivery_id"])
    assert shown["event"]["request_id"] == reply.body["request_id"]


def test_a_new_mapper_takes_effect_without_a_restart(running_hub: Hub, tmp_path):
    hub, address = running_hub
    path = FORM_PATH.replace("contact_form", "contact_form_v2")
    assert post(address, path, form("new@example.com")).status == 404
    folder = tmp_path / "configuration"
    assert hub.run("export", str(folder)).returncode == 0
    old = (folder / "mappers/unbounce/contact_form.json").read_text()
    (folder / "mappers/unbounce/contact_form_v2.json").write_text(
        old.replace("Form Submitted", "Lead Captured")
    )
    done = hub.json("apply", str(folder))
    assert [c["file"] for c in done["added"]] == ["mappers/unbounce/contact_form_v2.json"]
    wait_until(
        lambda: post(address, path, form("new@example.com")).status == 200, "the mapper is in force"
    )


def test_the_probe_of_a_destination_tells_good_from_bad_credentials(running_hub: Hub):
    hub, _ = running_hub
    assert hub.json("destination", "test", "webengage")["verdict"] == "accepted"
    hub.environ["DEMO_WEBENGAGE_KEY"], right = "wrong", hub.environ["DEMO_WEBENGAGE_KEY"]
    try:
        outcome = hub.run("destination", "test", "webengage", "--json")
    finally:
        hub.environ["DEMO_WEBENGAGE_KEY"] = right
    assert (outcome.returncode, json.loads(outcome.stdout)["verdict"]) == (1, "refused")


def test_the_gateway_tells_how_it_is(running_hub: Hub):
    _, address = running_hub
    assert get(address + "/healthz")[0] == 200
    status, text = get(address + "/readyz")
    assert status == 200, text
    shown = get(address + "/metrics")[1]
    for line in (
        "heliograph_hub_worker_up 1.0",
        "heliograph_hub_store_up 1.0",
        "heliograph_hub_stalled 0.0",
        "heliograph_hub_clock_held_seconds 0.0",
        "heliograph_hub_clock_stepped_timestamp_seconds 0.0",
        'heliograph_clock_steps_total{direction="back"} 0.0',
        'heliograph_clock_steps_total{direction="forward"} 0.0',
        'heliograph_hub_destination_state{destination="demo/heap",state="active"} 1.0',
        'heliograph_hub_deliveries{destination="demo/heap",state="delivered"}',
    ):
        assert line in shown
