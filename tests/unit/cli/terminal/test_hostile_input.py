"""Whatever a sender or a destination wrote, no command gives a terminal something to obey.

A hub is filled with one hostile text wherever text from outside is stored, and every command that shows
stored data is run on it, as text and as JSON. A command that is added must be put into one of the two tables.
"""

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from heliograph.app import wiring
from heliograph.app.settings import Settings
from heliograph.cli import cli, run
from heliograph.model.delivery import NewDelivery
from heliograph.model.event import Event, encode_event
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Record
from heliograph.storage.reading.readers import Acknowledgement, Gap
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.telemetry.safe_text import UNSAFE
from heliograph.testing.running.processes import write_files
from heliograph.testing.samples import make_attempt, make_finish, make_profile, make_remap

REQUEST, EVENT, DELIVERY = "req_00000000000000000000000001", "evt_1", "dlv_1"
SHOWS = {
    "requests list": [],
    "requests show": [REQUEST],
    "events list": [],
    "events show": [EVENT],
    "deliveries list": [],
    "deliveries show": [DELIVERY],
    "deadletters list": [],
    "deadletters show": [DELIVERY],
    "profiles list": [],
    "profiles show": ["p_1"],
    "trace": [REQUEST],
    "readers list": [],
    "readers gaps": [],
    "readers acknowledge": ["engine", "--reason", "looked at"],
    "status": [],
    "audit": [],
    "remap list": [],
    "remap show": ["rmp_1"],
    "source list": [],
    "source show": ["shop"],
    "pipeline list": [],
    "pipeline show": ["main"],
    "destination list": [],
    "destination show": ["hook"],
    "mapper list": [],
    "mapper show": ["shop/v1"],
    "destination pause": ["hook"],
    "destination resume": ["hook"],
    "deliveries replay": [DELIVERY],
    "deliveries try": [DELIVERY],
    "deadletters replay": [DELIVERY],
    "profiles merge": ["p_1", "p_2"],
    "profiles unmerge": ["p_2"],
    "export": ["OUT"],
    "apply": ["FOLDER", "--dry-run"],
    "check": ["FOLDER"],
    "config show": [],
    "config check": [],
}
SHOWS_NOTHING_STORED = {
    "readers forget",  # a group that the caller names
    "repair",  # counts
    *("up", "gateway", "worker", "demo", "sandbox", "bench", "drill"),  # roles and measurements
    *("destination plan", "destination describe", "destination list-types", "destination test"),
    *("mapper run", "mapper explain", "mapper test", "mapper infer", "mapper lint"),
    *("mapper presets", "mapper init"),  # files the caller names; see the test of errors below
    *("clock show", "clock accept"),  # times of the machine
    *("backup", "restore", "rebuild"),  # counts, names of destinations as they were checked
    *("remap", "remap resume"),  # counts and paths of documents, and what `remap show` shows
}

HOSTILE = st.text(
    st.sampled_from("\x1b\x9b\x07\x00\x7f\r\n\t\u202e\u2066\u2028\u200b\x85[]31m;Hé")
    | st.characters(codec="utf-8"),
    min_size=1,
    max_size=12,
)


def leaves(command: click.Command, *path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    if command.invoke_without_command:
        yield " ".join(path)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, *path, name)


def test_every_command_is_in_one_of_the_tables():
    there = set(leaves(cli))
    assert there - SHOWS.keys() - SHOWS_NOTHING_STORED == set()
    assert SHOWS.keys() - there == set()


