"""Twins over HTTP: answers, faults, control pages, the record, and the command that runs them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from heliograph.testing.clock import ManualClock
from heliograph.twins.fixture import TwinHandle, running_twins
from heliograph.twins.sandbox import (
    HEAP_APP_ID,
    MOENGAGE_DATA_KEY,
    MOENGAGE_WORKSPACE,
    TWINS,
    WEBENGAGE_API_KEY,
    WEBENGAGE_LICENSE,
)

EVENT = {"userId": "johndoe", "eventName": "Order Completed", "eventData": {"amount": 39.8}}
EVENTS = f"/v1/accounts/{WEBENGAGE_LICENSE}/events"
BEARER = {"Authorization": f"Bearer {WEBENGAGE_API_KEY}"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def standing(clock: ManualClock) -> Generator[dict[str, TwinHandle]]:
    """Twins whose clock only the test moves."""
    with running_twins(clock=clock) as handles:
        yield handles


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(
    http: aiohttp.ClientSession, url: str, body: object, **options: Any
) -> tuple[int, Any, Mapping[str, str]]:
    async with http.post(url, json=body, **options) as response:
        raw = await response.read()
        return response.status, json.loads(raw) if raw else None, response.headers


async def test_each_vendor_takes_a_documented_request(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    status, body, headers = await post(
        http, standing["webengage"].url + EVENTS, EVENT, headers=BEARER
    )
    assert (status, body) == (200, {"response": {"status": "queued"}})
    assert headers["X-RateLimit-Remaining"] == "4999"
    customer = {"type": "customer", "customer_id": "johndoe", "attributes": {"u_fn": "John"}}
    status, body, headers = await post(
        http,
        f"{standing['moengage'].url}/v1/customer/{MOENGAGE_WORKSPACE}",
        customer,
        headers={"Authorization": aiohttp.encode_basic_auth(MOENGAGE_WORKSPACE, MOENGAGE_DATA_KEY)},
    )
    assert (status, body["status"]) == (200, "success")
    assert headers["x-ratelimit-limit"] == "10000"
    track = {"app_id": HEAP_APP_ID, "identity": "johndoe", "event": "Order Completed"}
    status, body, _ = await post(http, f"{standing['heap'].url}/api/track", track)
    assert (status, body) == (200, None)
    status, body, _ = await post(http, f"{standing['sink'].url}/events", {"a": 1})
    assert (status, body) == (200, {"ok": True})
    for name in TWINS:
        assert standing[name].stats()["by_status"] == {"200": 1}
    for name in ("moengage", "webengage", "heap"):
        assert standing[name].profile("johndoe") is not None


async def test_a_rate_limit_over_http_by_a_turned_clock(
    standing: dict[str, TwinHandle], clock: ManualClock, http: aiohttp.ClientSession
):
    twin = standing["webengage"]
    twin.limit(3)
    statuses = [(await post(http, twin.url + EVENTS, EVENT, headers=BEARER))[0] for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    clock.advance(s=60)
    assert (await post(http, twin.url + EVENTS, EVENT, headers=BEARER))[0] == 200
    stats = twin.stats()
    assert stats["longest_run_of_429"] == 2
    assert [minute["by_status"] for minute in stats["per_minute"]] == [
        {"200": 3, "429": 2},
        {"200": 1},
    ]


async def test_a_status_fault_has_the_vendors_body_and_happens_as_often_as_told(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    twin = standing["webengage"]
    twin.fail(status=503, times=2, retry_after_s=7)
    url = twin.url + EVENTS
    for _ in range(2):
        status, body, headers = await post(http, url, EVENT, headers=BEARER)
        assert (status, headers["Retry-After"]) == (503, "7")
        assert body["response"]["status"] == "error"
    assert (await post(http, url, EVENT, headers=BEARER))[0] == 200
    assert twin.stats()["applied"] == 1
    assert twin.stats()["faults"] == 2


async def test_a_late_fault_takes_the_request_and_loses_the_answer(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    """The sender must repeat it, and the idempotency key must keep it single."""
    twin = standing["webengage"]
    twin.fail(status=500, phase="after", times=1)
    headers = BEARER | {"x-request-id": "abc"}
    assert (await post(http, twin.url + EVENTS, EVENT, headers=headers))[0] == 500
    assert (await post(http, twin.url + EVENTS, EVENT, headers=headers))[0] == 200
    stats = twin.stats()
    assert (stats["items_taken"], stats["applied"], stats["distinct_keys"]) == (2, 1, 1)


async def test_a_dropped_connection_is_seen_as_one(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    twin = standing["sink"]
    twin.fail(drop=True, times=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(http, twin.url, {})
    assert twin.stats()["by_status"] == {"cut": 1}
    twin.heal()
    assert (await post(http, twin.url, {}))[0] == 200


async def test_a_hang_holds_only_its_own_request_and_ends_with_the_twin(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    """The fixture would not finish if a stopping twin waited an hour."""
    twin = standing["sink"]
    twin.fail(hang_s=3_600, path="/slow")
    hanging = asyncio.create_task(post(http, f"{twin.url}/slow", {}))
    await asyncio.to_thread(twin.until, lambda stats: stats["requests"] == 1)
    assert (await post(http, f"{twin.url}/quick", {}))[0] == 200
    assert not hanging.done()
    hanging.cancel()


async def test_a_slow_answer_is_still_an_answer(
    standing: dict[str, TwinHandle], http: aiohttp.ClientSession
):
    twin = standing["sink"]
    twin.fail(latency_ms=1)
    assert (await post(http, twin.url, {}))[0] == 200
    assert twin.stats()["faults"] == 0


def test_waiting_for_what_does_not_come_says_what_came(standing: dict[str, TwinHandle]):
    with pytest.raises(TimeoutError, match="'requests': 0"):
        standing["sink"].until(lambda stats: stats["requests"] == 1, timeout_s=0.01)


async def test_the_control_pages(standing: dict[str, TwinHandle], http: aiohttp.ClientSession):
    base = standing["webengage"].url
    await post(http, base + EVENTS, EVENT, headers=BEARER)

    async def ask(method: str, page: str, body: object = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        async with http.request(method, f"{base}/_twin{page}", data=data) as response:
            return response.status, await response.json()

    assert (await ask("GET", ""))[1]["twin"] == "webengage"
    status, [entry] = await ask("GET", "/requests?since=0&limit=5")
    assert (status, entry["body"], entry["path"]) == (200, EVENT, EVENTS)
    assert entry["headers"]["Authorization".lower()] == "••••••"
    assert (await ask("GET", "/requests?since=1"))[1] == []
    assert (await ask("GET", "/requests?since=x"))[0] == 400
    assert (await ask("GET", "/stats"))[1]["profiles"] == 1
    status, profile = await ask("GET", "/profiles/johndoe?kind=userId")
    assert (status, profile["events"][0]["eventName"]) == (200, "Order Completed")
    assert (await ask("GET", "/profiles/johndoe?kind=anonymousId"))[0] == 404
    assert (await ask("PUT", "/faults", {"status": 200}))[0] == 400
    assert (await ask("PUT", "/faults", [{"status": 401}]))[1][0]["status"] == 401
    assert (await post(http, base + EVENTS, EVENT, headers=BEARER))[0] == 401
    assert (await ask("GET", "/faults"))[1][0]["happened"] == 1
    assert (await ask("DELETE", "/faults"))[1] == []
    status, limits = await ask("PUT", "/limits", {"per_minute": 7, "window": "sliding"})
    assert (status, {limit["amount"] for limit in limits}) == (200, {7})
    assert (await ask("PUT", "/limits", {"per_minute": 7, "bucket": "other"}))[0] == 400
    assert (await ask("PUT", "/limits", {"per_minute": -1}))[0] == 400
    assert {limit["amount"] for limit in (await ask("DELETE", "/limits"))[1]} == {5000, 500, 100}
    assert (await ask("GET", "/limits"))[0] == 200
    assert (await ask("DELETE", "/requests"))[0] == 200
    assert (await ask("GET", "/stats"))[1]["requests"] == 0


@pytest.mark.integration
def test_the_command_says_what_to_use_and_records_what_it_gets(tmp_path: Path):
    record = tmp_path / "twins.jsonl"
    command = [
        *(sys.executable, "-m", "heliograph.cli", "sandbox", "--json", "--port-base", "0"),
        *("--only", "sink", "--record", str(record), "--limit", "sink=2"),
        *("--fail", 'sink={"status": 503, "times": 1}'),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=os.environ, text=True
    )
    try:
        assert process.stdout is not None
        [twin] = json.loads(process.stdout.readline())["twins"]
        assert twin["destination"] == {
            "type": "webhook",
            "settings": {"url": f"{twin['url']}/events"},
        }

        async def send() -> list[int]:
            async with aiohttp.ClientSession() as http:
                return [(await post(http, twin["url"], {"n": n}))[0] for n in range(2)]

        assert asyncio.run(send()) == [503, 200]
        statuses = [json.loads(line)["status"] for line in record.read_text().splitlines()]
        assert statuses == [503, 200]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.integration
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--fail", 'sink={"status": 200}'], 2),
        (["--fail", "nobody={}"], 2),
        (["--limit", "sink=many"], 2),
        (["--only", "nobody"], 2),
        (["--port-base", "0", "--host", "203.0.113.1"], 3),
    ],
)
def test_the_command_refuses_what_it_cannot_do(arguments: list[str], code: int):
    outcome = subprocess.run(
        [sys.executable, "-m", "heliograph.cli", "sandbox", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.returncode == code, outcome.stderr
    assert "Traceback" not in outcome.stderr
