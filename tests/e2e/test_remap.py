"""`heliograph remap` on a running hub: looked at, done, killed half-way, and without a worker."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from heliograph.testing.running.demo_hub import post
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.struck import struck

pytestmark = pytest.mark.integration

PATH = "/v1/partner/shop/events/?configName=orders"
REQUESTS, ITEMS = 120, 50
APPEND = "heliograph.remap.run:RemapRun._append"


def mapper(attr: dict[str, str]) -> dict[str, object]:
    return {
        "partner_name": "shop",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$[*].id",
            "event_name": "Order",
            "user_time": "$receivedAt",
            "platform": "web",
            "app_version": "1",
            "attr": {"total": "$[*].total"},
            "user_attributes": attr,
        },
        "batching": True,
        "payload_validations": {},
    }


@pytest.fixture
def hub(tmp_path: Path):
    folder = tmp_path / "acme"
    (folder / "mappers" / "shop").mkdir(parents=True)
    (folder / "workspace.toml").write_text(
        'id = "demo"\ndata_api_keys = ["test-data-api-key"]\n', encoding="utf-8"
    )
    for name, attr in (("orders", {}), ("orders_v2", {"last": "$[*].total"})):
        path = folder / "mappers" / "shop" / f"{name}.json"
        path.write_text(json.dumps(mapper(attr)), encoding="utf-8")
    people = {
        "partner_name": "shop",
        "mapping_type": "users",
        "mappings": {"customer_id": "$.id", "user_attributes": {"last": "$.total"}},
        "batching": False,
        "payload_validations": {},
    }
    path = folder / "mappers" / "shop" / "people.json"
    path.write_text(json.dumps(people), encoding="utf-8")
    with HubFolder(tmp_path / "hub", folder) as hub:
        hub.apply()
        yield hub


def traits(hub: HubFolder) -> dict[str, dict[str, object]]:
    with hub.reading() as data, data.store.read() as reader:
        records = reader.profiles.find(workspace=None, after=None, limit=1000)
    return {r.value: {n: a.value for n, a in r.attributes.items()} for r in records}


def remap(*options: str) -> list[str]:
    return ["remap", "--source", "shop", "--mapper", "orders_v2", *options]


def send(hub: HubFolder) -> None:
    address = hub.start("gateway").wait_ready()
    assert address is not None
    for n in range(REQUESTS):
        orders = [{"id": f"c{i}", "total": n * ITEMS + i} for i in range(ITEMS)]
        assert post(address, PATH, orders).status == 200


def test_a_killed_remap_is_resumed_and_replaces_every_event_once(hub: HubFolder) -> None:
    send(hub)
    hub.start("worker").wait_ready()
    looked = hub.json(*remap("--dry-run"))
    assert (looked["changed"], looked["added"], looked["removed"]) == (REQUESTS * ITEMS, 0, 0)
    assert hub.json("remap", "list") == []
    died = subprocess.run(
        struck(hub, signal.SIGKILL, APPEND, 2, *remap("--yes", "--json")),
        env=hub.environ,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died
    listed = hub.json("remap", "list")
    assert listed[0]["state"] == "interrupted"
    resumed = hub.json("remap", "resume", listed[0]["remap_id"])
    assert (resumed["changed"], resumed["unchanged"]) == (REQUESTS * ITEMS, 0)
    shown = hub.json("remap", "show", listed[0]["remap_id"])
    assert (shown["state"], shown["counts"]["changed"]) == ("done", REQUESTS * ITEMS)
    found = hub.json("audit")
    assert found["balanced"], found["differences"]
    wanted = REQUESTS * ITEMS
    assert found["journal"]["derived"] == wanted
    wait_until(lambda: hub.json("audit")["engine"]["lag"] == 0, "corrections are applied")
    last = (REQUESTS - 1) * ITEMS
    assert traits(hub) == {f"c{i}": {"last": last + i} for i in range(ITEMS)}
    assert hub.json(*remap("--dry-run"))["changed"] == 0


def test_a_remap_that_is_interrupted_says_how_to_go_on_and_does(hub: HubFolder) -> None:
    send(hub)
    hub.start("worker").wait_ready()
    ended = subprocess.run(
        struck(hub, signal.SIGINT, APPEND, 2, *remap("--yes")),
        env=hub.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    remap_id = hub.json("remap", "list")[0]["remap_id"]
    assert ended.returncode == 130, ended.stderr
    assert f"Go on with: heliograph remap resume {remap_id}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert hub.json("remap", "show", remap_id)["state"] == "interrupted"
    resumed = hub.json("remap", "resume", remap_id)
    assert (resumed["changed"], resumed["unchanged"]) == (REQUESTS * ITEMS, 0)
    assert hub.json("audit")["journal"]["derived"] == REQUESTS * ITEMS
    assert hub.json(*remap("--dry-run"))["changed"] == 0


def test_without_a_worker_it_says_so_and_changes_nothing(hub: HubFolder) -> None:
    send(hub)
    outcome = hub.run(*remap("--yes"))
    assert outcome.returncode == 3
    assert "the worker does not run" in outcome.stderr
    assert hub.json("remap", "list") == []
    assert hub.json("audit")["journal"]["derived"] == 0


def test_a_mapper_of_the_other_kind_is_refused_and_not_taken_for_nothing_to_do(
    hub: HubFolder,
) -> None:
    send(hub)
    for options in (("--dry-run",), ("--yes",), ("--json", "--yes")):
        outcome = hub.run("remap", "--source", "shop", "--mapper", "people", *options)
        assert outcome.returncode == 2
        said = outcome.stdout if "--json" in options else outcome.stderr
        assert (
            "shop/people@1 is for users, and what shop received in this time is for events" in said
        )
        assert "found requests under shop/orders@1, allowed is a mapper for events" in said
    assert hub.json("remap", "list") == []


def test_wrong_words_are_answered_with_the_right_ones(hub: HubFolder) -> None:
    hub.start("gateway").wait_ready()
    for command, code, said in (
        (["remap", "--source", "shop"], 2, "Say --source and --mapper"),
        (remap("--from", "yesterday"), 2, "how long ago"),
        (
            remap("--from", "2026-03-02", "--to", "2026-03-01"),
            2,
            "found from 2026-03-02 00:00:00.000 to 2026-03-01 00:00:00.000 (UTC), allowed is a moment "
            "before --to",
        ),
        (remap("--from", "2999-01-01"), 2, "allowed is a moment before now"),
        (["remap", "--source", "shops", "--mapper", "x"], 1, "allowed: shop"),
        (["remap", "--source", "shop", "--mapper", "x"], 1, "shop/orders, shop/orders_v2"),
        (remap("--of", "order"), 1, "there is no mapper with requests of this name"),
        (["remap", "show", "rmp_1"], 1, "there is no remap of this id"),
        (["remap", "resume", "rmp_1"], 1, "there is no remap of this id"),
    ):
        outcome = hub.run(*command)
        assert outcome.returncode == code, command
        assert said in outcome.stderr