def fill(data: Data, hostile: str) -> None:
    """Store the text wherever a sender, a vendor or an operator can have put one."""
    event = Event(
        type="track",
        event_id=EVENT,
        workspace="acme",
        source_id=f"shop{hostile}",
        request_id=REQUEST,
        item_index=0,
        timestamp=1,
        received_at=1,
        event=f"Ordered {hostile}",
        customer_id=f"c1{hostile}",
        properties={hostile: hostile},
        traits={"t": hostile},
    )
    request = StoredRequest(
        request_id=REQUEST,
        workspace="acme",
        source_id=f"shop{hostile}",
        received_at=1,
        state="partial",
        items=2,
        events=1,
        rejected=(
            RejectedItem(
                index=1, code="mapper.missing_field", message=hostile, path=hostile,
                item={hostile: hostile}, explanation=f"{hostile}\n{hostile}",
            ),
        ),
        mapper="shop/v1@1",
        path=f"/v1/{hostile}",
        headers={"user-agent": hostile, f"x-{hostile}": "1"},
        body=hostile.encode() + b"\xff\x1b[2J",
        message_id=hostile,
    )  # fmt: skip
    record = Record(key=event.key, id=EVENT, at=1, value=encode_event(event))
    [(partition, position)] = data.intake.take([request], [record])
    data.intake.take([], [Record(key="k", id=f"evt_2{hostile}", at=2, value=hostile.encode())])
    with data.store.transaction() as tx:
        tx.profiles.put_many(
            [
                msgspec.structs.replace(
                    make_profile(n, workspace="acme", **{f"a{hostile}": hostile}),
                    value=f"c{n}{hostile}",
                )
                for n in (1, 2)
            ]
        )
        tx.remaps.put(
            msgspec.structs.replace(
                make_remap(1), workspace="acme", source_id=hostile, mapper=hostile
            )
        )
        tx.deliveries.enqueue(
            [
                NewDelivery(
                    delivery_id=DELIVERY,
                    destination="acme/hook",
                    pipeline=hostile,
                    blueprint=hostile,
                    key=hostile,
                    profile_id="p_1",
                    event_id=EVENT,
                    partition=partition,
                    position=position,
                    event=encode_event(event),
                )
            ],
            now_ms=1,
        )
        [made] = tx.deliveries.find(DeliveryQuery(destination="acme/hook"))
        attempt = msgspec.structs.replace(
            make_attempt(1, 1),
            url=f"https://x.test/{hostile}",
            request_body=hostile,
            response_body=hostile,
            response_headers={hostile: hostile},
            reason=hostile,
        )
        dead = msgspec.structs.replace(
            make_finish(made, "dead", attempts=(attempt,)), reason=hostile
        )
        tx.deliveries.finish([dead], now_ms=1)
        tx.readers.note_gap(Gap(group="engine", partition=0, first=1, last=2, found_at=1))
        tx.readers.acknowledge_gaps("engine", Acknowledgement(at=1, who=hostile, reason=hostile))
        tx.destinations.set(
            DestinationStatus(
                destination="acme/hook", state="misconfigured", reason=hostile, since=1
            )
        )


def folder_of(root: Path, hostile: str) -> Path:
    text = json.dumps(hostile)  # a basic string of TOML as well
    mapper = {
        "partner_name": "shop", "mapping_type": "events", "batching": False,
        "mappings": {
            "customer_id": "$.email", "event_name": f"Ordered {hostile}", "user_time": "$receivedAt",
            "platform": "web", "app_version": "1", "attr": {},
        },
        "payload_validations": {},
    }  # fmt: skip
    return write_files(
        root / "in",
        {
            "workspace.toml": f'id = "acme"\ndata_api_keys = ["k"]\n"x{text[1:-1]}" = 1\n',
            "sources/shop.toml": 'partner = "shop"\n',
            "mappers/shop/v1.json": json.dumps(mapper),
            "destinations/hook.toml": 'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:9/in"\n',
            "pipelines/main.toml": 'sources = ["*"]\n[[destinations]]\nname = "hook"\n',
        },
    )


def said_by(args: list[str]) -> str:
    """Return all that a command writes, to both streams."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        run(args)
    return stream.getvalue()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("\x1b]0;owned\x07\x9b2J\u202egpj.exe\r\nforged\u2028\x7f")
@given(HOSTILE)
def test_no_command_gives_a_terminal_something_to_obey(hostile: str):
    with tempfile.TemporaryDirectory() as root:
        data_dir = Path(root) / "data"
        folder = folder_of(Path(root), hostile)
        good = folder / "workspace.toml"
        whole = good.read_text()
        good.write_text('id = "acme"\ndata_api_keys = ["k"]\n')
        assert "Applied" in said_by(["apply", str(folder), "--yes", "--data-dir", str(data_dir)])
        good.write_text(whole)
        with wiring.opened(
            Settings(data_dir=str(data_dir)), journal_writes=True, store_writes=True
        ) as data:
            fill(data, hostile)
        for command, arguments in SHOWS.items():
            places = {"OUT": str(Path(root) / "out"), "FOLDER": str(folder)}
            args = [*command.split(), *(places.get(one, one) for one in arguments)]
            if command != "check":
                args += ["--data-dir", str(data_dir)]
            for form in ([], ["--json"]):
                said = said_by([*args, *form])
                assert "Traceback" not in said, (command, said)
                found = UNSAFE.search(said.replace("\n", ""))
                assert not found, (command, form, said)


@settings(max_examples=20, deadline=None)
@given(HOSTILE)
def test_no_error_quotes_what_a_terminal_would_obey(hostile: str):
    for args in (
        ["trace", hostile, "--data-dir", "/nowhere"],
        ["config", "check", "--set", f"gateway.{hostile}=1"],
        ["status", "--set", hostile],
        [f"st{hostile}"],
        ["check", f"/nowhere/{hostile}"],
        ["mapper", "run", "--mapper", f"/nowhere/{hostile}", "--payload", "/nowhere"],
        ["mapper", "test", f"/nowhere/{hostile}"],
        ["mapper", "lint", f"/nowhere/{hostile}"],
        ["destination", "describe", hostile],
        ["destination", "plan", "--type", hostile, "--settings", "/n", "--event", "/n"],
    ):
        for form in ([], ["--json"]):
            said = said_by([*args, *form])
            assert not UNSAFE.search(said.replace("\n", "")), (args, form, said)
