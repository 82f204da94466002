"""Two workspaces with the same names everywhere: nothing of one shows in, or is changed by, the other.

Sources, partners, mappers, destinations, pipelines, customers, anonymous ids and message ids are the same in
both. What belongs to the second one carries its name somewhere, so that it can be looked for in all that is
said about the first. A command that is added must be put into the table below, or the test fails.
"""

import hashlib
import hmac
import json
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from heliograph.cli import cli, run
from heliograph.operations.look.records.events import EventFilter, list_events
from heliograph.operations.page import Page
from heliograph.storage.events.requests import RequestQuery
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.hubs import TESTER, hub_of
from heliograph.testing.running.demo_hub import post
from heliograph.testing.running.processes import HubFolder, wait_until, write_files

MINE, OTHER = "acme", "beta-tenant"
PATH = "/v1/partner/shop/events?configName=orders"

MAPPER: dict[str, Any] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.email",
        "anon_id": "$.visitor",
        "event_name": "Order",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1",
        "attr": {"total": "$.total", "owner": "$.owner"},
        "user_attributes": {"owner": "$.owner"},
    },
    "batching": False,
    "payload_validations": {},
}
SECOND = {**MAPPER, "mappings": {**MAPPER["mappings"], "attr": {"sum": "$.total"}}}

WHOLE_HUB = {
    "up": "runs every workspace",
    "gateway": "runs every workspace",
    "worker": "runs every workspace",
    "demo": "has a folder of its own",
    "sandbox": "has no data folder",
    "bench": "has a folder of its own",
    "drill": "has a folder of its own",
    "check": "reads files",
    "config check": "settings of the process",
    "config show": "settings of the process",
    "mapper explain": "reads files",
    "mapper infer": "reads files",
    "mapper init": "writes files",
    "mapper lint": "reads files",
    "mapper presets": "part of the program",
    "mapper run": "reads files",
    "mapper test": "reads files",
    "destination describe": "part of the program",
    "destination list-types": "part of the program",
    "destination plan": "reads files",
    "clock show": "the machine's",
    "clock accept": "the machine's",
    "status": "the operator's page of the whole hub",
    "audit": "the sums of the whole hub",
    "rebuild": "the whole hub",
    "repair": "the journal of the whole hub",
    "readers list": "readers of the whole journal",
    "readers forget": "readers of the whole journal",
    "readers gaps": "readers of the whole journal",
    "readers acknowledge": "readers of the whole journal",
    "backup": "the whole hub",
    "restore": "the whole hub",
}
"""Commands that are not about one workspace, and why."""


