"""`/healthz`, `/readyz` and `/metrics`."""

from pathlib import Path
from typing import Any

import pytest

from heliograph.errors import ConfigError, StoreUnavailable
from heliograph.gateway.http.health import HealthProblem
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.secret import Secret

EVENTS = "/v1/partner/contact-form/events/?configName=v1"


def states(reply: Any) -> dict[str, str]:
    return {check["name"]: check["state"] for check in reply.json["checks"]}


async def test_alive_says_nothing_about_ready(gateway: Any):
    gateway.journal.break_down()
    reply = await gateway.call("GET", "/healthz")
    assert (reply.status, reply.json) == (200, {"status": "alive"})


async def test_ready_when_the_journal_takes_a_write(gateway: Any):
    reply = await gateway.call("GET", "/readyz")
    assert (reply.status, reply.json["status"]) == (200, "ready")
    assert states(reply) == {"journal": "ok", "queue": "ok", "catalog": "ok"}
    assert reply.json["checks"][-1]["message"] == "revision 1, 1 workspace"


async def test_broken_journal_is_not_ready_and_says_why_and_recovers(gateway: Any):
    gateway.journal.break_down()
    gateway.clock.seconds += 10
    reply = await gateway.call("GET", "/readyz")
    assert (reply.status, reply.json["status"]) == (503, "not ready")
    assert "the disk is full" in reply.json["checks"][0]["message"]
    gateway.journal.failure = None
    gateway.clock.seconds += 10
    assert (await gateway.call("GET", "/readyz")).status == 200


async def test_a_commit_that_failed_is_not_ready_though_a_probe_would_pass(gateway: Any):
    """A quota, a nearly full disk: what a probe writes fits, a batch does not."""
    good = {"email": "a@b.cd", "event": "E", "at": 1_750_000_000_000}
    gateway.journal.probe = lambda: None
    for _ in range(3):
        gateway.journal.break_down()
        assert (await gateway.post(EVENTS, good)).status == 503
        gateway.clock.seconds += 10
        reply = await gateway.call("GET", "/readyz")
        assert (reply.status, states(reply)["journal"]) == (503, "failed")
        assert "requests are refused: the disk is full" in reply.json["checks"][0]["message"]


async def test_ready_again_without_traffic_when_a_probe_passes(gateway: Any):
    good = {"email": "a@b.cd", "event": "E", "at": 1_750_000_000_000}
    gateway.journal.break_down()
    assert (await gateway.post(EVENTS, good)).status == 503
    answers: list[int] = []
    for act in (None, None, "mend", None):
        if act == "mend":
            gateway.journal.failure = None
        gateway.clock.seconds += 10
        answers.append((await gateway.call("GET", "/readyz")).status)
    assert answers == [503, 503, 200, 200]


async def test_a_commit_that_fails_during_the_probe_counts(gateway: Any):
    failure = StoreUnavailable("store.unavailable", "the disk is full")

    def probe() -> None:
        gateway.commit.last_failure = failure

    gateway.journal.probe = probe
    gateway.clock.seconds += 10
    assert (await gateway.call("GET", "/readyz")).status == 503


async def test_full_disk_is_not_ready(make_gateway: Any, tmp_path: Path):
    gateway = make_gateway(settings=GatewaySettings(data_dir=str(tmp_path), min_free_bytes=1 << 60))
    reply = await gateway.call("GET", "/readyz")
    assert reply.status == 503
    assert states(reply)["disk"] == "failed"


async def test_missing_data_folder_is_not_ready(make_gateway: Any, tmp_path: Path):
    gateway = make_gateway(settings=GatewaySettings(data_dir=str(tmp_path / "gone")))
    assert (await gateway.call("GET", "/readyz")).status == 503


async def test_what_others_report_counts_by_its_severity(gateway: Any):
    gateway.problems.append(
        HealthProblem(check="engine", message="lags 90 s behind", severity="warning")
    )
    reply = await gateway.call("GET", "/readyz")
    assert (reply.status, states(reply)["engine"]) == (200, "warning")
    gateway.problems.append(HealthProblem(check="engine", message="stopped"))
    gateway.clock.seconds += 2
    assert (await gateway.call("GET", "/readyz")).status == 503


