"""`list`, `show`, `pause`, `resume`, `test` and `status`: what is said of destinations and their secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from heliograph.backends.sqlite.store.store import open_store
from heliograph.cli import run
from heliograph.model.delivery import DestinationState
from heliograph.model.secret import MASK
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.running.processes import write_files
from heliograph.testing.samples import make_delivery

FILES = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["k"]\n',
    "sources/crm.toml": (
        '[verify]\nscheme = "github"\nsecrets = ["literal-hook-secret", "${CRM_SECRET}"]\n'
    ),
    "mappers/crm/v1.json": (
        '{"partner_name": "crm", "mapping_type": "events", "batching": false, "mappings": '
        '{"customer_id": "$.email", "event_name": "Signed Up", "user_time": "$.at", "platform": "web",'
        ' "app_version": "1", "attr": {"api_key": "$.key"}}, "payload_validations": {}}'
    ),
    "destinations/hooks.toml": (
        'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:9/in"\n'
        '[settings.secret_headers]\nX-Tenant = "literal-tenant"\n'
    ),
    "destinations/engage.toml": (
        'type = "webengage"\n[settings]\napi_host = "http://127.0.0.1:9"\nlicense_code = "l1"\n'
        'rest_api_key = "literal-rest-key"\n'
    ),
    "destinations/off.toml": (
        'type = "webhook"\nenabled = false\n[settings]\nurl = "http://127.0.0.1:9/off"\n'
    ),
}


class Hub:
    """Commands on a data folder with the configuration above."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = write_files(root / "in", FILES)
        self.data = root / "data"
        self.capsys = capsys

    def run(self, *args: str, code: int = 0) -> str:
        got = run((*args, "--data-dir", str(self.data)))
        out, err = self.capsys.readouterr()
        assert got == code, (got, out, err)
        return out

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self.run(*args, "--json", code=code))

    def enqueue(self, destination: str, count: int) -> None:
        store = open_store(self.data / "store.db")
        with store.transaction() as tx:
            tx.deliveries.enqueue(
                [make_delivery(n, destination=destination) for n in range(count)], now_ms=1
            )
        store.close()

    def set_state(self, destination: str, state: DestinationState, reason: str) -> None:
        store = open_store(self.data / "store.db")
        with store.transaction() as tx:
            tx.destinations.set(
                DestinationStatus(destination=destination, state=state, reason=reason, since=1)
            )
        store.close()


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    hub = Hub(tmp_path, capsys)
    hub.run("apply", str(hub.folder), "--yes")
    return hub


def row(text: str, name: str) -> list[str]:
    [line] = [one for one in text.splitlines() if name in one.split() and " is " not in one]
    return line.split()


def test_the_list_of_destinations_shows_type_and_state(hub: Hub):
    hub.set_state("acme/engage", "misconfigured", "HTTP 401: bad key")
    hub.run("destination", "pause", "hooks", "--reason", "moving house")
    text = hub.run("destination", "list")
    assert row(text, "engage")[3:5] == ["webengage", "misconfigured"]
    assert row(text, "hooks")[3:5] == ["webhook", "paused"]
    assert row(text, "off")[3:5] == ["webhook", "disabled"]
    assert "acme/hooks is paused: moving house" in text
    listed = {d["name"]: (d["state"], d["reason"]) for d in hub.json("destination", "list")}
    assert listed["engage"] == ("misconfigured", "HTTP 401: bad key")
    hub.run("destination", "resume", "hooks")
    assert row(hub.run("destination", "list"), "hooks")[4] == "active"


def test_a_disabled_destination_is_shown_as_such_and_cannot_be_resumed_by_hand(hub: Hub):
    [line] = [d for d in hub.json("status", code=1)["destinations"] if d["name"] == "acme/off"]
    assert line["state"] == "disabled"
    assert "enabled = false" in line["reason"]
    said = hub.run("destination", "resume", "off")
    assert "already" not in said
    assert "Nothing is sent to acme/off: it is disabled" in said
    assert hub.json("destination", "resume", "off")["state"] == "disabled"
    hub.run("destination", "pause", "off", "--reason", "twice")
    [line] = [d for d in hub.json("status", code=1)["destinations"] if d["name"] == "acme/off"]
    assert line["state"] == "disabled"
    assert "twice" in line["reason"]
    assert "no longer paused" in hub.run("destination", "resume", "off")


def test_removing_a_destination_says_that_deliveries_wait_and_status_says_what_to_do(hub: Hub):
    hub.enqueue("acme/hooks", 3)
    (hub.folder / "destinations/hooks.toml").unlink()
    text = hub.run("apply", str(hub.folder), "--prune", "--dry-run")
    assert "3 deliveries wait for it" in text
    [removed] = hub.json("apply", str(hub.folder), "--prune")["removed"]
    assert (removed["name"], removed["waiting"]) == ("hooks", 3)
    status = hub.json("status", code=1)
    [line] = [d for d in status["destinations"] if d["name"] == "acme/hooks"]
    assert (line["state"], line["type"], line["deliveries"]) == ("removed", None, {"waiting": 3})
    [problem] = [p for p in status["problems"] if p.startswith("acme/hooks")]
    assert "3 deliveries wait" in problem
    assert "apply a destination of this name" in problem
    assert row(hub.run("status", code=1), "acme/hooks")[2] == "removed"
    hub.run("destination", "test", "hooks", code=1)
    write_files(hub.folder, {"destinations/hooks.toml": FILES["destinations/hooks.toml"]})
    hub.run("apply", str(hub.folder), "--yes")
    [line] = [d for d in hub.json("status", code=1)["destinations"] if d["name"] == "acme/hooks"]
    assert line["state"] == "active"


def test_a_destination_for_which_nothing_waits_is_removed_without_a_word(hub: Hub):
    (hub.folder / "destinations/hooks.toml").unlink()
    assert "wait" not in hub.run("apply", str(hub.folder), "--prune", "--yes")
    assert "acme/hooks" not in hub.run("status", code=1)


@pytest.mark.parametrize(
    ("noun", "name", "secret"),
    [
        ("destination", "engage", "literal-rest-key"),
        ("destination", "hooks", "literal-tenant"),
        ("source", "crm", "literal-hook-secret"),
    ],
)
def test_literal_secrets_are_masked_unless_they_are_asked_for(
    hub: Hub, noun: str, name: str, secret: str
):
    for form in ([], ["--json"]):
        masked = hub.run(noun, "show", name, *form)
        assert secret not in masked
        assert MASK in masked
        assert secret in hub.run(noun, "show", name, "--reveal", *form)
    assert secret not in hub.run(noun, "list", "--json")


def test_what_is_no_secret_is_shown(hub: Hub):
    assert 'license_code = "l1"' in hub.run("destination", "show", "engage")
    assert '"${CRM_SECRET}"' in hub.run("source", "show", "crm")
    assert '"api_key": "$.key"' in hub.run("mapper", "show", "crm/v1")


def test_a_probe_without_an_answer_is_unclear_and_exits_1_as_the_help_says(hub: Hub):
    assert hub.json("destination", "test", "engage", code=1)["verdict"] == "unclear"
    assert run(["destination", "test", "--help"]) == 0
    help_text = " ".join(hub.capsys.readouterr().out.split())
    assert "Exit 1: they were refused, or no answer came that tells." in help_text