class Receiver(ThreadingHTTPServer):
    """Takes what is delivered, by path; refuses it while `refusing`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: dict[str, list[dict[str, Any]]] = {}
        self.refusing = True

    def taken(self, workspace: str) -> list[dict[str, Any]]:
        return self.bodies.get(f"/{workspace}", [])


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not server.refusing:
            server.bodies.setdefault(self.path, []).append(body)
        self.send_response(400 if server.refusing else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def files_of(workspace: str, port: int) -> dict[str, str]:
    return {
        "workspace.toml": f'id = "{workspace}"\ndata_api_keys = ["key-{workspace}"]\n',
        "sources/shop.toml": "",
        "sources/hooks.toml": (
            'partner = "shop"\nconfig = "orders"\n[verify]\nscheme = "hmac"\nheader = "X-Signature"\n'
            f'signed = "{{id}}.{{body}}"\nid_header = "X-Message"\nsecrets = ["hook-{workspace}"]\n'
        ),
        "mappers/shop/orders.json": json.dumps(MAPPER),
        "mappers/shop/orders_v2.json": json.dumps(SECOND),
        "destinations/sink.toml": (
            f'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:{port}/{workspace}"\n'
        ),
        "pipelines/main.toml": '[[destinations]]\nname = "sink"\n',
    }


def payload(workspace: str, number: int) -> dict[str, Any]:
    return {
        "email": f"c{number}@example.test",
        "visitor": f"v{number}",
        "total": number,
        "owner": workspace,
    }


def hook(address: str, workspace: str, number: int) -> int:
    body = json.dumps(payload(workspace, number)).encode()
    message = f"msg-{number}"
    digest = hmac.new(f"hook-{workspace}".encode(), f"{message}.".encode() + body, hashlib.sha256)
    request = urllib.request.Request(
        f"{address}/v1/webhook/hooks?workspace={workspace}",
        data=body,
        headers={
            "X-Message": message,
            "X-Signature": digest.hexdigest(),
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status


def leaves(command: click.Command, name: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from leaves(inner, (*name, each))
        if not command.invoke_without_command:
            return
    if name:
        yield " ".join(name)


class Commands:
    """Runs commands in this process on a data folder and remembers which were run."""

    def __init__(self, hub: HubFolder, capsys: pytest.CaptureFixture[str]) -> None:
        self.hub = hub
        self.capsys = capsys
        self.ran: set[str] = set()

    def run(self, command: str, *args: str, code: int | None = 0) -> str:
        self.ran.add(command)
        got = run((*command.split(), *args, *self.hub.arguments))
        out, err = self.capsys.readouterr()
        assert code is None or got == code, (command, args, got, out, err)
        return out + err

    def json(self, command: str, *args: str) -> Any:
        return json.loads(self.run(command, *args, "--json"))


def belongings(hub: HubFolder, workspace: str) -> dict[str, Any]:
    """Everything that journal and store hold of a workspace, as it can be compared."""
    with hub.reading() as data, data.store.read() as reader:
        requests = data.requests.find(RequestQuery(workspace=workspace, limit=1000))
        profiles = reader.profiles.find(workspace=workspace, after=None, limit=1000)
        deliveries = reader.deliveries.find(DeliveryQuery(workspace=workspace, limit=1000))
        return msgspec.to_builtins(
            {
                "requests": [data.requests.get(one.request_id) for one in requests],
                "events": list_events(
                    TESTER,
                    hub_of(data),
                    EventFilter(workspace=workspace, generations=True),
                    Page(limit=1000),
                ).items,
                "profiles": profiles,
                "merges": reader.profiles.canonical_of([one.profile_id for one in profiles]),
                "deliveries": deliveries,
                "attempts": [reader.deliveries.attempts(one.delivery_id) for one in deliveries],
                "documents": [d for d in reader.configuration.all() if d.workspace == workspace],
                "states": [
                    state
                    for name, state in reader.destinations.get_all().items()
                    if name.startswith(f"{workspace}/")
                ],
                "remaps": reader.remaps.find(workspace=workspace),
                "mappers used": data.requests.mappers_used(
                    workspace=workspace, source_id="shop", since_ms=None, until_ms=None
                ),
            }
        )


def all_dead(hub: HubFolder, number: int) -> bool:
    with hub.reading() as data, data.store.read() as reader:
        counts = reader.deliveries.counts()
    return all(counts.get(f"{each}/sink", {}).get("dead") == number for each in (MINE, OTHER))


@pytest.mark.integration
def test_nothing_of_a_workspace_shows_in_or_is_changed_by_another_of_the_same_names(
    tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = {
        each: write_files(tmp_path / f"in-{each}", files_of(each, receiver.server_address[1]))
        for each in (MINE, OTHER)
    }
    with HubFolder(tmp_path) as hub:
        commands = Commands(hub, capsys)
        for folder in folders.values():
            commands.run("apply", str(folder), "--yes")
        address = hub.start("up").wait_ready()
        assert address is not None
        for number in range(6):
            for each in (OTHER, MINE):
                path = PATH if each == MINE or number % 2 else PATH.replace("orders", "orders_v2")
                reply = post(address, path, payload(each, number), user=each, key=f"key-{each}")
                assert reply.status == 200
                assert hook(address, each, number) == 200
        wait_until(lambda: all_dead(hub, 12), "all deliveries are dead", said=hub.output)
        before, mine_before = belongings(hub, OTHER), belongings(hub, MINE)
        # The same messages in both, and neither took the other's for a repetition of its own.
        assert len(before["events"]) == len(mine_before["events"]) == 12
        assert len(before["profiles"]) == len(mine_before["profiles"]) == 12

        look(commands, mine_before)
        act(commands, hub, receiver, mine_before, folders[MINE])

        assert belongings(hub, OTHER) == before
        assert receiver.taken(OTHER) == []
        assert receiver.taken(MINE)
        assert {body["properties"].get("owner", MINE) for body in receiver.taken(MINE)} == {MINE}
        assert commands.run("audit")
        assert set(leaves(cli)) == commands.ran | WHOLE_HUB.keys()


def look(commands: Commands, mine: dict[str, Any]) -> None:
    """Everything that shows something, asked for the first workspace."""
    only = ("--workspace", MINE)
    request = mine["requests"][0]["request_id"]
    event = next(one["event"] for one in mine["events"] if one["event"].get("message_id"))
    delivery = mine["deliveries"][0]["delivery_id"]
    asked: Sequence[tuple[str, ...]] = [
        ("requests list", *only),
        ("requests list", *only, "--source", "shop", "--before", request),
        ("requests show", request),
        ("events list", *only, "--person", "c1@example.test", "--source", "hooks"),
        ("events list", *only, "--name", "Order", "--generations", "--limit", "1000"),
        ("events show", event["event_id"]),
        ("profiles list", *only, "--limit", "1000"),
        ("profiles show", "c1@example.test", *only),
        ("profiles show", "v1", *only),
        ("deliveries list", *only, "--limit", "1000"),
        ("deliveries list", "--destination", f"{MINE}/sink", "--limit", "1000"),
        ("deliveries list", "--destination", "sink", *only),
        ("deliveries list", "--event", event["event_id"]),
        ("deliveries show", delivery),
        ("deadletters list", *only, "--limit", "1000"),
        ("deadletters show", delivery),
        ("trace", request),
        ("trace", event["event_id"]),
        ("trace", delivery),
        ("remap list", *only),
        *((f"{kind} list", *only) for kind in ("source", "destination", "pipeline", "mapper")),
        *(
            (f"{kind} show", name, *only)
            for kind, name in [
                ("source", "shop"),
                ("destination", "sink"),
                ("pipeline", "main"),
                ("mapper", "shop/orders"),
            ]
        ),
    ]
    for command, *args in asked:
        for form in ([], ["--json"]):
            said = commands.run(command, *args, *form)
            assert OTHER not in said, (command, args, said)
    # Another workspace's request is no place to go on from.
    elsewhere = commands.json("requests list", "--workspace", OTHER, "--limit", "1")[0]
    assert commands.json("requests list", *only, "--before", elsewhere["request_id"]) == []


def act(
    commands: Commands, hub: HubFolder, receiver: Receiver, mine: dict[str, Any], folder: Path
) -> None:
    """Everything that changes something, for the first workspace only."""
    only = ("--workspace", MINE)
    for command, *args in [
        ("profiles show", "c1@example.test"),
        ("profiles merge", "c1@example.test", "v2"),
        ("source show", "shop"),
        ("pipeline show", "main"),
        ("mapper show", "shop/orders"),
        ("destination show", "sink"),
        ("destination pause", "sink"),
        ("destination resume", "sink"),
        ("destination test", "sink"),
        ("deliveries list", "--destination", "sink"),
        ("deadletters replay", "--destination", "sink"),
        ("deliveries try", "--destination", "sink"),
        ("remap", "--source", "shop", "--mapper", "orders_v2", "--yes"),
        ("export", str(folder.parent / "nowhere")),
    ]:
        said = commands.run(command, *args, code=None)
        assert "workspace" in said
        assert MINE in said, (command, said)
        assert OTHER in said, (command, said)
    theirs = commands.json("profiles list", "--workspace", OTHER)[0]["profile_id"]
    commands.run("profiles show", theirs, *only, code=1)
    commands.run("profiles unmerge", "v1", *only)
    commands.run("profiles merge", "c2@example.test", "v1", *only)
    commands.run("destination pause", f"{MINE}/sink")
    commands.run("destination test", f"{MINE}/sink", code=None)
    commands.run("destination resume", f"{MINE}/sink")
    receiver.refusing = False
    commands.run("deliveries try", "--all", *only)
    commands.run("deliveries replay", mine["deliveries"][0]["delivery_id"])
    commands.run("deadletters replay", "--all", *only)
    wait_until(lambda: len(receiver.taken(MINE)) == 12, "all were sent again", said=hub.output)
    # Of the 12 requests of `shop` in the journal only six are this workspace's, all under one mapper.
    done = commands.json("remap", "--source", "shop", "--mapper", "orders_v2", *only, "--yes")
    assert done["requests"] == 6
    commands.run("remap show", done["remap_id"])
    commands.run("remap resume", done["remap_id"], code=None)
    exported = folder.parent / "out"
    commands.run("export", str(exported), *only)
    assert all(OTHER not in f.read_text() for f in exported.rglob("*") if f.is_file())
    changed = folder / "destinations" / "sink.toml"
    changed.write_text(changed.read_text() + '[settings.headers]\nX-Changed = "yes"\n')
    (folder / "pipelines" / "main.toml").unlink()
    assert OTHER not in commands.run("apply", str(folder), "--yes", "--prune")