async def test_unusable_documents_are_listed_as_warnings(gateway: Any):
    broken = gateway.document("mapper", "new/v1", {"partner_name": "new", "mapping_type": "x"})
    gateway.configure(*gateway.documents(), broken)
    reply = await gateway.call("GET", "/readyz")
    assert (reply.status, states(reply)["configuration"]) == (200, "warning")
    assert ": mappers/new/v1.json: The mapper" in reply.json["checks"][-1]["message"]


async def test_configuration_that_cannot_be_loaded_is_a_warning(gateway: Any):
    gateway.gateway.readiness.catalog_failure = str(ConfigError("config.invalid", "no such table"))
    reply = await gateway.call("GET", "/readyz")
    assert (reply.status, states(reply)["catalog"]) == (200, "warning")


async def test_metrics_count_answers_requests_and_items(gateway: Any):
    good = {"email": "a@b.cd", "event": "E", "at": 1_750_000_000_000}
    await gateway.post(EVENTS, good)
    await gateway.post(EVENTS, {})
    await gateway.post(EVENTS, good, authorization=None)
    reply = await gateway.call("GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = set(reply.body.decode().splitlines())
    assert {
        'heliograph_gateway_answers_total{status="200"} 1.0',
        'heliograph_gateway_answers_total{status="400"} 1.0',
        'heliograph_gateway_answers_total{status="401"} 1.0',
        "heliograph_gateway_events_total 1.0",
        "heliograph_gateway_rejected_items_total 1.0",
        "heliograph_gateway_acknowledgement_seconds_count 2.0",
        'heliograph_gateway_requests_total{source="contact-form",state="refused",workspace="ACME1234"} 1.0',
    } <= lines


async def test_refused_requests_count_under_the_status_they_were_answered_with(gateway: Any):
    good = {"email": "a@b.cd", "event": "E", "at": 1_750_000_000_000}
    odd: list[tuple[Any, list[tuple[str, str]]]] = [
        (b"abc", [("content-encoding", "br")]),
        (b"\x89PNG\r\n", [("content-type", "image/png")]),
        (b"\x1f\x8b no gzip at all", [("content-encoding", "gzip")]),
        (b"{", []),
        ({}, []),
        (good, []),
    ]
    answered = [(await gateway.post(EVENTS, body, headers=fields)).status for body, fields in odd]
    assert answered == [415, 415, 400, 400, 400, 200]
    lines = set((await gateway.call("GET", "/metrics")).body.decode().splitlines())
    assert {
        f'heliograph_gateway_answers_total{{status="{status}"}} {float(answered.count(status))}'
        for status in (200, 400, 415)
    } <= lines


ELSEWHERE = "192.0.2.7"


@pytest.mark.parametrize(
    ("client", "headers", "sees"),
    [
        ("127.0.0.1", [], True),
        ("127.8.9.1", [], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        (ELSEWHERE, [], False),
        ("2001:db8::1", [], False),
        ("127.0.0.1", [("x-forwarded-for", "127.0.0.1")], False),
        ("127.0.0.1", [("forwarded", "for=127.0.0.1")], False),
        ("127.0.0.1", [("via", "1.1 proxy")], False),
        (ELSEWHERE, [("authorization", "Bearer right")], False),
    ],
)
async def test_details_are_shown_to_this_machine_alone(
    gateway: Any, client: str, headers: Any, sees: bool
):
    """Whether it is ready is for everyone, who is on it is not."""
    ready = await gateway.call("GET", "/readyz", headers=headers, client=client)
    assert (ready.status, "checks" in ready.json) == (200, sees)
    metrics = await gateway.call("GET", "/metrics", headers=headers, client=client)
    assert metrics.status == (200 if sees else 403)
    assert (b"heliograph_gateway" in metrics.body) == sees


@pytest.mark.parametrize(
    ("sent", "sees"),
    [("Bearer right", True), ("bearer right", True), ("Bearer wrong", False), ("right", False)],
)
async def test_a_token_shows_them_from_wherever(make_gateway: Any, sent: str, sees: bool):
    gateway = make_gateway(pages_token=Secret("right"))
    headers = [("authorization", sent)]
    metrics = await gateway.call("GET", "/metrics", headers=headers, client=ELSEWHERE)
    assert metrics.status == (200 if sees else 403)
    assert b"right" not in metrics.body


async def test_they_can_be_shown_to_everyone(make_gateway: Any):
    gateway = make_gateway(settings=GatewaySettings(pages_for="everyone"))
    assert (await gateway.call("GET", "/metrics", client=ELSEWHERE)).status == 200
